"""The process that runs dbt for others: requests at a socket -> messages with their outcomes.

    python -m operations.dbt.server <descriptor of a listening socket> [--linger seconds]
        [--set <Spark setting>=<value>]…

A line of JSON each. A client first sends its mark (`connection.mark_of` says what that is) and is
answered `accepted`, or `rejected` if it is another one than the first client's. Then each request
is `{"dbt": [argument, …]}`, with `"environment": {…}` where it is for another lake or project than
the last one, `{"sql": "…"}` for Spark, or null: shut down. A client that is gone without that was
killed: the next one finds Spark warm, if it comes soon.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import socket
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import IO, Any

from lake.locks import ProcessLock
from lake.settings import Settings
from operations.dbt.commands import DbtCommands
from operations.dbt.resident_spark import ResidentSpark
from operations.runtime.sql_engine import answer_of

LINGER_SECONDS = 60.0
ACCEPTED = "accepted"
REJECTED = "rejected"
SHUTDOWN = None
Request = dict[str, Any]


class Server:
    """Runs commands one after the other on one dbt, one Spark and one reading of the project."""

    def __init__(
        self, settings: Settings, session_settings: Mapping[str, str] | None = None
    ) -> None:
        """Serve the lake of `settings`; `session_settings` are Spark's, for each session."""
        self._settings = settings
        self._lock = ProcessLock(settings.home, "build")
        self._environment = settings.environment()
        self._commands = DbtCommands(self._tell_progress)
        self.spark = ResidentSpark(settings, session_settings or {})
        self._mark: str | None = None
        self._client: IO[str]

    def serve(self, listener: socket.socket, linger: float = LINGER_SECONDS) -> None:
        """Serve one client after the other, until one shuts it down or none comes for `linger`."""
        listener.settimeout(linger)
        is_wanted = True
        while is_wanted:
            try:
                connection, _ = listener.accept()
            except TimeoutError:
                return
            # A client that is gone breaks the pipe: what it asked for was finished nevertheless.
            # One file for both ways would drop what it has read ahead with each line it writes.
            with (
                connection,
                suppress(OSError),
                connection.makefile("r") as requests,
                connection.makefile("w") as self._client,
            ):
                is_wanted = self._serve_client(requests)

    def _serve_client(self, requests: IO[str]) -> bool:
        """Run what one client asks for; return False when nobody will ask for more.

        One that is gone before it sent its mark leaves nothing to compare the next one with.
        """
        mark = json.loads(requests.readline() or "null")
        self._mark = self._mark or mark
        if mark is None or mark != self._mark:
            self._tell(REJECTED)
            return False
        self._tell(ACCEPTED)
        for line in requests:
            request = json.loads(line)
            if request is SHUTDOWN:
                return False
            self._serve_request(request)
        return True

    def _serve_request(self, request: Request) -> None:
        if environment := request.get("environment"):
            self._enter(environment)
        if not self._lock.acquire(0):
            self._tell("waits", **{"for": self._lock.holder})
            self._lock.acquire(-1)
        try:
            answer = self._answer(request)
        finally:
            self._lock.release()
        self._tell("done", **answer)

    def _enter(self, environment: dict[str, str]) -> None:
        """Give this process another environment, and the folder, settings and Spark of it."""
        if environment == self._environment:
            return
        os.environ.clear()  # noqa: TID251 - dbt in this process reads its environment
        os.environ.update(environment)  # noqa: TID251
        os.chdir(environment["PWD"])
        self._environment = environment
        self._settings = Settings.load()
        self._lock = ProcessLock(self._settings.home, "build")
        self.spark.move_to(self._settings)

    def _answer(self, request: Request) -> dict[str, object]:
        if "sql" in request:
            return {"answer": answer_of(self.spark.session, request["sql"])}
        project_dir = self._settings.project_dir
        outcome = self._commands.run(request["dbt"], project_dir, self._environment)
        return {"outcome": asdict(outcome)}

    def _tell_progress(self, event: Any) -> None:  # noqa: ANN401 - dbt's own messages
        data = event.data
        total = getattr(data, "total", 0)
        if total and getattr(data, "status", "RUN") != "RUN":
            name = data.node_info.node_name
            self._tell("progress", name=name, done=int(data.index), total=int(total))

    def _tell(self, what: str, **content: object) -> None:
        """Send a message; nobody needs to be there any more to read it."""
        with suppress(OSError):
            self._client.write(json.dumps({"what": what, **content}) + "\n")
            self._client.flush()


def main() -> None:
    """Serve on the socket that the descriptor names, and take its folder away in the end."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("descriptor", type=int)
    parser.add_argument("--linger", type=float, default=LINGER_SECONDS)
    parser.add_argument("--set", action="append", default=[])
    options = parser.parse_args()
    server = Server(Settings.load(), dict(setting.split("=", 1) for setting in options.set))
    server.spark.start()
    with socket.socket(fileno=options.descriptor) as listener:
        try:
            server.serve(listener, options.linger)
        finally:
            shutil.rmtree(Path(listener.getsockname()).parent, ignore_errors=True)


if __name__ == "__main__":
    main()
