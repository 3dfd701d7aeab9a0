"""The clock is set back and forth between commits of every kind: no log of a table goes back."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import time_machine
from pyiceberg.table.update import AddSnapshotUpdate

from lake.branches import MAIN
from lake.catalogs.ordered_commits import updates_not_before
from lake.empty_commit import commit_nothing
from lake.expiry import Kept, expire_snapshots
from lake.lake import Lake
from lake.metadata_commit import commit_together
from operations.publication.book import IDENTIFIER as BOOK
from operations.publication.book import Book
from operations.publication.branches import commit_refs, write_main
from tests.unit.ingestion.appends import TABLE, ids, land, new_lake, plan, stored_table

JUMPS = (timedelta(minutes=5), timedelta(days=1), timedelta(days=365))
Commit = Callable[[Lake], object]


def _load(lake: Lake) -> None:
    land(*plan(lake), [0])


def _append_by_pyiceberg(lake: Lake) -> None:
    table = lake.catalog.load_table(TABLE.identifier)
    table.append(table.scan().to_arrow().slice(0, 1))


def _set_properties(lake: Lake) -> None:
    with lake.catalog.load_table(TABLE.identifier).transaction() as transaction:
        transaction.set_properties({"set-at": str(datetime.now(UTC))})


def _commit_nothing(lake: Lake) -> None:
    commit_nothing(lake, TABLE.identifier, {"operation": "append"})


def _expire(lake: Lake) -> None:
    _load(lake)
    expire_snapshots(lake, TABLE.identifier, Kept(timedelta(0), newest=1))


def _roll_back_by_pyiceberg(lake: Lake) -> None:
    _load(lake)
    table = lake.catalog.load_table(TABLE.identifier)
    table.manage_snapshots().rollback_to_snapshot(table.snapshots()[0].snapshot_id).commit()


def _commit_refs(lake: Lake) -> None:
    stored = lake.stored(TABLE.identifier)
    assert stored is not None
    head = {"type": "branch", "snapshot-id": stored.snapshot_id}
    commit_refs(lake, TABLE.identifier, stored, {**stored.document["refs"], "of_a_run": head})


def _publish(lake: Lake) -> None:
    stored = lake.stored(TABLE.identifier)
    assert stored is not None
    refs = {MAIN: stored.document["refs"][MAIN]}
    moved = stored.snapshot_id, 1
    commit_together(
        lake,
        [
            write_main(lake, TABLE.identifier, stored, refs, moved),
            Book(lake).write(None, held=f"at {datetime.now(UTC)}"),
        ],
    )


COMMITS: tuple[Commit, ...] = (
    _load,
    _commit_nothing,
    _expire,
    _append_by_pyiceberg,
    _set_properties,
    _commit_refs,
    _publish,
    _roll_back_by_pyiceberg,
)


@pytest.mark.parametrize("commit", COMMITS)
def test_no_commit_is_before_the_last_one(tmp_path: Path, commit: Commit) -> None:
    lake, now = new_lake(tmp_path), datetime.now(UTC)
    for _ in range(4):
        _load(lake)
    Book(lake)
    for clock in (now + jump for size in JUMPS for jump in (size, 0 * size, -size)):
        with time_machine.travel(clock):
            commit(lake)
            _require_order(lake, TABLE.identifier)
            _require_order(lake, BOOK)


def test_rows_of_all_loads_are_there(tmp_path: Path) -> None:
    lake, now = new_lake(tmp_path), datetime.now(UTC)
    for number, jump in enumerate((*JUMPS, *(-jump for jump in JUMPS))):
        with time_machine.travel(now + jump):
            land(*plan(lake), [number])
    assert ids(stored_table(lake)) == list(range(6))


def _require_order(lake: Lake, identifier: tuple[str, str]) -> None:
    stored = lake.stored(identifier)
    assert stored is not None
    document = stored.document
    for name in ("snapshots", "snapshot-log", "metadata-log"):
        times = [entry["timestamp-ms"] for entry in document.get(name, ())]
        assert times == sorted(times), name
        assert all(at <= document["last-updated-ms"] for at in times), name


def test_what_a_catalog_applies_itself_adds_no_older_snapshot(tmp_path: Path) -> None:
    lake = new_lake(tmp_path)
    with time_machine.travel(datetime.now(UTC) + timedelta(days=1)):
        _load(lake)
    table = stored_table(lake)
    transaction = table.transaction()
    transaction.append(table.scan().to_arrow())
    transaction.set_properties({"a": "b"})
    updates = updates_not_before(table.metadata, transaction._updates)
    (added,) = (one for one in updates if isinstance(one, AddSnapshotUpdate))
    assert added.snapshot.timestamp_ms == table.metadata.last_updated_ms
    assert len(updates) == len(transaction._updates)
