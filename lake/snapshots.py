"""How a table came to its newest snapshot, as its metadata file says -> what streams go by.

The macros of `macros/streams` ask for it by way of `dbt_firn`: a look into one JSON file, where
Spark would plan a query of its own for each answer.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from lake.lake import Identifier, Lake
from lake.removed_rows import PROPERTY as REMOVAL
from lake.removed_rows import Removed

APPEND, OVERWRITE, DELETE, COMPACTION = "append", "overwrite", "delete", "replace"
ROW_LINEAGE_FORMAT = 3  # since which Iceberg says of each row when it was changed last
RAW = "raw_"
Metadata = Mapping[str, Any]
Snapshot = Mapping[str, Any]


class FullRead(StrEnum):
    """Why a stream gives every row of a table and not what is new in it."""

    UNREAD = "it was not read before, or the model is rebuilt"
    EXPIRED = "the snapshot read last is expired"
    UNDONE = "it was rolled back or replaced, and rows that were read are not in it any more"
    OVERWRITTEN = "rows of it were replaced, and it does not say which"


@dataclass(frozen=True)
class Offset:
    """How far a stream has read a table: a snapshot's id and its sequence number."""

    snapshot: str
    sequence: int = 0

    @classmethod
    def of(cls, offset: Mapping[str, Any] | None) -> "Offset | None":
        """Return what a model's commit says of one upstream; None where it says nothing."""
        if not offset or not offset.get("snapshot"):
            return None
        return cls(str(offset["snapshot"]), int(offset.get("sequence") or 0))


@dataclass(frozen=True)
class SnapshotHistory:
    """A table's newest snapshot, and how it came about since another, the position of a stream.

    `head` and `sequence` are the newest snapshot's id and sequence number, None and 0 where there
    is none. `full_read` says why the position is of no use, None where it is. `is_replaced`:
    whether a commit since replaced or deleted rows that a stream has to hear of. `since` are the
    snapshots after the position, newest first; all that are there when it is of no use. Rows may
    have left the table because every reader has them: `removed_sequence` is up to which sequence
    number they were added, 0 where none has left, and `removed_until` when they were landed at the
    latest.
    """

    head: str | None = None
    sequence: int = 0
    full_read: FullRead | None = FullRead.UNREAD
    is_replaced: bool = False
    since: Sequence[Snapshot] = ()
    removed_sequence: int = 0
    removed_until: str = ""

    @property
    def is_undone(self) -> bool:
        """Whether rows that were read are not in the table any more."""
        return self.full_read is FullRead.UNDONE


def snapshot_history(lake: Lake, table: Identifier, offset: Offset | None) -> SnapshotHistory:
    """Return how `table` came to its head since `offset`; a table that is not there has none.

    Raises EnvironmentFault when the catalog or the metadata file cannot be read.
    """
    return history_in(lake.metadata(table) or {}, table, offset)


def history_in(metadata: Metadata, table: Identifier, offset: Offset | None) -> SnapshotHistory:
    """Return how a table came to its head since `offset`, by what its metadata file says."""
    line = tuple(line_of(metadata))
    ids = [str(snapshot["snapshot-id"]) for snapshot in line]
    is_known = offset is not None and offset.snapshot in ids
    since = line[: ids.index(offset.snapshot)] if offset and is_known else line
    is_replaced = any(_replaces(table, snapshot) for snapshot in since)
    full_read = None
    if offset is None:
        full_read = FullRead.UNREAD
    elif not is_known:
        full_read = FullRead.UNDONE if _is_passed(metadata, line, offset) else FullRead.EXPIRED
    elif is_replaced and not _has_row_lineage(metadata, table):
        full_read = FullRead.OVERWRITTEN
    head = ids[0] if ids else None
    removed = Removed.of(metadata.get("properties", {}))
    return SnapshotHistory(
        head=head,
        sequence=_sequence(line[0]) if line else 0,
        full_read=full_read,
        is_replaced=is_replaced,
        since=since,
        removed_sequence=removed.sequence,
        removed_until=removed.ingested_at,
    )


def changed_by(lake: Lake, table: Identifier) -> int | None:
    """Return the newest snapshot that brought something to readers.

    Neither one that wrote the same rows into other files nor one that removed what every reader
    has. None where there is none. Raises EnvironmentFault as `snapshot_history` does.
    """
    for snapshot in ancestors(lake, table):
        if _operation(snapshot) != COMPACTION and REMOVAL not in snapshot["summary"]:
            return int(snapshot["snapshot-id"])
    return None


def ancestors(lake: Lake, table: Identifier) -> Iterator[Snapshot]:
    """Yield a table's newest snapshot and all before it, as far as they are still there.

    Raises EnvironmentFault when the catalog or the metadata file cannot be read.
    """
    return line_of(lake.metadata(table) or {})


def line_of(metadata: Metadata) -> Iterator[Snapshot]:
    """Yield the newest snapshot and all before it, as far as they are still there."""
    snapshots = {snapshot["snapshot-id"]: snapshot for snapshot in metadata.get("snapshots", ())}
    snapshot = snapshots.get(metadata.get("current-snapshot-id"))
    while snapshot is not None:
        yield snapshot
        snapshot = snapshots.get(snapshot.get("parent-snapshot-id"))


def rows_in(snapshot: Snapshot) -> int:
    """Return how many rows a table had at a snapshot, by its summary; 0 for an empty mapping."""
    summary = snapshot.get("summary", {})
    return int(summary.get("total-records", 0)) - int(summary.get("total-position-deletes", 0))


def changes_rows(table: Identifier, snapshot: Snapshot) -> bool:
    """Whether streams of a table hear of a snapshot: of a raw table they hear what was added.

    What is deleted from a raw table was consumed, and is kept by its readers.
    """
    operation = _operation(snapshot)
    if REMOVAL in snapshot["summary"]:
        return False
    return operation in {APPEND, OVERWRITE} or (operation == DELETE and not _is_raw(table))


def _replaces(table: Identifier, snapshot: Snapshot) -> bool:
    replacing = {OVERWRITE} if _is_raw(table) else {OVERWRITE, DELETE}
    return _operation(snapshot) in replacing and REMOVAL not in snapshot["summary"]


def _is_passed(metadata: Metadata, line: Sequence[Snapshot], offset: Offset) -> bool:
    """Whether a position is certain to lie beside the line: the line goes on before it.

    A line that ends because of an expiry could have met it there. Of a table that was made again
    under the same name nothing is certain while it has no snapshot that is as late.
    """
    if not line:
        return False
    oldest = line[-1]
    if _sequence(oldest) < offset.sequence <= _sequence(line[0]):
        return True
    is_listed = any(str(s["snapshot-id"]) == offset.snapshot for s in metadata["snapshots"])
    return is_listed and (
        _sequence(oldest) < offset.sequence or oldest.get("parent-snapshot-id") is None
    )


def _has_row_lineage(metadata: Metadata, table: Identifier) -> bool:
    return metadata.get("format-version", 1) >= ROW_LINEAGE_FORMAT and not _is_raw(table)


def _is_raw(table: Identifier) -> bool:
    return table[0].startswith(RAW)


def _operation(snapshot: Snapshot) -> str:
    return str(snapshot["summary"]["operation"])


def _sequence(snapshot: Snapshot) -> int:
    return int(snapshot.get("sequence-number", 0))
