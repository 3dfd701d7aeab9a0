"""Appends to a lake of its own: what a commit makes of the metadata and the list of manifests."""

from pathlib import Path

import pytest

from lake.errors import ConflictError
from lake.lake import Lake
from tests.unit.ingestion.appends import TABLE, ids, land, new_lake, plan, stored_table


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    """Return a lake in a folder of its own."""
    return new_lake(tmp_path)


def test_each_append_adds_to_those_before(lake: Lake) -> None:
    for number in range(6):  # the third and the fifth land a position only
        land(*plan(lake), [number] if number not in {2, 4} else [])
    table = stored_table(lake)
    assert ids(table) == [0, 1, 3, 5]
    assert len(table.snapshots()) == 6
    head = table.current_snapshot()
    assert head is not None
    assert head.summary is not None
    assert head.summary["total-records"] == "4"
    line = [head]
    while (parent := table.snapshot_by_id(line[-1].parent_snapshot_id or 0)) is not None:
        line.append(parent)
    assert len(line) == 6
    assert [snapshot.sequence_number for snapshot in line] == [6, 5, 4, 3, 2, 1]
    assert [len(list(table.scan(snapshot_id=s.snapshot_id).plan_files())) for s in line] == [
        4, 3, 3, 2, 2, 1,
    ]  # fmt: skip


def test_pyiceberg_goes_on_where_an_append_ended_and_the_other_way_round(lake: Lake) -> None:
    for number in range(3):
        land(*plan(lake), [number])
    table = lake.catalog.load_table(TABLE.identifier)
    table.append(table.scan().to_arrow().slice(0, 1))
    land(*plan(lake), [3])
    assert len(ids(stored_table(lake))) == 5


def test_of_two_that_are_planned_alike_one_lands_and_leaves_no_files(lake: Lake) -> None:
    land(*plan(lake), [0])
    first, second = plan(lake), plan(lake)
    land(*first, [1])
    folder = Path(stored_table(lake).location().removeprefix("file://"))
    before = sorted(folder.rglob("*.*"))
    with pytest.raises(ConflictError):
        land(*second, [2])
    assert sorted(folder.rglob("*.*")) == before
    assert ids(stored_table(lake)) == [0, 1]


def test_old_metadata_files_go(lake: Lake) -> None:
    land(*plan(lake), [0])
    with lake.catalog.load_table(TABLE.identifier).transaction() as transaction:
        transaction.set_properties({"write.metadata.previous-versions-max": "3"})
    for number in range(1, 8):
        land(*plan(lake), [number])
    folder = Path(stored_table(lake).location().removeprefix("file://")) / "metadata"
    kept = {entry.metadata_file for entry in stored_table(lake).metadata.metadata_log}
    assert len(kept) == 3
    found = {f"file://{path}" for path in folder.glob("*.metadata.json")}
    assert kept < found
    assert len(found) <= 6  # those from before the property was set are nobody's any more
