"""What a watcher does when loads and builds fail: real loads, a dbt that does as it is told."""

import io
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from rich.console import Console

from ingestion.api import ingest
from ingestion.connectors.files.arrivals import FileArrivals
from ingestion.connectors.files.declaration import FileSource
from ingestion.sources import load_sources
from lake.errors import EnvironmentFault, LoadError
from lake.settings import Settings
from operations.dbt.outcome import NodeRun
from operations.dbt.outcome import Outcome as Build
from operations.maintenance.procedures import Work
from operations.refresh import landing as landing_module
from operations.refresh.landing import Landing
from operations.refresh.refresh import Choice, Refresher
from operations.refresh.tasks.control import suspend, try_again
from operations.refresh.tasks.project import Project
from operations.refresh.tasks.schedule import LONGEST_RETRY_SECONDS
from operations.refresh.tasks.task import Plan, Task
from operations.refresh.view import View
from operations.refresh.watch import WatchNarrator
from operations.runtime.signals import Stop
from sandbox.demo.watch_latency import hot_car
from sandbox.telemetry import report

ROOT = Path(__file__).parents[4]
NAME = "source:telemetry"
RAW = "raw_telemetry.events"
TASK = Task(NAME, NAME, {"gold.current_state": "current_state"}, landed=(RAW,))
PLAN = Plan({NAME: TASK}, {"gold.current_state": (RAW,), NAME: (RAW,)})
BUILD = ["build", "--select", f"{NAME}+", "--exclude-resource-type", "unit_test"]


class Dbt:
    """A dbt whose builds fail as long as `broken` says so, or die."""

    def __init__(self) -> None:
        self.broken = False
        self.dies = False
        self.builds: list[list[str]] = []

    def run(
        self,
        arguments: Sequence[str],
        _: object = None,
        environment: Mapping[str, str] | None = None,
    ) -> Build:
        """Note the command; do as told."""
        assert environment
        assert environment["FIRN_TRIGGER"] == "arrival"
        self.builds.append(list(arguments))
        now = time.time()
        if self.dies:
            raise LoadError("the process that runs dbt has died", "read watch.log")
        if self.broken:
            return Build(False, (), ("current_state: no such column",), 0, now, now)
        node = NodeRun("current_state", "model", "success", "", now, now, "gold.current_state")
        return Build(True, (node,), (), 0, now, now)

    def interrupt(self) -> None:
        """Have nothing to end."""


class Turns:
    """Notes whose turn it could be; refuses when `refusal` says why."""

    def __init__(self) -> None:
        self.refusal = ""
        self.seen: list[list[str]] = []

    def of_next(self, tables: Sequence[str]) -> tuple[Work, float] | None:
        """Note the tables, and compact the last."""
        self.seen.append(list(tables))
        if self.refusal:
            raise LoadError(self.refusal)
        return Work(tables[-1], compacted_files=12, written_files=1), 0.5


class Stage:
    """A watcher with its surroundings: what is landed, what dbt does, what is said."""

    def __init__(self, home: Path, patch: pytest.MonkeyPatch) -> None:
        self.settings = Settings(project_dir=ROOT, home=home)
        self.folder = home / "reports"
        self.folder.mkdir()
        (home / "firn.env").write_text(f"TELEMETRY_FILES={self.folder}\n")
        (home / "firn.env").chmod(0o600)
        self.dbt = Dbt()
        self.turns = Turns()
        self.ahead = 0.0
        self._patch = patch
        self._said = io.StringIO()
        self._cars = 0
        self.start()

    def start(self) -> None:
        """Begin with another watcher, as a process does that is started."""
        (source,) = (s for s in load_sources(ROOT) if s.name == "telemetry")
        assert isinstance(source, FileSource)
        arrivals = FileArrivals.of(source, self.settings)
        self.view = View(Console(file=self._said, width=200))
        landing = Landing(self.settings, source, arrivals, self.turns, self.view)  # type: ignore[arg-type]
        choice = Choice([NAME], watched=["telemetry"])
        narrator = WatchNarrator(self.view, landing)
        self.watcher = Refresher(self.settings, choice, self.dbt, narrator, landing)
        self._patch.setattr(self.watcher, "_read_project_if_changed", lambda: None)
        self.watcher._use(PROJECT)
        clock = time.time
        self._patch.setattr(self.watcher._engine, "_clock", lambda: clock() + self.ahead)

    def arrive(self) -> None:
        """Let a stable file lie there."""
        self._cars += 1
        report(self.folder, hot_car(self._cars))
        time.sleep(0.3)  # `stable_for` of the source, and a bit

    def round(self) -> None:
        """Let the watcher look, land and build once."""
        self.watcher._round(Stop())

    @property
    def said(self) -> str:
        """What a person was shown."""
        return self._said.getvalue()


PROJECT = Project(PLAN, {"nodes": {}})


@pytest.fixture
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stage:
    """Return a watcher that has not looked yet."""
    monkeypatch.delenv("TELEMETRY_FILES", raising=False)
    return Stage(tmp_path, monkeypatch)


