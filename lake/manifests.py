"""Manifests of a snapshot: their entries -> data files and what deletes rows of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from lake.storage import LakeFiles

if TYPE_CHECKING:
    from pyiceberg.io import InputFile
    from pyiceberg.manifest import ManifestFile
    from pyiceberg.schema import Schema

DELETED = 2  # status of a manifest's entry
# Of a data file: content, path, partition, rows, bytes, nulls, lower and upper bounds, and of a
# delete file the data file that it is about.
READ = (134, 100, 102, 103, 104, 110, 125, 128, 143)
DATA, POSITION_DELETES = 0, 1  # content of a file
REFERENCED_PATH = 2147483546  # field of a delete file: the data file that a row of it is in


@dataclass(frozen=True)
class ManifestEntry:
    """A file that is part of a snapshot: data, or deletes of rows.

    `referenced` is the one data file that a file of deletes is about, None where it does not say.
    """

    content: int
    path: str
    partition: Any
    rows: int
    size: int
    nulls: Mapping[int, int]
    lower: Mapping[int, bytes]
    upper: Mapping[int, bytes]
    referenced: str | None

    @property
    def is_data(self) -> bool:
        """Whether it holds rows of the table."""
        return self.content == DATA


def manifests_of(files: LakeFiles, snapshot: Mapping[str, Any]) -> list[ManifestFile]:
    """Return the manifests that a snapshot, as the metadata file has it, consists of.

    Raises OSError when its list is gone, ValueError when it cannot be read.
    """
    from pyiceberg.manifest import read_manifest_list

    return list(read_manifest_list(files.input(snapshot["manifest-list"])))


def entries_of(files: LakeFiles, manifest: ManifestFile) -> Iterator[ManifestEntry]:
    """Yield the files of a manifest that are not deleted. Raises as `manifests_of` does."""
    for status, *_, file in _records(files.input(manifest.manifest_path)):
        if status != DELETED:
            yield _entry(file)


def _entry(file: Any) -> ManifestEntry:  # noqa: ANN401 - pyiceberg's record
    content, path, partition, rows, size, nulls, lower, upper, referenced = (
        file[number] for number in range(len(READ))
    )
    lower, upper = lower or {}, upper or {}
    if content != POSITION_DELETES:
        referenced = None
    elif referenced is None:
        bound = lower.get(REFERENCED_PATH)
        referenced = bound.decode() if bound and bound == upper.get(REFERENCED_PATH) else None
    return ManifestEntry(
        content, path, partition, rows, size, nulls or {}, lower, upper, referenced
    )


def _records(file: InputFile) -> Iterator[Any]:
    from pyiceberg.avro.file import AvroFile

    with AvroFile[Any](file, _entry_schema()) as reader:
        for record in reader:
            yield [record[number] for number in range(5)]


@cache
def _entry_schema() -> Schema:
    """Return a manifest's entry with what is read of a data file first, in the order of READ.

    By pyiceberg's reader of manifests, of format 2, no deletion vector says its data file.
    """
    from pyiceberg.manifest import DATA_FILE_TYPE, manifest_entry_schema_with_data_file
    from pyiceberg.types import StructType

    known = {part.field_id: part for part in DATA_FILE_TYPE[3].fields}
    order = (*READ, *(number for number in known if number not in READ))
    return manifest_entry_schema_with_data_file(3, StructType(*(known[n] for n in order)))
