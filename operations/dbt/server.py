"""The process that runs dbt for a watcher: commands at a socket -> messages with their outcomes.

    python -m operations.dbt.server <descriptor of a listening socket>

A line of JSON each. A watcher first says its mark (`ResidentDbt` says what that is) and hears
`welcome`, or `stranger` if it is another one than the first watcher's; then each request is
arguments of dbt (a list), SQL for Spark (a text) or the farewell (null). A watcher that is gone
without a farewell was killed: the next one finds Spark warm, if it comes soon.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import sys
import threading
import time
from contextlib import suppress
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import psutil

from lake.lake import Lake
from lake.locks import ProcessLock
from lake.settings import Settings
from operations.dbt.outcome import NodeRun, Outcome
from operations.dbt.project_files import fingerprint
from operations.runtime.sql_engine import answer_of
from operations.runtime.sql_session import PysparkSession

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

LINGER_SECONDS = 60.0
FAILED = ("error", "fail", "runtime error")
FAREWELL = None


class Server:
    """Runs commands one after the other on one dbt, one Spark and one reading of the project."""

    def __init__(self, settings: Settings) -> None:
        """Serve the lake of `settings`."""
        self._settings = settings
        self._lock = ProcessLock(settings.home, "build")
        self._manifest: Any = None
        self._read_from = ""
        self._mark: str | None = None
        self._talk: IO[str]

    def serve(self, door: socket.socket, linger: float = LINGER_SECONDS) -> None:
        """Serve one watcher after the other, until one says farewell or none comes for `linger`."""
        door.settimeout(linger)
        is_wanted = True
        while is_wanted:
            try:
                watcher, _ = door.accept()
            except TimeoutError:
                return
            # A watcher that is gone breaks the pipe: what it asked for was finished nevertheless.
            with watcher, suppress(OSError), watcher.makefile("rw") as self._talk:
                is_wanted = self._serve_one()

    def _serve_one(self) -> bool:
        """Run what one watcher asks for; return False when nobody will ask for more.

        One that is gone before it said its mark leaves nothing to compare the next one with.
        """
        mark = json.loads(self._talk.readline() or "null")
        self._mark = self._mark or mark
        if mark is None or mark != self._mark:
            self._tell("stranger")
            return False
        self._tell("welcome")
        for line in self._talk:
            request = json.loads(line)
            if request is FAREWELL:
                return False
            self._serve_request(request)
        return True

    def _serve_request(self, request: list[str] | str) -> None:
        if not self._lock.acquire(0):
            self._tell("waits", **{"for": self._lock.holder})
            self._lock.acquire(-1)
        try:
            answer = self._answer(request)
        finally:
            self._lock.release()
        self._tell("done", **answer)

    def _answer(self, request: list[str] | str) -> dict[str, object]:
        if isinstance(request, str):
            return {"answer": answer_of(self._session, request)}
        return {"outcome": asdict(self._run(request))}

    def _session(self) -> PysparkSession:
        return PysparkSession(_session(self._settings))

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
        """Send a message; nobody needs to be there any more to hear it."""
        with suppress(OSError):
            self._talk.write(json.dumps({"what": what, **content}) + "\n")
            self._talk.flush()


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
    """Start Spark while dbt reads the project; dbt then finds the session that it would make.

    When its Java ends, this process has nothing left to offer: it ends too.
    """
    # Plans that adapt themselves cost more than they gain on queries of some hundred rows.
    _session(settings).conf.set("spark.sql.adaptive.enabled", "false")
    java = [child for child in psutil.Process().children() if child.name() == "java"]
    if java:  # there is none where Spark runs elsewhere
        psutil.wait_procs(java)
        os._exit(1)


if __name__ == "__main__":
    ours = Settings.load()
    threading.Thread(target=_start_spark, args=(ours,), daemon=True).start()
    with socket.socket(fileno=int(sys.argv[1])) as at_the_door:
        try:
            Server(ours).serve(at_the_door)
        finally:
            shutil.rmtree(Path(at_the_door.getsockname()).parent, ignore_errors=True)
