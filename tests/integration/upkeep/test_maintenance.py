"""Upkeep on real tables: files fall to their bounds, and every stream goes on where it was."""

import os
import time
from pathlib import Path

import pytest
from rich.console import Console

from lake.lake import Identifier, Lake
from lake.snapshots import changed_by
from operations.cli.maintenance_report import print_work
from operations.maintenance.procedures import Work, apply_plan
from operations.maintenance.run import maintain_lake, plan_lake
from operations.refresh.maintenance import CompactionTurns
from operations.runtime.spark import Spark
from operations.runtime.sql_engine import Row
from tests.integration.upkeep.upkeep_lake import (
    BEST,
    LABELS,
    LOADS,
    RAW,
    REJECTED,
    SILVER,
    TABLES,
    UpkeepLake,
)

pytestmark = [pytest.mark.spark, pytest.mark.postgres]
DAY = 86_400
CHANGES = 3


@pytest.fixture(scope="module", autouse=True)
def _changed(lake: UpkeepLake) -> None:
    """Begin with several small commits in every table."""
    for number in range(CHANGES):
        lake.change(f"item_id = {150 + number}", amount=f"200 + {number}")
        lake.take_in()


def identifier(table: str) -> Identifier:
    namespace, name = table.split(".")
    return namespace, name


def _maintain(lake: UpkeepLake, spark: Spark, *names: str) -> dict[str, Work]:
    plans = plan_lake(lake.source.settings, names)
    return {plan.name: apply_plan(spark, plan) for plan in plans}


def _row_ids(spark: Spark, table: str, key: str) -> dict[str, Row]:
    rows = spark.sql(f"select {key}, _row_id, _last_updated_sequence_number as seq from {table}")
    return {row[key]: row for row in rows}


def test_after_upkeep_files_are_few_and_the_next_run_is_incremental(
    lake: UpkeepLake, spark: Spark
) -> None:
    """Fault expired-snapshots.

    Progress, positions and row lineage survive compaction and expiry, done twice.
    """
    identities = {SILVER: "item_id", LABELS: "label"}
    ids = {table: _row_ids(spark, table, key) for table, key in identities.items()}
    progress = lake.table(RAW).properties["firn.progress"]
    plans = {plan.name: plan for plan in plan_lake(lake.source.settings, ())}
    assert all(plans[name].compacts_data for name in (RAW, SILVER, LABELS))
    done = _maintain(lake, spark)
    assert done[RAW].compacted_files >= CHANGES
    assert done[SILVER].expired_snapshots >= CHANGES
    for name, size in lake.sizes().items():
        plan = plans[name]
        most = 1 if plan.compacts_data else plan.policy.compact_above + 1
        assert size.data_files <= most, (name, size)
        assert size.delete_files == 0, (name, size)
        assert size.manifests <= most + 1, (name, size)
    _maintain(lake, spark)
    for name in set(TABLES) - {LOADS}:
        assert lake.size(name).snapshots <= 4, name
    assert {t: _row_ids(spark, t, key) for t, key in identities.items()} == ids
    assert lake.table(RAW).properties["firn.progress"] == progress
    lake.change("item_id = 160", amount="333")
    lake.take_in()
    lake.assert_right()
    assert lake.modes("silver/app__items") == {"incremental"}
    assert lake.modes("gold/labels") == {"incremental"}
    added = lake.table(SILVER).current_snapshot().summary["added-records"]  # type: ignore[union-attr, index]
    assert added == "1"
    lake.build("test")
    lake.source.ingest(deletes=True)


def test_a_dry_run_says_what_would_be_done_and_changes_nothing(
    lake: UpkeepLake, capsys: pytest.CaptureFixture[str]
) -> None:
    before = {name: lake.table(name).metadata_location for name in TABLES}
    sizes = lake.sizes()
    maintained = maintain_lake(lake.source.settings, [], lambda *_: None)
    print_work(Console(width=200), maintained.plans, maintained.done, is_applied=False)
    maintained.require_success()
    said = capsys.readouterr().out
    assert "Nothing was changed. To do it: the same command with --apply" in said
    assert {name: lake.table(name).metadata_location for name in TABLES} == before
    assert lake.sizes() == sizes