def test_what_arrived_is_built_once(stage: Stage) -> None:
    stage.round()
    assert stage.dbt.builds == []
    stage.arrive()
    for _ in range(3):
        stage.round()
    assert stage.dbt.builds == [BUILD]
    assert "1 row" in stage.said
    assert "1 model" in stage.said


def test_builds_are_counted_for_prometheus(stage: Stage) -> None:
    stage.arrive()
    stage.round()
    labels = {"task": NAME, "outcome": "success"}
    value = stage.view.metrics.registry.get_sample_value
    assert value("firn_refresh_duration_seconds_count", labels) == 1


def test_what_somebody_else_landed_is_built_too(stage: Stage) -> None:
    stage.round()
    stage.arrive()
    ingest(["telemetry"], settings=stage.settings)
    stage.round()
    assert len(stage.dbt.builds) == 1


def test_after_a_build_one_of_its_tables_is_compacted(stage: Stage) -> None:
    stage.arrive()
    for _ in range(3):
        stage.round()
    assert stage.turns.seen == [[RAW, "gold.current_state"]]
    assert "gold.current_state: 12 files into 1, 0.5 s" in stage.said


def test_what_cannot_be_compacted_is_said_and_the_watcher_goes_on(stage: Stage) -> None:
    stage.turns.refusal = "the table was written to meanwhile"
    stage.arrive()
    stage.round()
    assert "not compacted: the table was written to meanwhile" in stage.said
    stage.arrive()
    stage.round()
    assert len(stage.dbt.builds) == 2


def test_a_failed_build_is_shown_and_not_repeated_before_its_time(stage: Stage) -> None:
    stage.dbt.broken = True
    stage.arrive()
    stage.round()
    stage.round()
    assert len(stage.dbt.builds) == 1
    assert "current_state: no such column" in stage.said
    assert "with the next file, or in 1" in stage.said
    stage.ahead += LONGEST_RETRY_SECONDS
    stage.dbt.broken = False
    stage.round()
    assert len(stage.dbt.builds) == 2
    assert "1 model" in stage.said


def test_a_failed_build_is_tried_again_with_the_next_file(stage: Stage) -> None:
    stage.dbt.broken = True
    stage.arrive()
    stage.round()
    stage.arrive()
    stage.round()
    assert len(stage.dbt.builds) == 2


def fail_until_suspended(stage: Stage) -> None:
    """Let builds fail, more often than the watcher tries."""
    stage.dbt.broken = True
    stage.arrive()
    for _ in range(6):
        stage.round()
        stage.ahead += 2 * LONGEST_RETRY_SECONDS
    assert len(stage.dbt.builds) == TASK.suspend_after_failures
    assert "suspended" in stage.said


def test_three_failures_in_a_row_suspend_building_until_the_next_file(stage: Stage) -> None:
    fail_until_suspended(stage)
    stage.arrive()
    for _ in range(6):
        stage.round()
        stage.ahead += 2 * LONGEST_RETRY_SECONDS
    assert len(stage.dbt.builds) == 2 * TASK.suspend_after_failures
    stage.dbt.broken = False
    stage.arrive()
    for _ in range(2):
        stage.round()
    assert len(stage.dbt.builds) == 2 * TASK.suspend_after_failures + 1


def test_a_watcher_that_is_started_again_builds_what_is_not_built(stage: Stage) -> None:
    stage.arrive()
    stage.round()
    stage.start()
    stage.round()
    assert len(stage.dbt.builds) == 1
    stage.dbt.dies = True
    stage.arrive()
    stage.round()
    stage.dbt.dies = False
    stage.start()
    stage.ahead += LONGEST_RETRY_SECONDS
    stage.round()
    assert len(stage.dbt.builds) == 3


def test_a_watcher_that_is_started_again_forgets_failures_but_no_persons_wish(
    stage: Stage,
) -> None:
    fail_until_suspended(stage)
    stage.dbt.broken = False
    try_again(stage.settings, NAME)
    stage.start()
    stage.ahead += LONGEST_RETRY_SECONDS
    stage.round()
    built = len(stage.dbt.builds)
    assert built == TASK.suspend_after_failures + 1
    suspend(stage.settings, PROJECT, NAME)
    try_again(stage.settings, NAME)
    stage.arrive()
    stage.round()
    assert len(stage.dbt.builds) == built


def test_a_dbt_that_died_is_a_failed_build(stage: Stage) -> None:
    stage.dbt.dies = True
    stage.arrive()
    stage.round()
    assert "has died" in stage.said
    stage.dbt.dies = False
    stage.arrive()
    stage.round()
    assert len(stage.dbt.builds) == 2
    assert "1 model" in stage.said


def test_a_load_that_fails_is_shown_and_its_files_are_taken_later(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise EnvironmentFault("telemetry is being ingested already by pid 7", "wait")

    stage.arrive()
    with monkeypatch.context() as patch:
        patch.setattr(landing_module, "ingest", refuse)
        stage.round()
    assert "already by pid 7" in stage.said
    stage.round()
    assert stage.dbt.builds == []
    later = time.monotonic() + landing_module.RETRY_SECONDS + 1
    monkeypatch.setattr(time, "monotonic", lambda: later)
    stage.round()
    assert stage.dbt.builds == [BUILD]
