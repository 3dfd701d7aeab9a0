"""Which process a warm Spark is, and what of its settings has changed."""

import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from lake.errors import EnvironmentFault
from lake.settings import Settings
from operations.runtime.warm_client import prepare_client
from operations.runtime.warm_record import WarmRecord, changed_settings
from operations.runtime.warm_spark import Condition, WarmSpark

ROOT = Path(__file__).parents[3]
PARAMETERS = {"spark.driver.memory": "2g"}


@pytest.fixture
def process() -> Iterator[psutil.Process]:
    """Start a program that stands for a server."""
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    yield psutil.Process(child.pid)
    child.kill()
    child.wait()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Return settings of this project with a home of its own."""
    return Settings(project_dir=ROOT, home=tmp_path)


def _remember(settings: Settings, process: psutil.Process, created: float) -> None:
    record = WarmRecord(pid=process.pid, created=created, port=1, parameters=PARAMETERS)
    (settings.home / "spark").mkdir()
    record.save(settings.home / "spark" / "spark.json")


def test_stop_ends_just_the_process_that_was_started(
    settings: Settings, process: psutil.Process
) -> None:
    _remember(settings, process, process.create_time())
    assert WarmSpark(settings).stop().condition is Condition.STOPPED
    assert not process.is_running()
    assert not (settings.home / "spark" / "spark.json").exists()


def test_a_process_that_has_its_id_by_chance_is_left_alone(
    settings: Settings, process: psutil.Process
) -> None:
    _remember(settings, process, process.create_time() - 60)
    assert WarmSpark(settings).state(asks=False).condition is Condition.DIED
    WarmSpark(settings).stop()
    assert process.is_running()
    assert process.status() != psutil.STATUS_ZOMBIE


def test_who_else_listens_at_its_port_gets_no_client(
    settings: Settings, process: psutil.Process, monkeypatch: pytest.MonkeyPatch
) -> None:
    _remember(settings, process, process.create_time())
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        monkeypatch.setenv("FIRN_SPARK_PORT", str(port))
        with pytest.raises(EnvironmentFault, match=f"does not listen on 127.0.0.1:{port}"):
            prepare_client(settings, f"sc://127.0.0.1:{port}")


def test_the_record_is_its_owners_alone(settings: Settings, process: psutil.Process) -> None:
    _remember(settings, process, process.create_time())
    assert (settings.home / "spark" / "spark.json").stat().st_mode & 0o077 == 0


def test_changed_settings_are_named_and_secrets_are_not_shown() -> None:
    # pragma: allowlist nextline secret
    before = {"spark.driver.memory": "2g", "spark.x.secret": "old", "spark.same": "1"}
    record = WarmRecord(pid=1, created=0, port=1, parameters=before)
    # pragma: allowlist nextline secret
    now = {"spark.driver.memory": "4g", "spark.x.secret": "new", "spark.same": "1", "spark.y": "2"}
    assert changed_settings(record, now, 1) == [
        "spark.driver.memory was '2g', is '4g'",
        "spark.x.secret was another, is another",
        "spark.y was not set, is '2'",
    ]
    assert changed_settings(record, before, 2) == ["port was '1', is '2'"]
