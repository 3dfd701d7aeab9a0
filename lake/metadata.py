"""What a table's newest metadata file says: location -> JSON -> properties and snapshot."""

from __future__ import annotations

import gzip
import json
import operator
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic_core import to_json

from lake.catalogs.base import Identifier
from lake.errors import EnvironmentFault
from lake.storage import LakeFiles


@dataclass(frozen=True)
class StoredTable:
    """What one table's newest metadata file says, read without opening the catalog.

    `document` is all of the file at `location`, not to be changed: it is read once.
    """

    properties: dict[str, str]
    snapshot_id: int | None
    location: str = ""
    document: Mapping[str, Any] = field(default_factory=dict, repr=False)

    @classmethod
    def of(cls, location: str, metadata: Mapping[str, Any]) -> StoredTable:
        """Return what a metadata file says; without a commit there is no snapshot."""
        current = metadata.get("current-snapshot-id")
        properties = metadata.get("properties", {})
        return cls(properties, None if current == -1 else current, location, metadata)


class SnapshotsText:
    """The snapshots of one table as JSON; of those that a commit adds to, only the new are encoded.

    In the metadata of a table that is loaded every few seconds, nearly all else is the same.
    """

    def __init__(self) -> None:
        """Know no snapshots yet."""
        self._known: tuple[Sequence[Any], bytes] = ((), b"")

    def of(self, snapshots: Sequence[Any]) -> bytes:
        """Return snapshots, of which none that was given before has been changed, as a list."""
        known, text = self._known
        is_continued = len(known) <= len(snapshots) and all(map(operator.is_, known, snapshots))
        added = to_json(snapshots[len(known) :] if is_continued else snapshots)[1:-1]
        text = b",".join(filter(None, [text, added] if is_continued else [added]))
        self._known = snapshots, text  # at once: threads may commit side by side
        return b"[" + text + b"]"


def read_metadata(files: LakeFiles, location: str) -> dict[str, Any]:
    """Return what a metadata file says. Raises OSError or ValueError when it cannot be read."""
    content = files.read(location)
    is_compressed = ".gz.metadata.json" in location or location.endswith(".metadata.json.gz")
    return dict(json.loads(gzip.decompress(content) if is_compressed else content))


def metadata_missing(
    identifier: Identifier, location: str = "its newest metadata file"
) -> EnvironmentFault:
    """Return the fault of a table that the catalog has and whose metadata file is not there."""
    return EnvironmentFault(
        f"table {'.'.join(identifier)} is in the catalog, but {location} is gone",
        f"firn verify {'.'.join(identifier)} says what can be done",
    )
