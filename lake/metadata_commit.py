"""A table's next metadata file: the stored one + changes -> written, then compared and set.

pyiceberg copies all of a table's metadata a dozen times for one commit; here it is written once.
"""

from __future__ import annotations

import contextlib
import re
import time
import uuid
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from pydantic_core import to_json

from lake.catalogs.base import Identifier, PointerChange, PointerConflictError

if TYPE_CHECKING:
    from pyiceberg.io import FileIO

    from lake.lake import Lake
    from lake.metadata import StoredTable

VERSIONS_KEPT = "write.metadata.previous-versions-max"
IS_DELETING = "write.metadata.delete-after-commit.enabled"
FOLDER = "write.metadata.path"
DEFAULT_VERSIONS = 100
MAIN = "main"
_VERSION = re.compile(r"(\d+)-[^/]*\.metadata\.json$")


def now_in_milliseconds() -> int:
    """Return the time as Iceberg's metadata has it."""
    return time.time_ns() // 1_000_000


def metadata_location(stored: StoredTable, name: str) -> str:
    """Return where a file of a table's metadata belongs."""
    folder = stored.properties.get(FOLDER) or f"{stored.document['location'].rstrip('/')}/metadata"
    return f"{folder.rstrip('/')}/{name}"


def commit_metadata(
    lake: Lake, identifier: Identifier, stored: StoredTable, changes: Mapping[str, Any], io: FileIO
) -> None:
    """Make `changes` to the metadata that was stored, unless somebody else has changed it since.

    Raises PointerConflictError in that case, with nothing left behind; OSError, EnvironmentFault.
    """
    document = _changed(stored, changes)
    found = _VERSION.search(stored.location)
    version = int(found[1]) + 1 if found else 0
    location = metadata_location(stored, f"{version:05d}-{uuid.uuid4()}.metadata.json")
    with io.new_output(location).create() as stream:
        stream.write(to_json(document))
    try:
        lake.backend.compare_and_set([PointerChange(identifier, stored.location, location)])
    except PointerConflictError:
        remove_files(io, [location])
        raise
    lake.remember(identifier, location, document)
    if document["properties"].get(IS_DELETING, "false").lower() == "true":
        kept = {entry["metadata-file"] for entry in document["metadata-log"]}
        known = [entry["metadata-file"] for entry in stored.document.get("metadata-log", ())]
        remove_files(io, [file for file in known if file not in kept])


def with_snapshot(stored: StoredTable, snapshot: Mapping[str, Any]) -> dict[str, Any]:
    """Return the changes that make a new snapshot the newest of the main branch."""
    before = stored.document
    name = {"snapshot-id": snapshot["snapshot-id"]}
    made_at = {"timestamp-ms": snapshot["timestamp-ms"]}
    main = {"type": "branch", **before.get("refs", {}).get(MAIN, {}), **name}
    return {
        "last-updated-ms": snapshot["timestamp-ms"],
        "last-sequence-number": snapshot["sequence-number"],
        "current-snapshot-id": snapshot["snapshot-id"],
        "snapshots": [*before.get("snapshots", ()), snapshot],
        "snapshot-log": [*before.get("snapshot-log", ()), {**name, **made_at}],
        "refs": {**before.get("refs", {}), MAIN: main},
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
    replaced = {"timestamp-ms": before["last-updated-ms"], "metadata-file": stored.location}
    document["metadata-log"] = [*before.get("metadata-log", ()), replaced][-kept:]
    return document
