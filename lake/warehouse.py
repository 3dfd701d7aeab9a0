"""What lies in the warehouse, whatever the catalog says: folders of tables -> metadata files."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

from lake.catalogs.base import Identifier, Pointer
from lake.metadata import read_metadata
from lake.storage import LakeFiles

ENDINGS = (".metadata.json", ".metadata.json.gz")
NEVER = -1
_VERSION = re.compile(r"(\d+)-[^/]*$")
_SCHEMES = re.compile(r"^s3[an]://")


@dataclass(frozen=True)
class TableFolder:
    """A folder of metadata files: `identifier` is the table that engines put there by default."""

    identifier: Identifier
    location: str
    files: tuple[str, ...]

    @property
    def newest_version(self) -> int:
        """The greatest number that begins the name of a metadata file, -1 without any."""
        return max(map(version_of, self.files), default=NEVER)


@dataclass(frozen=True)
class MetadataFile:
    """A metadata file that can be read, and what it says."""

    location: str
    document: dict[str, Any]

    @property
    def version(self) -> int:
        """The number that begins its name."""
        return version_of(self.location)

    @property
    def is_view(self) -> bool:
        """Whether it describes a view."""
        return "view-uuid" in self.document

    @property
    def uuid(self) -> object:
        """What tells the table or view from others of its name."""
        return self.document.get("table-uuid") or self.document.get("view-uuid")

    @property
    def updated_at(self) -> int:
        """When it was written by its own account, in milliseconds since 1970."""
        views = [version.get("timestamp-ms", 0) for version in self.document.get("versions", ())]
        return int(self.document.get("last-updated-ms") or max(views, default=0))


class Warehouse:
    """The folders `<warehouse>/<namespace>/<table>/metadata`, looked at without any catalog."""

    def __init__(self, files: LakeFiles, location: str) -> None:
        """Look below `location`; nothing is read yet."""
        self._files = files
        self.location = location.rstrip("/")

    @property
    def is_local(self) -> bool:
        """Whether its folders are listed without a request."""
        return self._files.local_path(self.location) is not None

    def tables(self) -> list[Identifier]:
        """Return the names of all tables' folders. Raises OSError."""
        return [
            (namespace, table)
            for namespace in self._files.names(self.location)
            if not namespace.startswith(".")
            for table in self._files.names(f"{self.location}/{namespace}")
        ]

    def metadata_folder(self, identifier: Identifier) -> str:
        """Return where a table's metadata is by default, as `folder_of` writes it."""
        return self.written_alike(f"{self.location}/{'/'.join(identifier)}/metadata")

    def folder(self, identifier: Identifier, location: str | None = None) -> TableFolder:
        """List a folder of metadata, by default the one of that name. Raises OSError."""
        location = location or self.metadata_folder(identifier)
        names = self._files.names(location)
        return TableFolder(identifier, location, tuple(n for n in names if n.endswith(ENDINGS)))

    def folder_of(self, metadata_file: str) -> str:
        """Return the folder of a metadata file, written the same way by whoever wrote it."""
        return self.written_alike(metadata_file.rpartition("/")[0])

    def written_alike(self, location: str) -> str:
        """Return one spelling of a location: a path of this machine, or `s3://…`."""
        path = self._files.local_path(location)
        return str(path) if path else _SCHEMES.sub("s3://", location)

    def newest_first(self, folder: TableFolder, above: int = NEVER) -> Iterator[MetadataFile]:
        """Yield the files of a folder that can be read, of versions above one, the newest first."""
        read = (
            self.read(self._as_named(f"{folder.location}/{name}"))
            for name in folder.files
            if version_of(name) > above
        )
        found = [file for file in read if file]
        yield from sorted(found, key=lambda file: (-file.updated_at, -file.version))

    def read(self, location: str) -> MetadataFile | None:
        """Return what a metadata file says, None if it cannot be read."""
        try:
            return MetadataFile(location, read_metadata(self._files, location))
        except (OSError, ValueError, EOFError):
            return None

    def _as_named(self, location: str) -> str:
        """Return a location as engines write it, with the scheme of the warehouse."""
        return f"file://{location}" if location.startswith("/") else location


def version_of(location: str) -> int:
    """Return the number that begins a metadata file's name, -1 where none does."""
    found = _VERSION.search(location)
    return int(found[1]) if found else NEVER


def folders_named(warehouse: Warehouse, pointers: Collection[Pointer]) -> set[str]:
    """Return the folders of metadata that pointers lead to."""
    return {warehouse.folder_of(one.metadata) for one in pointers if one.metadata}
