"""What streams still need: the positions in models' own commits -> snapshots not to be expired.

A model that streams says in the snapshot that consumed rows how far it has read each upstream
table: `firn.positions.<schema>.<model>`, written by macros/streams/spark__in_commit.sql and
read by lake/stream_offsets.py. The upstream must keep that snapshot and all after it, and
the model the commit that says so.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from lake.stream_offsets import PROPERTY

if TYPE_CHECKING:
    from pyiceberg.table import Table
    from pyiceberg.table.snapshots import Snapshot


@dataclass(frozen=True)
class Position:
    """How far `consumer` has read a table: its snapshot, and when the consumer said so.

    Of the commit that carries the positions itself the consumer is the table that holds it.
    """

    consumer: str
    snapshot_id: int
    since: datetime


def positions(tables: Sequence["Table"]) -> Mapping[str, list[Position]]:
    """Return by table (gold.sales_daily) the positions in it that must be kept."""
    found: dict[str, list[Position]] = {}
    for table in tables:
        name = ".".join(table.name())
        newest = _newest_with_positions(table, PROPERTY + name)
        if newest is None:
            continue
        snapshot, streams = newest
        since = committed_at(snapshot)
        found.setdefault(name, []).append(Position(name, snapshot.snapshot_id, since))
        for upstream, consumed in streams.items():
            position = Position(name, int(consumed["snapshot"]), since)
            found.setdefault(upstream, []).append(position)
    return found


def ancestors(table: "Table", newest: "Snapshot | None") -> Iterator["Snapshot"]:
    """Yield a snapshot and all before it, as far as they are still there."""
    snapshot = newest
    while snapshot is not None:
        yield snapshot
        parent = snapshot.parent_snapshot_id
        snapshot = table.snapshot_by_id(parent) if parent is not None else None


def committed_at(snapshot: "Snapshot") -> datetime:
    """Return when a snapshot was committed."""
    return datetime.fromtimestamp(snapshot.timestamp_ms / 1000, UTC)


def _newest_with_positions(
    table: "Table", name: str
) -> "tuple[Snapshot, dict[str, dict[str, str]]] | None":
    for snapshot in ancestors(table, table.current_snapshot()):
        text = snapshot.summary.additional_properties.get(name) if snapshot.summary else None
        if text:
            return snapshot, json.loads(text).get("streams", {})
    return None
