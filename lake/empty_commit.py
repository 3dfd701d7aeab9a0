"""A commit that changes no row: a snapshot of the same files, whose summary says something new.

A model that has looked at what changed upstream, and found that none of its rows is reached, moves
its stream offsets so. As a compaction, it is no change to those that read the table.
"""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from lake.commit_times import next_timestamp
from lake.lake import Identifier, Lake
from lake.metadata_commit import (
    commit_metadata,
    metadata_location,
    remove_files,
    with_snapshot,
)
from lake.snapshots import COMPACTION, ROW_LINEAGE_FORMAT

if TYPE_CHECKING:
    from lake.metadata import StoredTable

TOTALS = "total-"


def commit_nothing(lake: Lake, identifier: Identifier, summary: Mapping[str, str]) -> None:
    """Add a snapshot with the rows of the newest one and `summary` in its own.

    Raises PointerConflictError when somebody else has changed the table meanwhile, ValueError when
    it has no snapshot yet; OSError, EnvironmentFault.
    """
    stored = lake.stored(identifier)
    head = _head(stored) if stored else None
    if stored is None or head is None:
        raise ValueError(f"{'.'.join(identifier)} has no snapshot")
    io = lake.io_of(stored)
    snapshot = _snapshot(stored, head, summary)
    with io.new_output(snapshot["manifest-list"]).create() as stream:
        stream.write(lake.files.read(head["manifest-list"]))
    try:
        commit_metadata(lake, identifier, stored, with_snapshot(stored, snapshot), io)
    except Exception:
        remove_files(io, [snapshot["manifest-list"]])
        raise


def _head(stored: StoredTable) -> Mapping[str, Any] | None:
    snapshots = stored.document.get("snapshots", ())
    return next((s for s in snapshots if s["snapshot-id"] == stored.snapshot_id), None)


def _snapshot(
    stored: StoredTable, head: Mapping[str, Any], summary: Mapping[str, str]
) -> dict[str, Any]:
    document = stored.document
    number = secrets.randbits(63)
    lineage = {"first-row-id": document.get("next-row-id", 0), "added-rows": 0}
    totals = {name: value for name, value in head["summary"].items() if name.startswith(TOTALS)}
    return {
        "snapshot-id": number,
        "parent-snapshot-id": head["snapshot-id"],
        "sequence-number": int(document["last-sequence-number"]) + 1,
        "timestamp-ms": next_timestamp(document),
        "manifest-list": metadata_location(stored, f"snap-{number}-0-{uuid.uuid4()}.avro"),
        "summary": {"operation": COMPACTION, **totals, **summary},
        "schema-id": document["current-schema-id"],
        **(lineage if document["format-version"] >= ROW_LINEAGE_FORMAT else {}),
    }
