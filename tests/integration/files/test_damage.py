"""Files of the lake that are gone or cut: named by table, snapshot and file, and gone back before.

Fault damaged-table. The other tables land, and are maintained.
"""

import os
import re
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from ingestion.api import ingest
from ingestion.results import Event, LoadResult, Outcome
from ingestion.sources import load_sources
from lake.catalog_check import require_catalog
from lake.errors import FirnError
from lake.lake import Lake
from operations.maintenance.run import plan_tables
from operations.monitoring.status.raw import read_stored
from operations.preflight.found import FoundTable, Unreadable, read_tables
from operations.preflight.gate import MOST_DATA_FILES
from operations.preflight.restore import restore_table
from tests.integration.files.drop import SOURCE, Drop, table
from tests.lake_files import path_of

ITEMS, OTHERS = (f"raw_{SOURCE}", "items"), (f"raw_{SOURCE}", "others")
LOADS = 4
KINDS = ("metadata", "manifest_list", "manifest", "first_data", "last_data")


def cut(file: Path) -> None:
    os.truncate(file, file.stat().st_size // 2)


@pytest.fixture
def loaded(drop: Drop) -> Drop:
    """Return two tables after some loads, and a file more for each."""
    drop.declare(table("items", {"id": "int"}), table("others", {"id": "int"}))
    for number in range(LOADS):
        put(drop, number)
        drop.ingest()
    put(drop, LOADS)
    return drop


def put(drop: Drop, number: int) -> None:
    for name in ("items", "others"):
        drop.put(f"{name}/{number}.jsonl", f'{{"id": {number}}}\n')


def file_of(drop: Drop, kind: str) -> Path:
    """Return a file of a kind that the newest snapshot needs; a first one is of the first load."""
    found = Lake(drop.settings).table(ITEMS)
    assert found is not None
    snapshot = found.current_snapshot()
    assert snapshot is not None
    manifests = sorted(snapshot.manifests(found.io), key=lambda one: one.sequence_number)
    data = [
        entry.data_file.file_path
        for manifest in manifests
        for entry in manifest.fetch_manifest_entry(found.io)
    ]
    files = {
        "metadata": found.metadata_location,
        "manifest_list": snapshot.manifest_list,
        "manifest": manifests[0].manifest_path,
        "first_data": data[0],
        "last_data": data[-1],
    }
    return path_of(files[kind])


@pytest.mark.parametrize("harm", [cut, Path.unlink], ids=["cut", "gone"])
@pytest.mark.parametrize("kind", KINDS)
def test_it_is_named_and_the_table_comes_back_whole(
    loaded: Drop, kind: str, harm: Callable[[Path], None]
) -> None:
    file = file_of(loaded, kind)
    harm(file)
    lake = Lake(loaded.settings)
    (source,) = load_sources(loaded.folder)
    faults = [_fault_of_load(loaded), read_stored(lake, source.tables[0]).fault]
    plans, [unplanned] = plan_tables(loaded.settings)
    assert "raw_drop.others" in {plan.name for plan in plans}
    assert [fault is None for fault in faults] == [kind == "first_data", kind.endswith("_data")]
    for fault in (unplanned, *filter(None, faults)):
        assert "table raw_drop.items: " in fault.message
        assert "firn restore raw_drop.items" in fault.fix
        if kind != "metadata":
            assert file.name in fault.message
            assert re.search(r"; snapshot \d+ needs it", fault.message)
    for most in (None, MOST_DATA_FILES):
        found = read_tables(lake, [ITEMS, OTHERS], most_data_files=most)
        damaged, whole = found[ITEMS], found[OTHERS]
        assert isinstance(damaged, Unreadable | FoundTable)
        assert isinstance(damaged, Unreadable) == (kind == "metadata")
        assert isinstance(whole, FoundTable)
        assert (damaged.previous is None, whole.fault) == (False, None)
        if isinstance(damaged, FoundTable):
            assert damaged.fault
            assert path_of(damaged.fault.file) == file
    restore_table(loaded.settings, "raw_drop.items")
    require_catalog(Lake(loaded.settings))
    loaded.ingest()
    for name in ("items", "others"):
        assert sorted(row["id"] for row in loaded.rows(name)) == list(range(LOADS + 1))


def _fault_of_load(loaded: Drop) -> FirnError | None:
    """Load both tables, of which the other one lands, and return the fault of the damaged one."""
    results: list[Event] = []
    with suppress(FirnError):
        ingest([], None, loaded.settings, results.append)
    damaged, other = (event for event in results if isinstance(event, LoadResult))
    assert (other.label, other.outcome) == ("drop.others", Outcome.LANDED)
    return damaged.error


def test_of_a_large_table_the_newest_commit_is_looked_at(loaded: Drop) -> None:
    file_of(loaded, "first_data").unlink()
    lake = Lake(loaded.settings)
    for most, is_seen in ((LOADS - 1, False), (LOADS, True), (None, True)):
        found = read_tables(lake, [ITEMS], most_data_files=most)[ITEMS]
        assert isinstance(found, FoundTable)
        assert (found.fault is not None) == is_seen
