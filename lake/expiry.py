"""Snapshots that a table no longer needs, while it is loaded every few seconds -> gone.

Loads append, so what an expired snapshot held is in the ones after it: of its files only its list
of manifests goes. What compaction has replaced is left to maintenance.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from lake.branches import MAIN
from lake.catalogs.base import Identifier, PointerConflictError
from lake.commit_times import next_timestamp
from lake.lake import Lake
from lake.metadata_commit import commit_metadata, remove_files
from lake.stream_offsets import stream_offsets

FORMAT_VERSION = 2


@dataclass(frozen=True)
class Kept:
    """The snapshots that stay in any case: those that are younger, and so many of the newest."""

    younger_than: timedelta
    newest: int


def expire_snapshots(lake: Lake, table: Identifier, kept: Kept) -> int:
    """Expire old snapshots of a table, and return how many.

    A snapshot that a stream has read up to stays, with all after it. None expires of a table that
    has other branches or tags, or that somebody else changes at this moment. Raises
    EnvironmentFault.
    """
    stored = lake.stored(table)
    if stored is None or stored.document.get("format-version") != FORMAT_VERSION:
        return 0
    if not expired(stored.document, kept, set()):  # as usual: no stream has to be asked for
        return 0
    gone = expired(stored.document, kept, needed_snapshots(lake, table))
    if not gone:
        return 0
    document = stored.document
    lists = [s["manifest-list"] for s in document["snapshots"] if s["snapshot-id"] in gone]
    changes = {
        "last-updated-ms": next_timestamp(document),
        "snapshots": [s for s in document["snapshots"] if s["snapshot-id"] not in gone],
        "snapshot-log": _log_after(document["snapshot-log"], gone),
    }
    io = lake.io_of(stored)
    try:
        commit_metadata(lake, table, stored, changes, io)
    except PointerConflictError:
        return 0
    remove_files(io, lists)
    return len(gone)


def needed_snapshots(lake: Lake, table: Identifier) -> set[int]:
    """Return the snapshots of a table that streams of any table of the lake have read up to."""
    name = ".".join(table)
    positions = (
        stream_offsets(lake, reader).get("streams", {}).get(name)
        for reader, pointer in lake.pointers().items()
        if not pointer.is_view
    )
    return {int(position["snapshot"]) for position in positions if position}


def expired(document: Mapping[str, Any], kept: Kept, needed: set[int]) -> set[int]:
    """Return the snapshots to expire: older than those kept and than the oldest one needed."""
    if set(document.get("refs", {})) - {MAIN}:
        return set()
    snapshots = {snapshot["snapshot-id"]: snapshot for snapshot in document.get("snapshots", ())}
    line = []
    snapshot = snapshots.get(document.get("current-snapshot-id"))
    while snapshot is not None:
        line.append(snapshot)
        snapshot = snapshots.get(snapshot.get("parent-snapshot-id"))
    oldest = (datetime.now(UTC) - kept.younger_than).timestamp() * 1000
    stays = max(kept.newest, sum(snapshot["timestamp-ms"] >= oldest for snapshot in line))
    reaching = [place + 1 for place, s in enumerate(line) if s["snapshot-id"] in needed]
    return {snapshot["snapshot-id"] for snapshot in line[max([stays, *reaching]) :]}


def _log_after(log: list[dict[str, Any]], gone: set[int]) -> list[dict[str, Any]]:
    """Return the log from behind the last snapshot that is gone: it must have no holes."""
    places = [place for place, entry in enumerate(log) if entry["snapshot-id"] in gone]
    return log[places[-1] + 1 :] if places else log
