"""`make airflow`: up on loopback alone, with a login that works, and gone when it is ended."""

import contextlib
import json
import re
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator

import psutil
import pytest

from lake.processes import LOOPBACK, free_port, is_taken
from tests.integration.airflow.kiosk import ROOT, Kiosk

pytestmark = pytest.mark.airflow


@pytest.fixture
def port() -> int:
    return free_port()


@pytest.fixture
def server(kiosk: Kiosk, port: int) -> Iterator[psutil.Popen]:
    """Start Airflow as `make airflow` does; end it, if a test left it running."""
    environment = kiosk.environment | {"FIRN_AIRFLOW_PORT": str(port), "PYTHONUNBUFFERED": "1"}
    process = psutil.Popen(
        [sys.executable, "-m", "operations.deploy.airflow"],
        cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    yield process
    with contextlib.suppress(psutil.NoSuchProcess):
        process.send_signal(signal.SIGTERM)
    process.wait(60)


def test_it_is_up_on_loopback_alone_and_ends(server: psutil.Popen, port: int) -> None:
    said = _said_until("login:", server)
    user, password = re.search(r"login: +(\w+), password (\S+)", said).groups()  # type: ignore[union-attr]
    parts = [server, *server.children(recursive=True)]
    listening = {
        connection.laddr
        for part in parts
        for connection in part.net_connections()
        if connection.status == psutil.CONN_LISTEN
    }
    assert {place.ip for place in listening} == {LOOPBACK}
    assert {place.port for place in listening} == {port}
    assert _token(port, user, password)
    server.send_signal(signal.SIGTERM)
    assert server.wait(60) == 0
    assert not is_taken(port)
    assert psutil.wait_procs(parts, timeout=10)[1] == []


def test_its_state_is_nobody_elses(kiosk: Kiosk) -> None:
    assert kiosk.airflow.home.stat().st_mode & 0o077 == 0
    assert {file.name for file in (kiosk.airflow.home / "keys").iterdir()} == {
        "fernet", "api", "jwt",
    }  # fmt: skip


def _said_until(word: str, process: psutil.Popen) -> str:
    said = ""
    line: str
    for line in process.stdout:
        said += line
        if word in line:
            return said
    raise AssertionError(said)


def _token(port: int, user: str, password: str) -> str:
    """Log in, and return the token that the API gives for it."""
    request = urllib.request.Request(
        f"http://{LOOPBACK}:{port}/auth/token",
        data=json.dumps({"username": user, "password": password}).encode(),
        headers={"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
        return str(json.load(answer)["access_token"])
