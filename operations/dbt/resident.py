"""dbt that stays, with its Spark and the parsed project: commands -> another process -> outcomes.

The process (`operations.dbt.server`) is ended with the watcher that started it. If that one is
killed, it waits for the next one for a minute: a cold Java takes three times as long for a build.
What dbt and Spark say goes to $FIRN_HOME/logs/watch.log.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from lake.errors import LoadError
from lake.private import private_folder
from lake.settings import Settings
from operations.dbt import server
from operations.dbt.connection import (
    Connection,
    ServerOptions,
    ServerRecord,
    connect,
    launch,
    mark_of,
)
from operations.dbt.outcome import Outcome
from operations.dbt.runner import Progress
from operations.runtime.environment import dbt_environment
from operations.runtime.sql_engine import Row, rows_of

# How long a process that was left behind may still be at what its watcher had asked for.
HANDOVER_SECONDS = 30.0
SHUTDOWN_SECONDS = 30.0
PROGRAM = server.__name__
# Plans that adapt themselves cost more than they gain on queries of some hundred rows.
SMALL_QUERIES = {"spark.sql.adaptive.enabled": "false"}
Say = Callable[[str, str], None]


class ResidentDbt:
    """The process that runs dbt for the one client of a name; started when first needed."""

    def __init__(
        self,
        settings: Settings,
        name: str,
        say: Say = lambda _, __: None,
        session_settings: Mapping[str, str] = SMALL_QUERIES,
    ) -> None:
        """Prepare it for the lake of `settings`; `say(mark, text)` is told what is waited for.

        `session_settings` are set in its Spark's sessions.
        """
        self._settings = settings
        self._record_file = settings.home / "watch" / f"{name}.json"
        self._say = say
        self._session_settings = session_settings
        self._connection: Connection | None = None

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End the process, and Spark with it; at once if that is what the user wants."""
        self.close(0 if kind is KeyboardInterrupt else SHUTDOWN_SECONDS)

    @property
    def log(self) -> Path:
        """The file that dbt and Spark print to."""
        return self._settings.home / "logs" / "watch.log"

    def run(
        self,
        arguments: Sequence[str],
        on_progress: Progress | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> Outcome:
        """Run `dbt <arguments>` in the project; `on_progress(name, done, total)` as it goes.

        `environment` is all that dbt sees, where it is another one than the process was started
        with: it may name another project and another lake. Raises LoadError when the process died;
        then the next command starts another.
        """
        request: dict[str, Any] = {"dbt": list(arguments)}
        if environment is not None:
            request["environment"] = dict(environment)
        message = self._ask(request, f"dbt {' '.join(arguments)}", on_progress)
        return Outcome.of_message(message["outcome"])

    def sql(self, statement: str) -> list[Row]:
        """Run one statement in its Spark and return the rows.

        Raises StatementError with what Spark says, LoadError when the process died.
        """
        answer = self._ask({"sql": statement}, statement)["answer"]
        return rows_of(answer, statement, self.log)

    def _ask(
        self, request: object, name: str, on_progress: Progress | None = None
    ) -> dict[str, Any]:
        """Send a request and return the message that ends it. Raises LoadError without one."""
        self._connection = self._connection or self._left_behind() or self._start()
        with suppress(OSError):  # the process died: there will be no more messages
            self._connection.send(request)
            for message in self._connection.messages():
                if message["what"] == "progress" and on_progress:
                    on_progress(message["name"], message["done"], message["total"])
                elif message["what"] == "waits":
                    self._say("waits", f"for a build by {message['for']}")
                elif message["what"] == "done":
                    return message
        self.close()
        raise LoadError(f"the process that runs dbt has died in {name}", f"read {self.log}")

    def close(self, seconds: float = SHUTDOWN_SECONDS) -> None:
        """End the process after so many seconds at most; no effect when there is none."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()
            self._end(connection.record, seconds)

    def interrupt(self) -> None:
        """End the process at once, whatever it is at, from another thread than that which waits.

        That one sees that the process died.
        """
        if record := ServerRecord.load(self._record_file):
            record.end(0)

    # where it comes from

    def _start(self) -> Connection:
        options = ServerOptions(
            session_settings=self._session_settings,
            umask=self._settings.umask,
            program=PROGRAM,
        )
        record = launch(dbt_environment(self._settings), self.log, options)
        private_folder(self._record_file.parent)
        record.save(self._record_file)
        connection = self._accepted(record, None)
        if connection is None:
            raise LoadError("the process that runs dbt has died as it started", f"read {self.log}")
        return connection

    def _left_behind(self) -> Connection | None:
        """Return the process of a watcher that was killed, None when there is none to be used."""
        record = ServerRecord.load(self._record_file)
        if record is None:
            return None
        if record.process():
            self._say("waits", "for the dbt of a watcher that was killed")
        connection = self._accepted(record, HANDOVER_SECONDS)
        if connection:
            self._say("goes on", "with that dbt and its Spark, which are warm")
        return connection

    def _accepted(self, record: ServerRecord, seconds: float | None) -> Connection | None:
        """Return the connection; a process that does not accept it in so many seconds is ended."""
        connection = None
        try:
            connection = connect(record, mark_of(dbt_environment(self._settings)), seconds)
        finally:
            if connection is None:
                self._end(record, 0)
        return connection

    def _end(self, record: ServerRecord, seconds: float) -> None:
        """End the process, and take away what remembers it."""
        record.end(seconds)
        self._record_file.unlink(missing_ok=True)