def test_a_consumer_that_stands_still_holds_expiry_back_and_goes_on_from_there(
    lake: UpkeepLake, spark: Spark
) -> None:
    for number in range(CHANGES):
        lake.change(f"item_id = {170 + number}", amount="400")
        lake.source.ingest()
        lake.build("run", "--select", "app__items")
    [plan] = plan_lake(lake.source.settings, [SILVER])
    consumers = {held.position.consumer: held.count for held in plan.held_back}
    assert consumers == {LABELS: CHANGES}
    assert _maintain(lake, spark, SILVER)[SILVER].compacted_files > 0
    _maintain(lake, spark, SILVER, RAW)
    lake.build()
    lake.assert_right()
    assert lake.modes("gold/labels") == {"incremental"}
    assert lake.modes("quarantine/app__rejected") == {"incremental"}
    [plan] = plan_lake(lake.source.settings, [SILVER])
    assert plan.held_back == ()


def test_rows_added_on_both_sides_of_a_compaction_are_read_after_it(
    lake: UpkeepLake, spark: Spark
) -> None:
    def add(number: int) -> None:
        lake.add(number, number, label="added")
        lake.source.ingest()
        lake.build("run", "--select", "app__items")

    lake.build()
    for number in range(9_000, 9_000 + CHANGES):
        add(number)
    assert _maintain(lake, spark, SILVER)[SILVER].compacted_files > 0
    add(9_100)
    lake.build()
    lake.assert_right()
    assert lake.modes("gold/labels") == {"incremental"}


def test_a_watcher_compacts_a_table_after_each_build_in_turn(
    lake: UpkeepLake, spark: Spark
) -> None:
    settings = lake.source.settings
    turns = CompactionTurns(settings, spark)
    for number in range(CHANGES):
        lake.add(9_200 + number, 9_200 + number, label="watched")
        lake.take_in()
    head = changed_by(Lake(settings), identifier(RAW))
    done = [turns.of_next([RAW, SILVER, "gold.not_there"]) for _ in range(6)]
    names = [work.name if work else None for work, _ in (one or (None, 0.0) for one in done)]
    assert names == [RAW, SILVER, None, None, None, None]
    assert lake.size(RAW).data_files == 1
    assert lake.table(RAW).current_snapshot().snapshot_id != head  # type: ignore[union-attr]
    assert changed_by(Lake(settings), identifier(RAW)) == head
    lake.add(9_300, 9_300, label="watched")
    lake.take_in()
    lake.assert_right()
    assert lake.modes("silver/app__items") == {"incremental"}
    assert changed_by(Lake(settings), identifier(RAW)) != head


def test_without_the_positions_the_next_run_would_read_everything(
    lake: UpkeepLake, spark: Spark, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Guard off: the snapshot that gold has read last is expired."""
    lake.change("item_id = 180", amount="500")
    lake.source.ingest()
    lake.build("run", "--select", "app__items")
    monkeypatch.setattr("operations.maintenance.run.positions", lambda _: {})
    _maintain(lake, spark, SILVER)
    lake.build()
    assert lake.modes("gold/labels") == {"full"}
    lake.assert_right()


def test_only_old_files_that_no_snapshot_knows_are_removed(lake: UpkeepLake, spark: Spark) -> None:
    """Faults kill-before-commit and young-orphans.

    The raw table is written by Python, silver by Spark.
    """
    planted = {}
    for name in (RAW, SILVER, LOADS):
        folder = Path(lake.table(name).location().removeprefix("file://")) / "data"
        old, young = folder / "old.parquet", folder / "young.parquet"
        for path in (old, young):
            path.write_bytes(b"left behind by a load that was killed")
        four_days_ago = time.time() - 4 * DAY
        os.utime(old, (four_days_ago, four_days_ago))
        _age_everything_known(lake, name, four_days_ago)
        planted[name] = (old, young)
    before = {name: len(lake.rows(name)) for name in planted}
    done = _maintain(lake, spark, *planted)
    for name, (old, young) in planted.items():
        assert [Path(path.removeprefix("file:")).name for path in done[name].orphans] == [old.name]
        assert not old.exists()
        assert young.exists()
        assert len(lake.rows(name)) == before[name]
        young.unlink()


def _age_everything_known(lake: UpkeepLake, name: str, then: float) -> None:
    """Make the files that belong to a table as old as an orphan, so that age alone saves none."""
    folder = Path(lake.table(name).location().removeprefix("file://"))
    for path in folder.rglob("*"):
        if path.is_file() and path.name != "young.parquet":
            os.utime(path, (then, then))


def test_the_other_tables_are_maintained_too(lake: UpkeepLake) -> None:
    names = {plan.name for plan in plan_lake(lake.source.settings)}
    assert {RAW, SILVER, REJECTED, LABELS, BEST, LOADS} <= names
