"""The whole chain with a catalog behind a server: what SQLite can do, by another target alone."""

import time
from collections.abc import Mapping
from pathlib import Path
from typing import cast

import psycopg
import pytest

from lake.errors import EnvironmentFault
from lake.lake import Lake
from operations.maintenance.run import maintain_lake
from operations.monitoring.tables import table_states
from operations.preflight.create import create_tables
from operations.preflight.restore import forget_table, restore_table
from operations.preflight.verify import verify_tables
from operations.publication.book import read_state
from operations.publication.rollback import roll_back
from operations.runtime.environment import dbt_environment
from tests.integration.catalogs.conftest import POSTGRES, SharedLakehouse
from tests.integration.upkeep.upkeep_lake import BEST, LABELS, RAW, SILVER, TABLES, UpkeepLake
from tests.lake_files import path_of
from tests.warm_dbt import DbtFailedError

pytestmark = [pytest.mark.spark, pytest.mark.postgres]

CHANGES = "ops.schema_changes"
LOADING = """
from ingestion.api import ingest
from lake.errors import ConflictError

first = ConflictError.__init__

def told(self, *arguments):
    first(self, *arguments)
    if type(self) is ConflictError:  # what is planned again, not what tells of it
        print("conflict", flush=True)

ConflictError.__init__ = told
[result] = ingest([])
print("rows", result.rows_landed, flush=True)
"""


def _fixes(lake: UpkeepLake) -> dict[str, list[str]]:
    """Return what `firn verify` says, for the tables that are not as declared."""
    verified = verify_tables(lake.source.settings, (), lambda arguments: lake.build(*arguments))
    return {
        one.table.name: [difference.fix for difference in one.differences]
        for one in verified
        if one.differences
    }


def _sql(lake: UpkeepLake, statement: str) -> None:
    lake.build("run-operation", "run_query", "--args", f'{{sql: "{statement}"}}')


def test_what_is_landed_and_built_is_in_that_catalog_alone(lake: UpkeepLake, target: str) -> None:
    backend = Lake(lake.source.settings).backend
    begins = "postgresql://127.0.0.1:" if target == POSTGRES else "http://127.0.0.1:"
    assert backend.label.startswith(begins)
    assert {".".join(name) for name in backend.pointers()} >= set(TABLES)
    assert not list(lake.source.home.rglob("*.db"))
    assert {f"{state.namespace}.{state.name}" for state in table_states(lake.source.settings)} >= {
        *TABLES
    }


def test_the_second_build_reads_what_changed(lake: UpkeepLake) -> None:
    lake.change("item_id = 150", amount="200")
    lake.take_in()
    lake.assert_right()
    assert lake.modes("silver/app__items") == {"incremental"}
    assert lake.modes("gold/labels") == {"incremental"}
    before = lake.table(SILVER).metadata_location
    lake.build()
    assert lake.modes("gold/labels") == {"unchanged"}
    assert lake.table(SILVER).metadata_location == before


def test_dbts_own_option_chooses_the_target_too(lake: UpkeepLake, target: str) -> None:
    """Streams look where this run's Spark looks: of an empty lake they would read everything."""
    environment = dbt_environment(lake.source.settings)
    del environment["DBT_TARGET"]
    lake.dbt.run(("run", "--target", target), environment)
    assert lake.modes("silver/app__items") == {"unchanged"}


def test_a_missing_table_is_created_and_nothing_else_touched(lake: UpkeepLake) -> None:
    lake.catalog.drop_table(BEST)
    before = lake.table(LABELS).metadata_location
    settings = lake.source.settings
    made = create_tables(settings, [BEST], lambda arguments: lake.build(*arguments)).made
    assert [table.name for table in made] == [BEST]
    assert lake.rows(BEST) == []
    assert lake.table(LABELS).metadata_location == before
    lake.build()
    lake.assert_right()


def test_a_planted_difference_is_found_and_what_is_additive_fixed(lake: UpkeepLake) -> None:
    create_tables(lake.source.settings, (), lambda arguments: lake.build(*arguments))
    assert _fixes(lake) == {}
    _sql(lake, f"alter table {LABELS} drop column items_count")
    _sql(lake, f"alter table {LABELS} add column items_count int")
    [fix] = _fixes(lake)[LABELS]
    assert fix.startswith(f"alter table {LABELS} alter column items_count type bigint")
    lake.build()
    [change] = [row for row in lake.rows(CHANGES) if row["table_name"] == LABELS]
    assert (change["part"], change["verdict"]) == ("items_count", "fixed now")
    assert _fixes(lake) == {}
    lake.build("run", "--full-refresh", "--select", "labels", "best_labels")
    lake.assert_right()


