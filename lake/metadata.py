"""What a table's newest metadata file says: location -> JSON -> properties and snapshot."""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

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
