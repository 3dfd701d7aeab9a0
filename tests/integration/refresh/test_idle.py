"""What a refresher costs that has nothing to do, with 40 models over 20 sources."""

import json
import sqlite3
import time
from pathlib import Path

import pytest

from lake.lake import open_catalog
from lake.settings import Settings
from operations.refresh.refresh import POLL_SECONDS
from operations.refresh.tasks.engine import Engine, Surroundings
from operations.refresh.tasks.project import Project
from operations.refresh.tasks.task import Plan, Task
from tests.integration.refresh.till_tasks import Said

ROOT = Path(__file__).parents[3]
SOURCES, MODELS, ROUNDS = 20, 40, 15
CPU_SECONDS = 1.0


class NoDbt:
    """A dbt that must not be asked for anything."""

    def run(self, *_: object) -> None:
        """Fail."""
        pytest.fail("nothing is due")

    def interrupt(self) -> None:
        """Fail."""
        pytest.fail("nothing runs")


def lay_out(home: Path) -> None:
    """Put tables into the catalog: sources with one commit, models with one that read it."""
    open_catalog(Settings(project_dir=ROOT, home=home)).list_namespaces()
    for number in range(SOURCES):
        add_table(home, "raw_big", f"t{number}", {"operation": "append"})
    for number in range(MODELS):
        streams = {f"raw_big.t{number % SOURCES}": {"snapshot": "1"}}
        said = {f"firn.positions.gold.m{number}": json.dumps({"streams": streams})}
        add_table(home, "gold", f"m{number}", {"operation": "append", **said})


def add_table(home: Path, namespace: str, name: str, summary: dict[str, str]) -> None:
    """Add one table, as far as metadata is looked at."""
    snapshot = {"snapshot-id": 1, "timestamp-ms": 1, "sequence-number": 1, "summary": summary}
    file = home / "lake" / f"{namespace}.{name}.metadata.json"
    file.write_text(json.dumps({"current-snapshot-id": 1, "snapshots": [snapshot]}))
    with sqlite3.connect(home / "lake" / "catalog.db") as connection:
        connection.execute(
            "insert into iceberg_tables (catalog_name, table_namespace, table_name,"
            " metadata_location) values ('lake', ?, ?, ?)",
            (namespace, name, file.as_uri()),
        )


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    """Return an engine over models that have read all there is."""
    settings = Settings(project_dir=ROOT, home=tmp_path)
    (tmp_path / "lake").mkdir()
    lay_out(tmp_path)
    tasks = {
        f"m{n}": Task(f"m{n}", f"gold.m{n}", {f"gold.m{n}": f"m{n}"}, target_lag="downstream")
        for n in range(MODELS)
    }
    reads = {f"gold.m{n}": (f"raw_big.t{n % SOURCES}",) for n in range(MODELS)}
    project = Project(Plan(tasks, reads), {"nodes": {}})
    return Engine(Surroundings(settings, NoDbt(), Said()), project)  # type: ignore[arg-type]


def test_an_idle_minute_costs_less_than_a_second_of_cpu(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert engine.round() is None
    assert set(engine.observer.waiting(engine.state).values()) == {None}
    monkeypatch.setattr(
        "operations.refresh.tasks.heads.read_metadata_of", lambda *_: pytest.fail("a file is read")
    )
    before = time.process_time()
    for _ in range(ROUNDS):
        engine.round()
    a_minute = (time.process_time() - before) / ROUNDS * 60 / POLL_SECONDS
    assert a_minute < CPU_SECONDS