def test_maintained_files_are_few_and_streams_go_on(lake: UpkeepLake) -> None:
    for number in range(3):
        lake.change(f"item_id = {170 + number}", amount="400")
        lake.source.ingest()
    before, held = lake.size(RAW), _snapshots(lake, SILVER)
    maintained = maintain_lake(
        lake.source.settings, [RAW, SILVER, LABELS], lambda *_: None, apply=True
    )
    after = lake.size(RAW)
    assert before.data_files > 2
    assert (after.data_files, after.delete_files) == (1, 0)
    assert held - _snapshots(lake, SILVER)
    assert lake.size(SILVER).data_files == 1
    assert maintained.failures == ()
    assert RAW in [work.name for work in maintained.done]
    lake.change("item_id = 160", amount="333")
    lake.take_in()
    lake.assert_right()
    assert lake.modes("silver/app__items") == {"incremental"}


def _snapshots(lake: UpkeepLake, name: str) -> set[int]:
    return {snapshot.snapshot_id for snapshot in lake.table(name).metadata.snapshots}


def test_a_table_without_its_newest_metadata_file_is_mended(lake: UpkeepLake, target: str) -> None:
    """A REST catalog does not tell where the commit before is: the table begins anew."""
    settings = lake.source.settings
    file = path_of(lake.table(SILVER).metadata_location)
    file.unlink()
    with pytest.raises(DbtFailedError) as refused:
        lake.build("build")
    assert "metadata file gone" in str(refused.value)
    assert str(file) in str(refused.value)
    if target == POSTGRES:
        assert _fixes(lake) == {SILVER: [f"firn restore {SILVER}"]}
        restored = restore_table(settings, SILVER)
        assert restored == f"{SILVER} is back at {lake.table(SILVER).metadata_location}"
    else:
        [[fix]] = _fixes(lake).values()
        assert f"firn restore {SILVER} --forget" in fix
        with pytest.raises(EnvironmentFault, match="no commit before can be read"):
            restore_table(settings, SILVER)
        forget_table(settings, SILVER)
    lake.build("build")
    lake.assert_right()
    assert _fixes(lake) == {}


def test_of_two_loads_planned_from_the_same_progress_one_lands(lake: UpkeepLake) -> None:
    """Two machines share the catalog, so no lock keeps their loads apart."""
    source = cast("SharedLakehouse", lake.source)
    lake.add(1001, 1005, "both")
    with source.transaction() as connection:
        connection.execute("lock table items in access exclusive mode")
        loads = [source.start_python(LOADING), source.second().start_python(LOADING)]
        _wait_for_readers(source, 2)
    said = []
    for load in loads:
        out, wrong = load.communicate(timeout=60)
        assert load.returncode == 0, wrong
        said.append(out.splitlines())
    assert sorted(said) == [["conflict", "rows 0"], ["rows 5"]]
    numbers = [row["item_id"] for row in lake.rows(RAW) if row["label"] == "both"]
    assert sorted(numbers) == [1001, 1002, 1003, 1004, 1005]
    lake.build()
    lake.assert_right()


def _wait_for_readers(source: SharedLakehouse, number: int) -> None:
    """Return when so many sessions wait for the table of items."""
    query = "select count(distinct pid) from pg_locks where not granted"
    deadline = time.monotonic() + 60
    with psycopg.connect(source.owner_url, autocommit=True) as connection:
        while time.monotonic() < deadline:
            waiting = connection.execute(query).fetchone()
            if waiting is not None and waiting[0] >= number:
                return
            time.sleep(0.05)
    raise AssertionError("the loads did not begin")


def test_what_was_published_before_comes_back_whole(lake: UpkeepLake) -> None:
    """Gold of two tables, moved at once: forth by a run, back by a rollback."""
    before = {name: lake.rows(name) for name in (LABELS, BEST)}
    published = read_state(Lake(lake.source.settings)).publication_id
    lake.add(2001, 2004, "newest", amount="77")
    lake.take_in()
    lake.assert_right()
    after = {name: lake.rows(name) for name in (LABELS, BEST)}
    assert all(before[name] != after[name] for name in before)
    rolled = roll_back(Lake(lake.source.settings), published)
    assert set(rolled.moved) == {LABELS, BEST}
    assert {name: lake.rows(name) for name in before} == before
    lake.build()
    lake.assert_right()


def test_no_file_of_the_lake_or_log_holds_the_password(
    lake: UpkeepLake, variables: Mapping[str, str]
) -> None:
    [secret] = [value for name, value in variables.items() if name.startswith("DBT_ENV_SECRET_")]
    secret = secret.rpartition(":")[2]
    assert len(secret) > 8
    folders = [lake.source.home / name for name in ("logs", "target", "lake")]
    files = [path for folder in folders for path in folder.rglob("*") if path.is_file()]
    assert any(Path(path).name == "dbt.log" for path in files)
    for path in files:
        assert secret.encode() not in path.read_bytes(), path
