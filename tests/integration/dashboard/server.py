"""The server of the pages for a test: a lake -> a process on a free port, ended at the end."""

import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import urlencode

import psutil

from dashboard.serving.serve import PORT
from lake.processes import LOOPBACK, free_port
from lake.settings import Settings
from tests.integration.ingestion.home import ROOT

DEADLINE_SECONDS = 60


@dataclass(frozen=True)
class Server:
    """A running server and where its pages are."""

    process: psutil.Popen
    port: int

    def url(self, **chosen: str) -> str:
        """Return the address of a page with filters."""
        return f"http://{LOOPBACK}:{self.port}/?{urlencode(chosen)}"


@contextmanager
def running_server(settings: Settings) -> Iterator[Server]:
    """Serve the pages over a lake as `make dashboard` does, until the block ends."""
    port = free_port()
    own = {"FIRN_HOME": str(settings.home), "FIRN_PROJECT_DIR": str(settings.project_dir)}
    process = psutil.Popen(
        [sys.executable, "-m", "dashboard.serving.serve"],
        cwd=ROOT,
        env={**settings.environment(), **own, PORT: str(port)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        _wait(process, port)
        yield Server(process, port)
    finally:
        process.terminate()
        process.wait(20)


def _wait(process: psutil.Popen, port: int) -> None:
    deadline = time.monotonic() + DEADLINE_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise AssertionError(f"the server ended: {process.stdout.read()}")
        try:
            urllib.request.urlopen(f"http://{LOOPBACK}:{port}/_stcore/health", timeout=2).close()
        except OSError:
            time.sleep(0.2)
        else:
            return
    raise AssertionError(f"no answer on port {port} within {DEADLINE_SECONDS} s")
