"""What a watcher does when loads and builds fail, with a dbt that does as it is told."""

import io
import os
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from ingestion.connectors.files.arrivals import FileArrivals
from ingestion.connectors.files.declaration import FileSource
from ingestion.results import LoadResult, Outcome
from ingestion.sources import load_sources
from lake.errors import EnvironmentFault, LoadError
from lake.settings import Settings
from operations.dbt.outcome import NodeRun
from operations.dbt.outcome import Outcome as DbtOutcome
from operations.maintenance.procedures import Work
from operations.refresh import watch as watching
from operations.refresh.view import View
from operations.refresh.watch import FAILURES_IN_A_ROW, Watcher, build_arguments

ROOT = Path(__file__).parents[4]


class Dbt:
    """A dbt whose builds fail as long as `broken` says so, or die."""

    log = Path("watch.log")

    def __init__(self) -> None:
        self.broken = False
        self.dies = False
        self.builds: list[list[str]] = []

    def run(self, arguments: Sequence[str], _: object = None) -> DbtOutcome:
        """Note the command; do as told."""
        self.builds.append(list(arguments))
        if self.dies:
            raise LoadError("the process that runs dbt has died", "read watch.log")
        if self.broken:
            return DbtOutcome(False, (), ("current_state: no such column",), 0, 1, 2)
        node = NodeRun("current_state", "model", "success", "", 0, 1, "gold.current_state")
        return DbtOutcome(True, (node,), (), 0, 1, 2)


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

    def __init__(self, folder: Path, patch: pytest.MonkeyPatch) -> None:
        self.settings = Settings(project_dir=ROOT, home=folder)
        self.folder = folder / "reports"
        self.folder.mkdir()
        (folder / "firn.env").write_text(f"TELEMETRY_FILES={self.folder}\n")
        (folder / "firn.env").chmod(0o600)
        self.dbt = Dbt()
        self.loads = 0
        self.load_error: EnvironmentFault | None = None
        self.head = 0
        self._said = io.StringIO()
        (source,) = (s for s in load_sources(ROOT) if s.name == "telemetry")
        assert isinstance(source, FileSource)
        arrivals = FileArrivals.of(source, self.settings)
        self.view = View(Console(file=self._said, width=200))
        self.watcher = Watcher(self.settings, source, arrivals, self.dbt, self.view)  # type: ignore[arg-type]
        self.turns = Turns()
        patch.setattr(self.watcher, "_compaction", self.turns)
        patch.setattr(watching, "ingest", self._ingest)
        patch.setattr(self.watcher, "_heads", lambda: {"telemetry.events": self.head})

    def _ingest(self, *_: Any) -> list[LoadResult]:  # noqa: ANN401
        if self.load_error:
            raise self.load_error
        self.loads += 1
        self.head += 1
        return [LoadResult("telemetry.events", Outcome.LANDED, rows_read=1, rows_landed=1)]

    def arrive(self, name: str) -> None:
        """Let a stable file lie there."""
        file = self.folder / name
        file.write_text("{}")
        os.utime(file, (1, 1))

    def round(self) -> None:
        """Let the watcher look, land and build once."""
        self.watcher._land()
        self.watcher._build_if_due()

    @property
    def said(self) -> str:
        """What a person was shown."""
        return self._said.getvalue()


@pytest.fixture
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stage:
    """Return a watcher that has not looked yet."""
    monkeypatch.delenv("TELEMETRY_FILES", raising=False)
    return Stage(tmp_path, monkeypatch)


def test_it_builds_once_at_the_start_and_then_only_what_is_new(stage: Stage) -> None:
    for _ in range(3):
        stage.round()
    assert stage.dbt.builds == [build_arguments("telemetry")]
    stage.arrive("a.json")
    for _ in range(3):
        stage.round()
    assert (stage.loads, len(stage.dbt.builds)) == (1, 2)


def test_builds_are_counted_for_prometheus(stage: Stage) -> None:
    stage.round()
    labels = {"source": "telemetry", "outcome": "success"}
    value = stage.view.metrics.registry.get_sample_value
    assert value("firn_build_duration_seconds_count", labels) == 1


def test_what_somebody_else_landed_is_built_too(stage: Stage) -> None:
    stage.round()
    stage.head += 1
    stage.round()
    assert (stage.loads, len(stage.dbt.builds)) == (0, 2)


def test_after_a_build_one_of_its_tables_is_compacted(stage: Stage) -> None:
    for _ in range(3):
        stage.round()
    assert stage.turns.seen == [["raw_telemetry.events", "gold.current_state"]]
    assert "gold.current_state: 12 files into 1, 0.5 s" in stage.said


def test_what_cannot_be_compacted_is_said_and_the_watcher_goes_on(stage: Stage) -> None:
    stage.turns.refusal = "the table was written to meanwhile"
    stage.round()
    assert "not compacted: the table was written to meanwhile" in stage.said
    stage.arrive("a.json")
    stage.round()
    assert len(stage.dbt.builds) == 2


def test_a_failed_build_is_shown_and_not_repeated_before_its_time(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage.dbt.broken = True
    stage.round()
    stage.round()
    assert len(stage.dbt.builds) == 1
    assert "current_state: no such column" in stage.said
    later = time.monotonic() + watching.RETRY_SECONDS + 1
    monkeypatch.setattr(time, "monotonic", lambda: later)
    stage.dbt.broken = False
    stage.round()
    assert len(stage.dbt.builds) == 2
    assert "1 model" in stage.said


def test_a_failed_build_is_tried_again_with_the_next_file(stage: Stage) -> None:
    stage.dbt.broken = True
    stage.round()
    stage.arrive("a.json")
    stage.round()
    assert (stage.loads, len(stage.dbt.builds)) == (1, 2)


def test_three_failures_in_a_row_suspend_building_until_the_next_file(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage.dbt.broken = True
    now = time.monotonic()
    for number in range(6):
        later = now + number * (watching.RETRY_SECONDS + 1)
        monkeypatch.setattr(time, "monotonic", lambda later=later: later)
        stage.round()
    assert len(stage.dbt.builds) == FAILURES_IN_A_ROW
    assert "suspended" in stage.said
    stage.dbt.broken = False
    stage.arrive("a.json")
    stage.round()
    assert len(stage.dbt.builds) == FAILURES_IN_A_ROW + 1
    stage.round()
    assert len(stage.dbt.builds) == FAILURES_IN_A_ROW + 1


def test_a_dbt_that_died_is_a_failed_build(stage: Stage) -> None:
    stage.dbt.dies = True
    stage.round()
    assert "has died" in stage.said
    stage.dbt.dies = False
    stage.arrive("a.json")
    stage.round()
    assert len(stage.dbt.builds) == 2
    assert "1 model" in stage.said


def test_a_load_that_fails_is_shown_and_its_files_are_taken_later(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage.load_error = EnvironmentFault("telemetry is being ingested already by pid 7", "wait")
    stage.arrive("a.json")
    stage.round()
    assert "already by pid 7" in stage.said
    stage.load_error = None
    stage.round()
    assert stage.loads == 0
    later = time.monotonic() + watching.RETRY_SECONDS + 1
    monkeypatch.setattr(time, "monotonic", lambda: later)
    stage.round()
    assert stage.loads == 1
