"""The process that runs dbt for a watcher: what becomes of it when either of them ends."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from lake.errors import LoadError
from lake.settings import Settings
from operations.dbt import resident
from operations.dbt.connection import ServerRecord
from operations.dbt.resident import ResidentDbt
from operations.runtime.environment import dbt_environment

ROOT = Path(__file__).parents[4]
STUB = "tests.unit.operations.dbt.stub_server"
KILLED_WATCHER = f"""
import os
from lake.settings import Settings
from operations.dbt import resident
resident.PROGRAM = {STUB!r}
dbt = resident.ResidentDbt(Settings.load(), "cars")
print(dbt.sql("hello")[0]["pid"], flush=True)
{{then}}
os._exit(1)
"""


class Watcher:
    """A watcher's dbt, and what was said of it."""

    def __init__(self, settings: Settings) -> None:
        self.said: list[tuple[str, str]] = []
        self.dbt = ResidentDbt(settings, "cars", lambda mark, text: self.said.append((mark, text)))

    def pid(self) -> int:
        """Return which process answers."""
        return int(self.dbt.sql("hello")[0]["pid"])


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Return a home of its own, with no dbt and no Spark in its processes."""
    monkeypatch.setattr(resident, "PROGRAM", STUB)
    monkeypatch.setenv("FIRN_HOME", str(tmp_path))
    monkeypatch.setenv("FIRN_PROJECT_DIR", str(ROOT))
    monkeypatch.delenv("PYTEST_CURRENT_TEST")  # it is another one for each test
    return Settings.load()


@pytest.fixture
def watcher(settings: Settings) -> Iterator[Watcher]:
    """Return a watcher whose process is ended with the test."""
    watcher = Watcher(settings)
    with watcher.dbt:
        yield watcher


def record(settings: Settings) -> ServerRecord | None:
    """Return what is remembered of the process."""
    return ServerRecord.load(settings.home / "watch" / "cars.json")


def left_by_a_killed_watcher(settings: Settings, then: str = "") -> psutil.Process:
    """Let a watcher ask for something and be killed; return the process that it leaves."""
    program = [sys.executable, "-c", KILLED_WATCHER.format(then=then)]
    killed: Any = subprocess.run(
        program, env=settings.environment(), cwd=ROOT, check=False, capture_output=True, text=True
    )
    return psutil.Process(int(killed.stdout))


def test_one_process_answers_all_and_ends_with_the_watcher(
    settings: Settings, watcher: Watcher
) -> None:
    pid = watcher.pid()
    remembered = record(settings)
    assert remembered is not None
    assert remembered.pid == pid == watcher.pid()
    assert watcher.said == []
    watcher.dbt.close()
    assert remembered.process() is None  # one that nobody has waited for yet has ended, too
    assert record(settings) is None
    assert not remembered.folder.exists()


def test_one_that_died_is_named_and_the_next_command_has_another(watcher: Watcher) -> None:
    pid = watcher.pid()
    with pytest.raises(LoadError, match="the process that runs dbt has died in die"):
        watcher.dbt.sql("die")
    assert watcher.pid() != pid


def test_one_that_a_killed_watcher_left_is_used_by_the_next(
    settings: Settings, watcher: Watcher
) -> None:
    left = left_by_a_killed_watcher(settings)
    assert watcher.pid() == left.pid
    assert [mark for mark, _ in watcher.said] == ["waits", "goes on"]
    watcher.dbt.close()
    left.wait(20)


def test_one_with_other_surroundings_is_ended(
    settings: Settings, watcher: Watcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    left = left_by_a_killed_watcher(settings)
    monkeypatch.setenv("TELEMETRY_FILES", "/elsewhere")
    assert watcher.pid() != left.pid
    left.wait(20)


def test_one_that_is_stuck_is_ended(
    settings: Settings, watcher: Watcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    left = left_by_a_killed_watcher(settings, 'dbt._connection.send({"sql": "sleep 600"})')
    monkeypatch.setattr(resident, "HANDOVER_SECONDS", 0.5)
    assert watcher.pid() != left.pid
    left.wait(20)


def test_one_that_died_with_its_watcher_is_forgotten(settings: Settings, watcher: Watcher) -> None:
    left = left_by_a_killed_watcher(settings)
    remembered = record(settings)
    assert remembered is not None
    left.kill()
    left.wait(20)
    assert watcher.pid() != left.pid
    assert watcher.said == []
    assert not remembered.folder.exists()


def test_a_request_may_bring_another_environment(settings: Settings, watcher: Watcher) -> None:
    home = settings.home / "another"
    environment = {**dbt_environment(settings), "FIRN_HOME": str(home), "DBT_TARGET": "warm"}
    outcome = watcher.dbt.run(["where"], environment=environment)
    assert outcome.complaints == (str(home), "warm")
    pid = watcher.pid()
    assert psutil.Process(pid).cwd() == str(ROOT)
