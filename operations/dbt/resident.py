"""dbt that stays, with its Spark and the parsed project: commands -> another process -> outcomes.

The process (`operations.dbt.server`) is ended with the watcher that started it. If that one is
killed, it waits for the next one for a minute: a cold Java takes three times as long for a build.
What dbt and Spark say goes to $FIRN_HOME/logs/watch.log.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

import psutil

from lake.errors import LoadError
from lake.process_record import ProcessRecord
from lake.settings import Settings
from operations.dbt import server
from operations.dbt.outcome import NodeRun, Outcome
from operations.dbt.project_files import code_fingerprint
from operations.dbt.runner import Progress, dbt_environment
from operations.runtime.sql_engine import Row, rows_of

# How long a process that was left behind may still be at what its watcher had asked for.
HANDOVER_SECONDS = 30.0
FAREWELL_SECONDS = 30.0
PROGRAM = server.__name__
SOCKET = "dbt"
# Variables that a shell changes with every command.
OF_NO_MATTER = ("_", "SHLVL", "OLDPWD")
Say = Callable[[str, str], None]


class DbtRecord(ProcessRecord):
    """The process that runs dbt, and the folder (nobody else's) that its socket lies in."""

    folder: Path

    @property
    def address(self) -> str:
        """The socket's path; kept out of FIRN_HOME, as such a path may have 100 letters at most."""
        return str(self.folder / SOCKET)


@dataclass
class Talk:
    """A process that runs dbt, and the connection to it."""

    record: DbtRecord
    lines: IO[str]


class ResidentDbt:
    """The process that runs dbt for the one watcher of a source; started when first needed."""

    def __init__(self, settings: Settings, source: str, say: Say = lambda _, __: None) -> None:
        """Prepare it for the lake of `settings`; `say(mark, text)` is told what is waited for."""
        self._settings = settings
        self._record_file = settings.home / "watch" / f"{source}.json"
        self._say = say
        self._talk: Talk | None = None

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
        self.close(0 if kind is KeyboardInterrupt else FAREWELL_SECONDS)

    @property
    def log(self) -> Path:
        """The file that dbt and Spark print to."""
        return self._settings.home / "logs" / "watch.log"

    def run(self, arguments: Sequence[str], on_progress: Progress | None = None) -> Outcome:
        """Run `dbt <arguments>` in the project; `on_progress(name, done, total)` as it goes.

        Raises LoadError when the process died; then the next command starts another.
        """
        message = self._ask(list(arguments), f"dbt {' '.join(arguments)}", on_progress)
        return _outcome(message["outcome"])

    def sql(self, statement: str) -> list[Row]:
        """Run one statement in its Spark and return the rows.

        Raises StatementError with what Spark says, LoadError when the process died.
        """
        return rows_of(self._ask(statement, statement)["answer"], statement, self.log)

    def _ask(
        self, request: object, name: str, on_progress: Progress | None = None
    ) -> dict[str, Any]:
        """Send a request and return the message that ends it. Raises LoadError without one."""
        self._talk = self._talk or self._left_behind() or self._start()
        with suppress(OSError):  # the process died: there will be no more messages
            _send(self._talk.lines, request)
            for line in self._talk.lines:
                message: dict[str, Any] = json.loads(line)
                if message["what"] == "progress" and on_progress:
                    on_progress(message["name"], message["done"], message["total"])
                elif message["what"] == "waits":
                    self._say("waits", f"for a build by {message['for']}")
                elif message["what"] == "done":
                    return message
        self.close()
        raise LoadError(f"the process that runs dbt has died in {name}", f"read {self.log}")

    def close(self, seconds: float = FAREWELL_SECONDS) -> None:
        """End the process after so many seconds at most; no effect when there is none."""
        talk, self._talk = self._talk, None
        if talk is None:
            return
        with suppress(OSError):
            _send(talk.lines, server.FAREWELL)
        with suppress(OSError):
            talk.lines.close()
        self._end(talk.record, seconds)

    # where it comes from

    def _start(self) -> Talk:
        folder = Path(tempfile.mkdtemp(prefix="firn-watch-"))
        self.log.parent.mkdir(parents=True, exist_ok=True)
        self._record_file.parent.mkdir(parents=True, exist_ok=True)
        with socket.socket(socket.AF_UNIX) as door, self.log.open("ab") as log:
            door.bind(str(folder / SOCKET))
            door.listen()
            process = psutil.Popen(
                [sys.executable, "-m", PROGRAM, str(door.fileno())],
                cwd=self._settings.project_dir,
                env=dbt_environment(self._settings),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                pass_fds=(door.fileno(),),
                start_new_session=True,  # Ctrl-C is for the watcher: it ends when dbt is done
            )
        record = DbtRecord(pid=process.pid, created=process.create_time(), folder=folder)
        record.save(self._record_file)
        talk = self._welcomed(record, None)
        if talk is None:
            raise LoadError("the process that runs dbt has died as it started", f"read {self.log}")
        return talk

    def _left_behind(self) -> Talk | None:
        """Return the process of a watcher that was killed, None when there is none to be used."""
        record = DbtRecord.load(self._record_file)
        if record is None:
            return None
        if record.process():
            self._say("waits", "for the dbt of a watcher that was killed")
        talk = self._welcomed(record, HANDOVER_SECONDS)
        if talk:
            self._say("goes on", "with that dbt and its Spark, which are warm")
        return talk

    def _welcomed(self, record: DbtRecord, seconds: float | None) -> Talk | None:
        """Return the connection; a process without a welcome within so many seconds is ended."""
        talk = None
        try:
            talk = _connected(record, _mark(dbt_environment(self._settings)), seconds)
        finally:
            if talk is None:
                self._end(record, 0)
        return talk

    def _end(self, record: DbtRecord, seconds: float) -> None:
        """Wait for the process to end, then make it end; take away what remembers it."""
        if process := record.process():
            try:
                process.wait(seconds)
            except psutil.TimeoutExpired:
                process.kill()
                process.wait()
        self._record_file.unlink(missing_ok=True)
        shutil.rmtree(record.folder, ignore_errors=True)


def _mark(environment: Mapping[str, str]) -> str:
    """Return what two watchers must have in common to use the same process: code, surroundings."""
    known = sorted((name, environment[name]) for name in environment.keys() - set(OF_NO_MATTER))
    said = json.dumps([sys.executable, sys.version, code_fingerprint(), known])
    return hashlib.sha256(said.encode()).hexdigest()


def _connected(record: DbtRecord, mark: str, seconds: float | None) -> Talk | None:
    """Return the connection if there is a welcome within so many seconds (None: for ever)."""
    with socket.socket(socket.AF_UNIX) as connection:  # the file keeps it open
        connection.settimeout(seconds)
        try:
            connection.connect(record.address)
            lines = connection.makefile("rw")
            _send(lines, mark)
            answer = json.loads(lines.readline() or "{}")
        except OSError:
            return None
        connection.settimeout(None)
    return Talk(record, lines) if answer.get("what") == "welcome" else None


def _send(lines: IO[str], content: object) -> None:
    lines.write(json.dumps(content) + "\n")
    lines.flush()


def _outcome(given: dict[str, Any]) -> Outcome:
    nodes = tuple(NodeRun(**node) for node in given.pop("nodes"))
    return Outcome(nodes=nodes, complaints=tuple(given.pop("complaints")), **given)
