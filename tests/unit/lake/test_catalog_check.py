"""A catalog that is not the one of the warehouse's files is noticed, and only such a one."""

import shutil
import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pytest
from pyiceberg.table import Table

from lake.catalog_check import (
    Why,
    missed_tables,
    require_catalog,
    require_newest,
    unknown_folders,
)
from lake.catalogs.backups import backups
from lake.errors import DataLossError
from lake.lake import Lake
from tests.lake_files import path_of
from tests.unit.ingestion.appends import TABLE, ids, land, new_lake, plan, stored_table

NAME = TABLE.identifier
OTHER = ("silver", "others")


def _again(lake: Lake) -> Lake:
    """Return the lake as another process opens it."""
    return Lake(lake._environment)


def _catalog_file(lake: Lake) -> Path:
    return Path(lake.backend.label)


def _lose(lake: Lake) -> None:
    for file in _catalog_file(lake).parent.glob("catalog.*"):
        file.unlink()


def _touch(table: Table, number: int) -> None:
    """Make a commit."""
    with table.transaction() as transaction:
        transaction.set_properties(number=str(number))


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    """Return a lake of two tables with several commits, whose catalog was looked at."""
    made = new_lake(tmp_path)
    for number in range(3):
        land(*plan(made), [number])
    made.catalog.create_namespace("silver")
    table = made.catalog.create_table(OTHER, stored_table(made).schema())
    for number in range(3):
        _touch(table, number)
    require_catalog(made)
    return made


def _reasons(lake: Lake) -> dict[tuple[str, str], Why]:
    return {one.identifier: one.why for one in missed_tables(_again(lake))}


def _is_refused(lake: Lake) -> bool:
    try:
        require_catalog(_again(lake), [NAME])
    except DataLossError as error:
        return (error.exit_code, error.fix) == (3, "firn restore catalog")
    return False


def test_a_new_lake_and_a_whole_one_pass(tmp_path: Path) -> None:
    lake = new_lake(tmp_path)
    for number in range(5):
        require_catalog(lake, [NAME])
        land(*plan(lake), [number])
    require_catalog(lake, [NAME])
    assert ids(stored_table(lake)) == list(range(5))


def test_a_catalog_that_was_lost_is_refused(lake: Lake) -> None:
    """Fault lost-catalog: its file is gone, and an empty one would begin everything anew."""
    _lose(lake)
    assert _reasons(lake) == {NAME: Why.UNKNOWN, OTHER: Why.UNKNOWN}
    assert _is_refused(lake)
    assert not _catalog_file(lake).exists()


def test_one_in_which_a_table_was_begun_anew_is_refused(lake: Lake) -> None:
    _lose(lake)
    again = _again(lake)
    land(*plan(again), [7])  # without the check
    assert _reasons(lake) == {NAME: Why.ANEW, OTHER: Why.UNKNOWN}
    assert _is_refused(lake)


def test_a_catalog_that_was_emptied_is_refused(lake: Lake) -> None:
    with closing(sqlite3.connect(_catalog_file(lake))) as connection:
        connection.execute("delete from iceberg_tables")
        connection.commit()
    assert _reasons(lake) == {NAME: Why.UNKNOWN, OTHER: Why.UNKNOWN}
    assert _is_refused(lake)


@pytest.mark.parametrize("commits", [1, 2, 60])
def test_an_older_catalog_is_refused(lake: Lake, commits: int) -> None:
    """One commit ahead may be what a killed process left, two are none."""
    copy = _catalog_file(lake).with_name("copy.db")
    lake.backend.copy_to(copy)
    for number in range(commits):
        land(*plan(lake), [10 + number])
    _lose(lake)
    shutil.move(copy, _catalog_file(lake))
    assert _reasons(lake) == ({} if commits == 1 else {NAME: Why.OLDER})
    assert _is_refused(lake) == (commits > 1)


def test_who_only_reads_is_told_of_an_older_catalog_too(lake: Lake) -> None:
    """Fault lost-catalog: its figures are those of before; nothing is written to find that."""
    require_newest(_again(lake), [NAME])
    copy = _catalog_file(lake).with_name("copy.db")
    lake.backend.copy_to(copy)
    for number in range(2):
        land(*plan(lake), [10 + number])
    _lose(lake)
    shutil.move(copy, _catalog_file(lake))
    with pytest.raises(DataLossError, match=r"raw_app\.items \(older in the catalog\)"):
        require_newest(_again(lake), [NAME])


