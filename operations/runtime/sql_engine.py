"""SQL for commands that are not dbt: statement -> Spark, as the target reaches it -> rows.

`Spark` runs statements in a child process, `python -m operations.runtime.sql_engine <descriptor>`:
one statement a line of its input, one answer a line at the descriptor. pyspark and pandas are so
kept out of `firn` itself. What Java says goes to $FIRN_HOME/logs/spark.log.
"""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Protocol, Self, cast

from lake.errors import FirnError, LoadError
from lake.settings import Settings
from operations.dbt.runner import dbt_environment

Row = dict[str, Any]


class StatementError(LoadError):
    """Spark could not run a statement."""


class SqlEngine(Protocol):
    """A Spark on the lake, whichever process it runs in."""

    def sql(self, statement: str) -> list[Row]:
        """Run one statement and return its rows, each by column name.

        Raises StatementError with what Spark says.
        """


class Spark:
    """The target's Spark, on this lake, while it is used in a `with` block; started when needed."""

    def __init__(self, settings: Settings) -> None:
        """Prepare to reach the Spark that the target of `settings` names."""
        self._settings = settings
        self._process: subprocess.Popen[str] | None = None

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Leave Spark, and stop one that was started for this."""
        if self._process is not None:
            self._process.communicate()
            self._answers.close()

    def sql(self, statement: str) -> list[Row]:
        """Run one statement and return its rows. Raises StatementError with what Spark says."""
        process = self._process or self._start()
        statements = cast("IO[str]", process.stdin)
        try:
            statements.write(json.dumps(statement) + "\n")
            statements.flush()
        except BrokenPipeError:
            raise StatementError("Spark has ended", f"read {self._log}") from None
        answered = self._answers.readline()
        if not answered:
            raise StatementError(f"Spark ended while it ran: {statement}", f"read {self._log}")
        return rows_of(answered, statement, self._log)

    @property
    def _log(self) -> Path:
        return self._settings.home / "logs" / "spark.log"

    def _start(self) -> "subprocess.Popen[str]":
        self._log.parent.mkdir(parents=True, exist_ok=True)
        ours, theirs = os.pipe()
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "operations.runtime.sql_engine", str(theirs)],
                env=dbt_environment(self._settings),
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                pass_fds=(theirs,),
                text=True,
            )
        os.close(theirs)
        self._answers = os.fdopen(ours)
        return self._process


def serve(descriptor: int) -> None:
    """Run statements from standard input until it ends; answer each with its rows or a message."""
    from operations.runtime.sql_session import SessionOpener

    with os.fdopen(descriptor, "w") as answers, SessionOpener(Settings.load()) as session:
        for line in sys.stdin:
            answers.write(answer_of(session.get, json.loads(line)) + "\n")
            answers.flush()


def answer_of(engine: Callable[[], SqlEngine], statement: str) -> str:
    """Run a statement on the engine that is got; return as JSON its rows or what is wrong."""
    try:
        return json.dumps(engine().sql(statement), default=str)
    except FirnError as error:
        return json.dumps({"error": error.message, "fix": error.fix})
    except Exception as error:  # noqa: BLE001 - whatever a client raises, the asker is told of it
        return json.dumps({"error": first_line(error), "fix": ""})


def rows_of(answered: str, statement: str, log: Path) -> list[Row]:
    """Return the rows of an answer. Raises StatementError with what Spark said instead."""
    result = json.loads(answered)
    if isinstance(result, dict):
        fix = result["fix"] or f"read {log}; the statement was: {statement}"
        raise StatementError(result["error"], fix)
    return list(result)


def first_line(error: Exception) -> str:
    """Return the first line of an error that says something; Java's stack trace comes after it."""
    return next((line for line in str(error).splitlines() if line.strip()), repr(error))


if __name__ == "__main__":
    serve(int(sys.argv[1]))
