"""What a table's newest metadata file says: location -> JSON -> properties and snapshot."""

from __future__ import annotations

import gzip
import json
import zlib
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
    try:
        return dict(json.loads(gzip.decompress(content) if is_compressed else content))
    except (EOFError, TypeError, zlib.error) as error:
        raise ValueError(f"{location} is no table metadata: {error}") from error


def read_metadata_of(identifier: Identifier, files: LakeFiles, location: str) -> dict[str, Any]:
    """Return what the metadata file of a table says. Raises EnvironmentFault naming both."""
    try:
        return read_metadata(files, location)
    except FileNotFoundError:
        raise metadata_missing(identifier, location) from None
    except OSError as error:
        said = error.strerror or type(error).__name__
        raise damaged(identifier, f"{location} cannot be read: {said}") from error
    except ValueError:
        raise damaged(identifier, f"{location} is damaged: it is no table metadata") from None


def metadata_missing(
    identifier: Identifier, location: str = "its newest metadata file"
) -> EnvironmentFault:
    """Return the fault of a table that the catalog has and whose metadata file is not there."""
    return damaged(identifier, f"the catalog has it, but {location} is gone")


def damaged(identifier: Identifier, what: str) -> EnvironmentFault:
    """Return the fault of a table of which a file is gone or damaged."""
    table = ".".join(identifier)
    return EnvironmentFault(
        f"table {table}: {what}",
        f"put the file back from a backup; or firn restore {table}, which goes back to the newest"
        " commit whose files are all there",
    )
