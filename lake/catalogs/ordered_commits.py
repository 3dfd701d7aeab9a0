"""Commits that never go back in time, as the clock may: metadata before + after -> stamps in order.

pyiceberg stamps a commit with the clock, and Java refuses a table whose log is not in order.
"""

from __future__ import annotations

from typing import TypeVar

from pyiceberg.table.metadata import TableMetadata
from pyiceberg.table.snapshots import Snapshot, SnapshotLogEntry
from pyiceberg.table.update import AddSnapshotUpdate, TableUpdate

Stamped = TypeVar("Stamped", Snapshot, SnapshotLogEntry)


def not_before(before: TableMetadata, after: TableMetadata) -> TableMetadata:
    """Return what shall be committed; nothing new in it is older than what was there before."""
    at = newest_entry(before)
    snapshots = {snapshot.snapshot_id for snapshot in before.snapshots}
    entries = {(entry.snapshot_id, entry.timestamp_ms) for entry in before.snapshot_log}
    changes = {
        "last_updated_ms": max(after.last_updated_ms, at),
        "snapshots": [
            one if one.snapshot_id in snapshots else _not_before(one, at) for one in after.snapshots
        ],
        "snapshot_log": [
            one if (one.snapshot_id, one.timestamp_ms) in entries else _not_before(one, at)
            for one in after.snapshot_log
        ],
    }
    return after.model_copy(update=changes)


def updates_not_before(
    before: TableMetadata, updates: tuple[TableUpdate, ...]
) -> tuple[TableUpdate, ...]:
    """Return the updates for a catalog that applies them itself, none adding an older snapshot."""
    at = newest_entry(before)
    return tuple(
        one.model_copy(update={"snapshot": _not_before(one.snapshot, at)})
        if isinstance(one, AddSnapshotUpdate)
        else one
        for one in updates
    )


def newest_entry(metadata: TableMetadata) -> int:
    """Return when something happened last, in milliseconds."""
    return max(metadata.last_updated_ms, *(e.timestamp_ms for e in metadata.snapshot_log[-1:]), 0)


def _not_before(one: Stamped, at: int) -> Stamped:
    return one if one.timestamp_ms >= at else one.model_copy(update={"timestamp_ms": at})
