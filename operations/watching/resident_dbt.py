"""dbt that stays, with its Spark and the parsed project: commands -> a child process -> outcomes.

The child is `python -m operations.watching.resident_dbt <descriptor>`: a request a line of its
input (a list: arguments of dbt; a text: SQL for Spark), messages as JSON lines at the descriptor.
What dbt and Spark say goes to $FIRN_HOME/logs/watch.log.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import IO, TYPE_CHECKING, Any, Self, cast

from ingestion.errors import LoadError
from ingestion.lake import Lake
from ingestion.locks import ProcessLock
from ingestion.settings import Settings
from operations.dbt import Progress, dbt_environment
from operations.spark import Row, answer_of, rows_of
from operations.watching.project_files import fingerprint

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

FAREWELL_SECONDS = 30
PARENT_CHECK_SECONDS = 0.5
FAILED = ("error", "fail", "runtime error")


@dataclass(frozen=True)
class NodeRun:
    """What became of one node: model, test or hook; times are seconds of the system's clock.

    `table` is where a model's rows are, such as gold.current_state.
    """

    name: str
    kind: str
    status: str
    message: str
    started: float
    ended: float
    table: str = ""


@dataclass(frozen=True)
class Outcome:
    """How a dbt command ended: its nodes, and in seconds what it took beside and with parsing."""

    success: bool
    nodes: tuple[NodeRun, ...]
    complaints: tuple[str, ...]
    parse_seconds: float
    started: float
    ended: float

    def count(self, kind: str, *statuses: str) -> int:
        """How many nodes of a kind ended in one of the statuses."""
        return sum(node.kind == kind and node.status in statuses for node in self.nodes)

    @property
    def tables(self) -> list[str]:
        """The tables of its models."""
        return [node.table for node in self.nodes if node.table]


class ResidentDbt:
    """The process that runs dbt for one watcher; started when it is first needed."""

    def __init__(self, settings: Settings, on_wait: Callable[[str], None] | None = None) -> None:
        """Prepare it for the lake of `settings`; `on_wait` is told who else is building."""
        self._settings = settings
        self._on_wait = on_wait or (lambda _: None)
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
        """End the process, and Spark with it."""
        self.close()

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
        process = self._process or self._start()
        try:
            requests = cast("IO[str]", process.stdin)
            requests.write(json.dumps(request) + "\n")
            requests.flush()
            for line in self._messages:
                message: dict[str, Any] = json.loads(line)
                if message["what"] == "progress" and on_progress:
                    on_progress(message["name"], message["done"], message["total"])
                elif message["what"] == "waits":
                    self._on_wait(message["for"])
                elif message["what"] == "done":
                    return message
        except BrokenPipeError:
            pass
        self.close()
        raise LoadError(f"the process that runs dbt has died in {name}", f"read {self.log}")

    def close(self) -> None:
        """End the process; no effect when there is none."""
        process, self._process = self._process, None
        if process is None:
            return
        cast("IO[str]", process.stdin).close()
        try:
            process.wait(FAREWELL_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        self._messages.close()

    def _start(self) -> subprocess.Popen[str]:
        self.log.parent.mkdir(parents=True, exist_ok=True)
        ours, theirs = os.pipe()
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", __name__, str(theirs)],
                cwd=self._settings.project_dir,
                env={
                    **dbt_environment(self._settings),
                    "FIRN_PROJECT_DIR": str(self._settings.project_dir),
                },
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                pass_fds=(theirs,),
                text=True,
                start_new_session=True,  # Ctrl-C is for the watcher: it ends when dbt is done
            )
        os.close(theirs)
        self._messages = os.fdopen(ours)
        return self._process


def _outcome(given: dict[str, Any]) -> Outcome:
    nodes = tuple(NodeRun(**node) for node in given.pop("nodes"))
    return Outcome(nodes=nodes, complaints=tuple(given.pop("complaints")), **given)


# the child


class Server:
    """Runs commands one after the other on one dbt, one Spark and one reading of the project."""

    def __init__(self, settings: Settings, messages: IO[str]) -> None:
        """Serve the lake of `settings`, telling of it at `messages`."""
        self._settings = settings
        self._messages = messages
        self._lock = ProcessLock(settings.home, "build")
        self._manifest: Any = None
        self._read_from = ""

    def serve(self, requests: IO[str]) -> None:
        """Run what each line of the requests asks for, until they end."""
        for line in requests:
            if not self._lock.acquire(0):
                self._tell("waits", **{"for": self._lock.holder})
                self._lock.acquire(-1)
            try:
                answer = self._answer(json.loads(line))
            finally:
                self._lock.release()
            self._tell("done", **answer)

    def _answer(self, request: list[str] | str) -> dict[str, object]:
        if isinstance(request, str):
            return {"answer": answer_of(_session(self._settings), request)}
        return {"outcome": asdict(self._run(request))}

    def _run(self, arguments: list[str]) -> Outcome:
        from dbt.cli.main import dbtRunner

        started = time.time()
        clock = time.monotonic()
        complaint = self._parse_if_changed()
        parse_seconds = time.monotonic() - clock
        if complaint:
            return Outcome(False, (), (complaint,), parse_seconds, started, time.time())
        if arguments == ["parse"]:
            return Outcome(True, (), (), parse_seconds, started, time.time())
        ended = dbtRunner(self._manifest, callbacks=[self._follow]).invoke(arguments)
        nodes = tuple(_node_run(result) for result in getattr(ended.result, "results", ()))
        complaints = [
            f"{node.name}: {node.message or node.status}" for node in nodes if node.status in FAILED
        ]
        if ended.exception is not None:
            complaints.append(str(ended.exception))
        return Outcome(
            bool(ended.success), nodes, tuple(complaints), parse_seconds, started, time.time()
        )

    def _parse_if_changed(self) -> str:
        """Read the project again if a file of it changed; return what is wrong with it, or ""."""
        from dbt.cli.main import dbtRunner

        found = fingerprint(self._settings.project_dir)
        if self._manifest is not None and found == self._read_from:
            return ""
        parsed = dbtRunner().invoke(["parse"])
        if not parsed.success:
            return f"the project cannot be read: {parsed.exception}"
        self._manifest, self._read_from = parsed.result, found
        return ""

    def _follow(self, event: Any) -> None:  # noqa: ANN401 - dbt's own messages
        data = event.data
        total = getattr(data, "total", 0)
        if total and getattr(data, "status", "RUN") != "RUN":
            name = data.node_info.node_name
            self._tell("progress", name=name, done=int(data.index), total=int(total))

    def _tell(self, what: str, **content: object) -> None:
        self._messages.write(json.dumps({"what": what, **content}) + "\n")
        self._messages.flush()


def _node_run(result: Any) -> NodeRun:  # noqa: ANN401 - dbt's own results
    node = result.node
    known = [timing for timing in result.timing if timing.started_at and timing.completed_at]
    return NodeRun(
        name=str(node.name),
        kind=str(node.resource_type),
        status=str(result.status),
        message=str(result.message or ""),
        started=min((_seconds(timing.started_at) for timing in known), default=0.0),
        ended=max((_seconds(timing.completed_at) for timing in known), default=0.0),
        table=f"{node.schema}.{node.alias}" if node.resource_type == "model" else "",
    )


def _seconds(moment: datetime) -> float:
    """Return dbt's time, which is UTC and does not say so, in seconds of the system's clock."""
    return moment.replace(tzinfo=UTC).timestamp()


def _session(settings: Settings) -> SparkSession:
    """Return the Spark session that dbt uses, or would make."""
    from pyspark.sql import SparkSession

    builder = SparkSession.builder
    for name, value in Lake(settings).spark_parameters.items():
        builder = builder.config(name, str(value))
    return builder.getOrCreate()


def _start_spark(settings: Settings) -> None:
    """Start Spark while dbt reads the project; dbt then finds the session that it would make."""
    # Plans that adapt themselves cost more than they gain on queries of some hundred rows.
    _session(settings).conf.set("spark.sql.adaptive.enabled", "false")


def _end_with(parent: int) -> None:
    """End this process, and so its Spark, when the watcher is gone: nobody waits for the answer.

    What it was doing is repaired by the next build, as after any kill: commits are whole.
    """
    while os.getppid() == parent:
        time.sleep(PARENT_CHECK_SECONDS)
    os._exit(1)


if __name__ == "__main__":
    ours = Settings.load()
    threading.Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()
    threading.Thread(target=_start_spark, args=(ours,), daemon=True).start()
    with os.fdopen(int(sys.argv[1]), "w") as told:
        Server(ours, told).serve(sys.stdin)
