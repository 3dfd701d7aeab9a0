"""What came and went between two snapshots of a table: manifests -> files and deleted positions.

Manifests that both snapshots have are not read, so that the cost follows from what changed. Of
data files nothing is read; of deletion vectors, those that one snapshot has and the other has not.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from lake.manifests import ManifestEntry, entries_of, manifests_of
from lake.storage import LakeFiles

if TYPE_CHECKING:
    from pyiceberg.manifest import ManifestFile

VECTORS = ".puffin"


@dataclass(frozen=True)
class FileChanges:
    """Data files that came and went, and the positions of rows deleted from those that stayed.

    Not `is_exact`: rows were deleted by other means than deletion vectors, or came back; which
    ones, metadata does not say.
    """

    added: Mapping[str, int] = field(default_factory=dict)
    removed: Mapping[str, int] = field(default_factory=dict)
    deleted: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    is_exact: bool = True

    @property
    def rows(self) -> int:
        """How many rows came and went, at most."""
        deleted = sum(len(positions) for positions in self.deleted.values())
        return sum(self.added.values()) + sum(self.removed.values()) + deleted


def file_changes(files: LakeFiles, old: Mapping[str, Any], new: Mapping[str, Any]) -> FileChanges:
    """Return what differs between two snapshots, as the table's metadata file has them.

    Raises OSError when a manifest is gone, ValueError when one cannot be read.
    """
    before, after = (_by_path(manifests_of(files, snapshot)) for snapshot in (old, new))
    old_files = _Files.of(files, (m for path, m in before.items() if path not in after))
    new_files = _Files.of(files, (m for path, m in after.items() if path not in before))
    stayed = old_files.data.keys() & new_files.data.keys()
    deleted, is_exact = _deleted(files, old_files, new_files)
    return FileChanges(
        added={path: rows for path, rows in new_files.data.items() if path not in stayed},
        removed={path: rows for path, rows in old_files.data.items() if path not in stayed},
        deleted={
            path: positions
            for path, positions in deleted.items()
            if path not in new_files.data or path in stayed
        },
        is_exact=is_exact and old_files.is_exact and new_files.is_exact,
    )


@dataclass
class _Files:
    """What some manifests list: rows by data file, delete files by the data file they are about."""

    data: dict[str, int] = field(default_factory=dict)
    deletes: dict[str, str] = field(default_factory=dict)
    is_exact: bool = True

    @classmethod
    def of(cls, files: LakeFiles, manifests: Iterable[ManifestFile]) -> _Files:
        found = cls()
        for manifest in manifests:
            for entry in entries_of(files, manifest):
                found.add(entry)
        return found

    def add(self, entry: ManifestEntry) -> None:
        if entry.is_data:
            self.data[entry.path] = entry.rows
        elif entry.referenced is not None and entry.path.endswith(VECTORS):
            self.deletes[entry.referenced] = entry.path
        else:
            self.is_exact = False


def _deleted(files: LakeFiles, old: _Files, new: _Files) -> tuple[dict[str, tuple[int, ...]], bool]:
    """Return positions that are deleted now and were not, and whether none came back."""
    vectors = _Vectors(files)
    deleted: dict[str, tuple[int, ...]] = {}
    is_exact = True
    for path in old.deletes.keys() | new.deletes.keys():
        if old.deletes.get(path) == new.deletes.get(path):
            continue
        before = vectors.positions(old.deletes.get(path), path)
        after = vectors.positions(new.deletes.get(path), path)
        is_removed = path in old.data and path not in new.data
        is_exact = is_exact and (is_removed or before <= after)
        if gone := after - before:
            deleted[path] = tuple(sorted(gone))
    return deleted, is_exact


class _Vectors:
    """Deletion vectors, each file read once."""

    def __init__(self, files: LakeFiles) -> None:
        self._files = files
        self._read: dict[str, dict[str, frozenset[int]]] = {}

    def positions(self, vectors: str | None, data_file: str) -> frozenset[int]:
        """Return the positions that a file of vectors deletes of a data file."""
        if vectors is None:
            return frozenset()
        if vectors not in self._read:
            self._read[vectors] = self._positions_in(vectors)
        return self._read[vectors].get(data_file, frozenset())

    def _positions_in(self, vectors: str) -> dict[str, frozenset[int]]:
        from pyiceberg.table.deletion_vector import deletion_vectors_from_puffin_file
        from pyiceberg.table.puffin import PuffinFile

        found = deletion_vectors_from_puffin_file(PuffinFile(self._files.read(vectors)))
        return {
            vector.referenced_data_file: frozenset(vector.to_vector().to_pylist())
            for vector in found
        }


def _by_path(manifests: Iterable[ManifestFile]) -> dict[str, ManifestFile]:
    return {manifest.manifest_path: manifest for manifest in manifests}
