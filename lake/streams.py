"""What waits in streams: metadata files of readers and upstreams -> a Stream for each pair.

Nothing but metadata is read, and of each table one file. What a model would read because it was
edited is not known here: only dbt knows its definition.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from lake.lake import Identifier, Lake, identifier_of
from lake.snapshots import (
    APPEND,
    DELETE,
    FullRead,
    Metadata,
    Offset,
    Snapshot,
    changes_rows,
    history_in,
    rows_in,
)
from lake.stream_offsets import offsets_in


@dataclass(frozen=True)
class Stream:
    """What `consumer`, a table, has not read yet of `source`, another one.

    `snapshot` is the newest one that was read, committed at `read_to` (None when it is gone). Of
    the `waiting` rows the oldest came at `oldest_at`. Not `is_exact`: rows were replaced, and what
    was written and what was taken away overlap. `full_read` says why every row waits.
    """

    source: str
    consumer: str
    snapshot: str | None = None
    read_to: datetime | None = None
    waiting: int = 0
    is_exact: bool = True
    oldest_at: datetime | None = None
    full_read: FullRead | None = None
    has_data: bool = False

    @property
    def is_stale(self) -> bool:
        """Whether it was read before, and cannot go on from there."""
        return self.full_read not in {None, FullRead.UNREAD}


def has_data(lake: Lake, consumer: Identifier) -> bool:
    """Whether a run of a model that reads streams would find rows.

    A compaction is no data, nor is what is deleted from a raw table. A model that was never run,
    or whose commits name no stream, has data. Raises EnvironmentFault when the catalog or a
    metadata file cannot be read.
    """
    offsets = offsets_in(lake.metadata(consumer) or {}, consumer)
    sources = sources_of(offsets)
    if not sources:
        return True
    return any(
        stream_of(source, consumer, lake.metadata(source) or {}, offsets).has_data
        for source in sources
    )


def sources_of(offsets: dict[str, Any]) -> list[Identifier]:
    """Return the tables that a model's commit says it reads by streams."""
    return [
        identifier_of(name) for name in (*offsets.get("streams", ()), *offsets.get("empty", ()))
    ]


def stream_of(
    source: Identifier, consumer: Identifier, metadata: Metadata, offsets: dict[str, Any]
) -> Stream:
    """Return what waits in `source`, by its metadata file, for a model with these offsets."""
    name = ".".join(source)
    offset = Offset.of(offsets.get("streams", {}).get(name))
    history = history_in(metadata, source, offset)
    new = [s for s in history.since if changes_rows(source, s) and _changed(s) != 0]
    if history.full_read is None:
        waiting = sum(_changed(snapshot) or 0 for snapshot in new)
    else:
        waiting = rows_in(history.since[0]) if history.since else 0
    is_stale = history.full_read not in {None, FullRead.UNREAD}
    return Stream(
        source=name,
        consumer=".".join(consumer),
        snapshot=offset.snapshot if offset else None,
        read_to=_committed_at(metadata, offset.snapshot) if offset else None,
        waiting=waiting,
        is_exact=history.full_read is not None or all(map(_is_exact, new)),
        oldest_at=_time(new[-1]) if new else None,
        full_read=history.full_read,
        has_data=bool(new) or is_stale,
    )


def streams_in(
    documents: Iterable[tuple[Identifier, Metadata]],
) -> Iterator[Stream]:
    """Yield the streams of all tables, given each table's metadata file."""
    known = dict(documents)
    for consumer, metadata in sorted(known.items()):
        offsets = offsets_in(metadata, consumer)
        for source in sources_of(offsets):
            yield stream_of(source, consumer, known.get(source, {}), offsets)


def _changed(snapshot: Snapshot) -> int | None:
    """Return about how many rows a snapshot changed; None where its writer does not count."""
    summary = snapshot["summary"]
    if "total-records" not in summary:
        return None
    added = _count(summary, "added-records")
    taken = _count(summary, "deleted-records") + _net(summary, "position-deletes")
    return max(added, taken + _net(summary, "equality-deletes"))


def _is_exact(snapshot: Snapshot) -> bool:
    return snapshot["summary"]["operation"] in {APPEND, DELETE} and _changed(snapshot) is not None


def _net(summary: Metadata, kind: str) -> int:
    """Return how many rows delete files take away more than before; a newer file says them all."""
    return _count(summary, f"added-{kind}") - _count(summary, f"removed-{kind}")


def _count(summary: Metadata, name: str) -> int:
    return int(summary.get(name, 0))


def _committed_at(metadata: Metadata, snapshot_id: str) -> datetime | None:
    found = (s for s in metadata.get("snapshots", ()) if str(s["snapshot-id"]) == snapshot_id)
    return next(map(_time, found), None)


def _time(snapshot: Snapshot) -> datetime:
    return datetime.fromtimestamp(snapshot["timestamp-ms"] / 1000, UTC)
