"""What a table's newest metadata file says: location -> JSON -> properties and snapshot."""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from lake.branches import MAIN, branch_of, head_of
from lake.catalogs.base import Identifier
from lake.errors import EnvironmentFault
from lake.storage import LakeFiles


@dataclass(frozen=True)
class StoredTable:
    """What one table's newest metadata file says, read without opening the catalog.

    `document` is all of the file at `location`, not to be changed: it is read once. `snapshot_id`
    is the head of `branch`, to which a commit adds.
    """

    properties: dict[str, str]
    snapshot_id: int | None
    location: str = ""
    document: Mapping[str, Any] = field(default_factory=dict, repr=False)
    branch: str = MAIN

    @classmethod
    def of(
        cls, location: str, metadata: Mapping[str, Any], branch: str | None = None
    ) -> StoredTable:
        """Return what a metadata file says to a run of that branch, if any.

        Without a commit there is no snapshot.
        """
        properties, head = metadata.get("properties", {}), head_of(metadata, branch)
        return cls(properties, head, location, metadata, branch_of(metadata, branch))


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
