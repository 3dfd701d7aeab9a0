"""A table's next metadata file: the stored one + changes -> written, then compared and set.

pyiceberg copies all of a table's metadata a dozen times for one commit; here it is written once.
"""

from __future__ import annotations

import contextlib
import re
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lake.branches import MAIN
from lake.catalogs.base import Identifier, MetadataChange, PointerConflictError

if TYPE_CHECKING:
    from pyiceberg.io import FileIO

    from lake.lake import Lake
    from lake.metadata import StoredTable

VERSIONS_KEPT = "write.metadata.previous-versions-max"
IS_DELETING = "write.metadata.delete-after-commit.enabled"
FOLDER = "write.metadata.path"
DEFAULT_VERSIONS = 100
_VERSION = re.compile(r"(\d+)-[^/]*\.metadata\.json$")


def metadata_location(stored: StoredTable, name: str) -> str:
    """Return where a file of a table's metadata belongs."""
    folder = stored.properties.get(FOLDER) or f"{stored.document['location'].rstrip('/')}/metadata"
    return f"{folder.rstrip('/')}/{name}"


@dataclass(frozen=True)
class NextMetadata:
    """What a table's metadata shall say next; no catalog names the file of it yet."""

    change: MetadataChange
    io: FileIO

    @property
    def identifier(self) -> Identifier:
        """The table."""
        return self.change.identifier


def commit_metadata(
    lake: Lake, identifier: Identifier, stored: StoredTable, changes: Mapping[str, Any], io: FileIO
) -> None:
    """Make `changes` to the metadata that was stored, unless somebody else has changed it since.

    Raises PointerConflictError in that case, with nothing left behind; OSError, EnvironmentFault.
    """
    commit_together(lake, [write_metadata(lake, identifier, stored, changes, io)])


def write_metadata(
    lake: Lake, identifier: Identifier, stored: StoredTable, changes: Mapping[str, Any], io: FileIO
) -> NextMetadata:
    """Make `changes` to the metadata that was stored, in a file of its own if that is ours to do.

    Raises OSError.
    """
    document = _changed(stored, changes)
    written = ""
    if not lake.backend.writes_metadata:
        found = _VERSION.search(stored.location)
        version = int(found[1]) + 1 if found else 0
        written = metadata_location(stored, f"{version:05d}-{uuid.uuid4()}.metadata.json")
        with io.new_output(written).create() as stream:
            for piece in lake.encoder(identifier).encode(document):
                stream.write(piece)
    change = MetadataChange(identifier, stored.location, stored.document, document, written)
    return NextMetadata(change, io)


def commit_together(lake: Lake, made: Sequence[NextMetadata]) -> None:
    """Let the catalog take all of these at once, or none of them.

    Raises PointerConflictError when somebody else has changed one of the tables, with nothing left
    behind; EnvironmentFault.
    """
    try:
        lake.backend.commit([one.change for one in made])
    except PointerConflictError:
        for one in made:
            if one.change.written:
                remove_files(one.io, [one.change.written])
        raise
    for one in made:
        if one.change.written:
            lake.remember(one.identifier, one.change.written, dict(one.change.after))
            _remove_old_versions(one)


def _remove_old_versions(made: NextMetadata) -> None:
    before, after = made.change.before, made.change.after
    if after["properties"].get(IS_DELETING, "false").lower() == "true":
        kept = {entry["metadata-file"] for entry in after["metadata-log"]}
        known = [entry["metadata-file"] for entry in before.get("metadata-log", ())]
        remove_files(made.io, [file for file in known if file not in kept])


def with_snapshot(stored: StoredTable, snapshot: Mapping[str, Any]) -> dict[str, Any]:
    """Return the changes that make a new snapshot the newest of the branch that is committed to."""
    before = stored.document
    changes = {
        "last-updated-ms": snapshot["timestamp-ms"],
        "last-sequence-number": snapshot["sequence-number"],
        "snapshots": [*before.get("snapshots", ()), snapshot],
        "refs": with_head(before, stored.branch, snapshot["snapshot-id"]),
    }
    if stored.branch == MAIN:
        changes |= as_current(before, snapshot["snapshot-id"], snapshot["timestamp-ms"])
    return changes


def with_head(document: Mapping[str, Any], branch: str, snapshot_id: int) -> dict[str, Any]:
    """Return the refs of a table whose branch has another head."""
    refs = document.get("refs", {})
    head = {"type": "branch", **refs.get(branch, {}), "snapshot-id": snapshot_id}
    return {**refs, branch: head}


def as_current(document: Mapping[str, Any], snapshot_id: int, at: int) -> dict[str, Any]:
    """Return the changes by which readers see a snapshot from a time on, in milliseconds."""
    entry = {"snapshot-id": snapshot_id, "timestamp-ms": at}
    return {
        "current-snapshot-id": snapshot_id,
        "snapshot-log": [*document.get("snapshot-log", ()), entry],
    }


def remove_files(io: FileIO, locations: Iterable[str]) -> None:
    """Remove files that nothing refers to, as far as that is possible: maintenance sweeps them."""
    for location in locations:
        with contextlib.suppress(OSError):
            io.delete(location)


def _changed(stored: StoredTable, changes: Mapping[str, Any]) -> dict[str, Any]:
    before = stored.document
    document = {**before, **changes}
    document.setdefault("properties", {})
    kept = int(document["properties"].get(VERSIONS_KEPT, DEFAULT_VERSIONS))
    log = document.get("metadata-log", ())
    replaced_at = min(before["last-updated-ms"], document["last-updated-ms"])
    in_order = max(replaced_at, *(entry["timestamp-ms"] for entry in log[-1:]), 0)
    replaced = {"timestamp-ms": in_order, "metadata-file": stored.location}
    document["metadata-log"] = [*log, replaced][-kept:]
    return document
