"""Snapshots that expire while a table is loaded: which ones stay, and that no row is lost."""

import json
from datetime import timedelta
from pathlib import Path

import pytest

from lake.expiry import Kept, expire_snapshots, expired
from lake.lake import Lake
from tests.unit.ingestion.appends import TABLE, ids, land, new_lake, plan, stored_table

NEWEST_THREE = Kept(younger_than=timedelta(0), newest=3)


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    """Return a lake with a table of eight loads."""
    made = new_lake(tmp_path)
    for number in range(8):
        land(*plan(made), [number])
    return made


def _lists(lake: Lake) -> int:
    folder = Path(stored_table(lake).location().removeprefix("file://")) / "metadata"
    return len(list(folder.glob("snap-*.avro")))


def test_old_ones_go_and_all_rows_stay(lake: Lake) -> None:
    assert _lists(lake) == 8
    assert expire_snapshots(lake, TABLE.identifier, NEWEST_THREE) == 5
    assert _lists(lake) == 3
    land(*plan(lake), [8])
    table = stored_table(lake)
    assert ids(table) == list(range(9))
    assert len(table.snapshots()) == 4
    assert len(table.history()) == 4


def test_young_ones_stay(lake: Lake) -> None:
    assert expire_snapshots(lake, TABLE.identifier, Kept(timedelta(hours=1), newest=1)) == 0


def test_what_a_stream_has_read_up_to_stays_with_all_after_it(lake: Lake) -> None:
    stored = lake.stored(TABLE.identifier)
    assert stored is not None
    order = [snapshot["snapshot-id"] for snapshot in stored.document["snapshots"]]
    assert expired(stored.document, NEWEST_THREE, set()) == set(order[:5])
    assert expired(stored.document, NEWEST_THREE, {order[2]}) == set(order[:2])
    assert expired(stored.document, NEWEST_THREE, {order[7]}) == set(order[:5])


def test_of_a_table_with_tags_none_goes(lake: Lake) -> None:
    table = stored_table(lake)
    table.manage_snapshots().create_tag(table.snapshots()[0].snapshot_id, "audited").commit()
    assert expire_snapshots(lake, TABLE.identifier, NEWEST_THREE) == 0


def test_the_positions_of_streams_are_found(lake: Lake) -> None:
    head = stored_table(lake).snapshots()[4].snapshot_id
    consumed = json.dumps({"streams": {"raw_app.items": {"snapshot": str(head), "sequence": 5}}})
    table = lake.catalog.create_table(("raw_app", "reader"), stored_table(lake).schema())
    table.append(
        stored_table(lake).scan().to_arrow(),
        snapshot_properties={"firn.positions.raw_app.reader": consumed},
    )
    assert expire_snapshots(lake, TABLE.identifier, NEWEST_THREE) == 4
    assert stored_table(lake).snapshot_by_id(head) is not None
