"""How a table came to its newest snapshot, as its metadata file says -> what streams go by.

The macros of `macros/streams` ask for it by way of `dbt_firn`: a look into one JSON file, where
Spark would plan a query of its own for each answer.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from lake.lake import Identifier, Lake

REPLACING = frozenset({"overwrite", "delete"})
COMPACTION = "replace"


@dataclass(frozen=True)
class SnapshotHistory:
    """A table's newest snapshot, and how it came about since another, the position of a stream.

    `head` and `sequence` are the newest snapshot's id and sequence number, None and 0 where there
    is none. `is_position_known` says whether the position is the head or an ancestor of it that
    is still there, `is_replaced` whether a commit since replaced or deleted rows.
    """

    head: str | None = None
    sequence: int = 0
    is_position_known: bool = False
    is_replaced: bool = False


def snapshot_history(lake: Lake, table: Identifier, position: str | None) -> SnapshotHistory:
    """Return how `table` came to its head since `position`; a table that is not there has none.

    Raises EnvironmentFault when the catalog or the metadata file cannot be read.
    """
    line = list(ancestors(lake, table))
    if not line:
        return SnapshotHistory()
    ids = [str(snapshot["snapshot-id"]) for snapshot in line]
    since = line[: ids.index(position)] if position in ids else line
    return SnapshotHistory(
        head=ids[0],
        sequence=int(line[0].get("sequence-number", 0)),
        is_position_known=position in ids,
        is_replaced=any(snapshot["summary"]["operation"] in REPLACING for snapshot in since),
    )


def changed_by(lake: Lake, table: Identifier) -> int | None:
    """Return the newest snapshot that did more than write the same rows into other files.

    None where there is none. Raises EnvironmentFault as `snapshot_history` does.
    """
    for snapshot in ancestors(lake, table):
        if snapshot["summary"]["operation"] != COMPACTION:
            return int(snapshot["snapshot-id"])
    return None


def ancestors(lake: Lake, table: Identifier) -> Iterator[Mapping[str, Any]]:
    """Yield a table's newest snapshot and all before it, as far as they are still there.

    Raises EnvironmentFault when the catalog or the metadata file cannot be read.
    """
    metadata = lake.metadata(table) or {}
    snapshots = {snapshot["snapshot-id"]: snapshot for snapshot in metadata.get("snapshots", ())}
    snapshot = snapshots.get(metadata.get("current-snapshot-id"))
    while snapshot is not None:
        yield snapshot
        snapshot = snapshots.get(snapshot.get("parent-snapshot-id"))