def test_a_table_that_is_newer_than_the_catalog_is_missed(lake: Lake) -> None:
    copy = _catalog_file(lake).with_name("copy.db")
    lake.backend.copy_to(copy)
    table = lake.catalog.create_table(("silver", "new"), stored_table(lake).schema())
    _touch(table, 1)
    _lose(lake)
    shutil.move(copy, _catalog_file(lake))
    assert _reasons(lake) == {("silver", "new"): Why.UNKNOWN}
    assert _is_refused(lake)


def test_a_table_that_was_dropped_is_not_missed(lake: Lake) -> None:
    lake.catalog.drop_table(OTHER)
    assert _reasons(lake) == {}
    assert set(unknown_folders(lake)) == {"silver.others"}
    table = lake.catalog.create_table(OTHER, stored_table(lake).schema())  # and made again
    assert _reasons(lake) == {}
    for number in range(6):
        _touch(table, number)
        assert _reasons(lake) == {}
    assert not _is_refused(lake)
    assert unknown_folders(lake) == {}


def test_a_table_that_was_renamed_is_not_missed(lake: Lake) -> None:
    lake.catalog.rename_table(OTHER, ("silver", "renamed"))
    assert _reasons(lake) == {}
    assert unknown_folders(lake) == {}


def test_what_was_dropped_before_drops_were_logged_is_not_missed(tmp_path: Path) -> None:
    lake = new_lake(tmp_path)
    for number in range(3):
        land(*plan(lake), [number])
    lake.catalog.drop_table(NAME)
    land(*plan(lake), [7])
    lake.catalog.create_namespace("silver")
    _touch(lake.catalog.create_table(OTHER, stored_table(lake).schema()), 1)
    lake.catalog.drop_table(OTHER)
    assert _reasons(lake) == {NAME: Why.ANEW, OTHER: Why.UNKNOWN}
    require_newest(lake, [NAME])
    assert backups(lake.home) == []
    require_catalog(lake, [])
    assert _reasons(lake) == {}
    assert len(backups(lake.home)) == 1


def test_what_killed_processes_leave_is_not_missed(lake: Lake) -> None:
    """A commit, and the making of a table, that were written and that no catalog took."""
    stored = lake.stored(NAME)
    assert stored is not None
    named = path_of(stored.location)
    land(*plan(lake), [8])
    newer = lake.stored(NAME)
    assert newer is not None
    name = path_of(newer.location).name.replace(newer.location[-50:-14], "0" * 36)
    shutil.copy(path_of(newer.location), named.with_name(name))
    land(*plan(lake), [9])
    made = path_of(lake.warehouse) / "raw_app" / "young" / "metadata"
    made.mkdir(parents=True)
    shutil.copy(named, made / "00000-1d4f.metadata.json")
    assert _reasons(lake) == {}
    assert not _is_refused(lake)
    assert set(unknown_folders(lake)) == {"raw_app.young"}


def test_a_catalog_that_logs_no_drops_is_not_compared(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Such as a REST catalog, which says itself where tables lie."""
    with closing(sqlite3.connect(_catalog_file(lake))) as connection:
        connection.execute("delete from iceberg_tables")
        connection.commit()
    assert _is_refused(lake)
    monkeypatch.setattr(type(lake.backend), "has_drop_log", False)
    again = _again(lake)
    require_catalog(again, [NAME])
    require_newest(again, [NAME])
    assert unknown_folders(again) == {}


def test_a_young_and_damaged_file_is_no_reason(lake: Lake) -> None:
    stored = lake.stored(NAME)
    assert stored is not None
    path_of(stored.location).with_name("00099-1d4f.metadata.json").write_text("{")
    assert _reasons(lake) == {}


def test_a_large_lake_costs_little(lake: Lake) -> None:
    """Sixty tables' folders are looked at, and those of the load are listed."""
    schema = stored_table(lake).schema()
    for number in range(60):
        lake.catalog.create_table(("silver", f"t{number}"), schema)
    require_catalog(lake, [NAME])
    seconds = []
    for _ in range(5):
        started = time.perf_counter()
        require_catalog(lake, [NAME, OTHER])
        seconds.append(time.perf_counter() - started)
    assert min(seconds) < 0.05
