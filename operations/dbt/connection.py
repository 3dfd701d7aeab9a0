"""How a dbt server is started and spoken to: environment -> process and socket -> messages."""

from __future__ import annotations

import hashlib
import json
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import psutil

from lake.private import private_folder
from lake.process_record import ProcessRecord
from lake.processes import wait_or_kill
from operations.dbt import server
from operations.dbt.project_files import code_fingerprint
from operations.runtime.environment import lasting_variables

SOCKET = "dbt"


@dataclass(frozen=True)
class ServerOptions:
    """What a server is started with: how long it waits for a client, Spark's settings, umask."""

    linger: float = server.LINGER_SECONDS
    session_settings: Mapping[str, str] = field(default_factory=dict)
    umask: int = -1
    program: str = server.__name__

    def command(self, descriptor: int) -> list[str]:
        """Return the command of a server that listens at a descriptor."""
        settings = [f"--set={name}={value}" for name, value in self.session_settings.items()]
        own = [str(descriptor), f"--linger={self.linger}", *settings]
        return [sys.executable, "-m", self.program, *own]


class ServerRecord(ProcessRecord):
    """The process that runs dbt, and the folder (nobody else's) that its socket lies in."""

    folder: Path

    @property
    def address(self) -> str:
        """The socket's path; kept out of FIRN_HOME, as such a path may have 100 letters at most."""
        return str(self.folder / SOCKET)

    def end(self, seconds: float) -> None:
        """Wait for the process to end, then make it end; take its folder away."""
        if process := self.process():
            wait_or_kill(process, seconds)
        shutil.rmtree(self.folder, ignore_errors=True)


@dataclass
class Connection:
    """An open connection to a server that has accepted it."""

    record: ServerRecord
    lines: IO[str]

    def send(self, content: object) -> None:
        """Send a mark or a request. Raises OSError when the server has died."""
        self.lines.write(json.dumps(content) + "\n")
        self.lines.flush()

    def messages(self) -> Iterator[dict[str, Any]]:
        """Yield the server's messages until it closes the connection."""
        for line in self.lines:
            yield json.loads(line)

    def close(self) -> None:
        """Hang up, having asked the server to shut down; it may have died."""
        with suppress(OSError):
            self.send(server.SHUTDOWN)
        with suppress(OSError):
            self.lines.close()


def launch(environment: Mapping[str, str], log: Path, options: ServerOptions) -> ServerRecord:
    """Start a server in the folder `PWD` of its environment; dbt and Spark print to `log`.

    It can be connected to at once, and accepts when it has started.
    """
    folder = Path(tempfile.mkdtemp(prefix="firn-dbt-"))
    private_folder(log.parent)
    with socket.socket(socket.AF_UNIX) as listener, log.open("ab") as output:
        listener.bind(str(folder / SOCKET))
        listener.listen()
        process = psutil.Popen(
            options.command(listener.fileno()),
            cwd=environment["PWD"],
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            pass_fds=(listener.fileno(),),
            start_new_session=True,  # Ctrl-C is for the client: it ends when dbt is done
            umask=options.umask,
        )
    return ServerRecord(pid=process.pid, created=process.create_time(), folder=folder)


def connect(record: ServerRecord, mark: str, seconds: float | None) -> Connection | None:
    """Return the connection if it is accepted within so many seconds (None: for ever)."""
    with socket.socket(socket.AF_UNIX) as opened:  # the file keeps it open
        opened.settimeout(seconds)
        try:
            opened.connect(record.address)
            connection = Connection(record, opened.makefile("rw"))
            connection.send(mark)
            answer = json.loads(connection.lines.readline() or "{}")
        except OSError:
            return None
        opened.settimeout(None)
    return connection if answer.get("what") == server.ACCEPTED else None


def mark_of(environment: Mapping[str, str]) -> str:
    """Return what two clients must have in common to use the same server: code, surroundings."""
    variables = sorted(lasting_variables(environment).items())
    said = json.dumps([sys.executable, sys.version, code_fingerprint(), variables])
    return hashlib.sha256(said.encode()).hexdigest()
