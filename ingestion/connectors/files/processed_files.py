"""Which files a table holds already: its own rows and its quarantine -> names and hashes."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pyarrow.parquet as pq

from ingestion.connectors.files.storage.base import FileInfo
from ingestion.declarations import FileTable
from ingestion.quarantine.store import quarantine_of
from ingestion.raw_tables.schema import FILE, FILE_HASH, FILE_MODIFIED_AT
from lake.lake import Lake

if TYPE_CHECKING:
    from pyiceberg.io import FileIO
    from pyiceberg.table import Table

Landed = tuple[str, str, datetime]


@dataclass
class ProcessedFiles:
    """Contents by their hashes, and names with the hash and the time that they were landed with."""

    hashes: set[str] = field(default_factory=set)
    names: dict[str, set[tuple[str, datetime | None]]] = field(default_factory=dict)

    def add(self, name: str, content: str, modified_at: datetime | None = None) -> None:
        """Note that the content with this hash is known under this name."""
        self.hashes.add(content)
        self.names.setdefault(name, set()).add((content, modified_at))

    def is_unchanged(self, found: FileInfo) -> bool:
        """Whether a file is known by name and time, so that it need not be read to be skipped."""
        return any(time == found.modified_at for _, time in self.names.get(found.name, ()))


def fingerprint(table: FileTable) -> str:
    """A hash of a declaration: what could not be landed under another one is tried again."""
    return hashlib.sha256(table.model_dump_json(exclude={"stable_for"}).encode()).hexdigest()[:16]


def processed_files(
    lake: Lake, table: FileTable, *, is_landed_counted: bool = True
) -> ProcessedFiles:
    """Return the files that `table` holds rows of, and those that quarantine keeps as a whole.

    A file of which quarantine keeps single rows is known by its other rows only: those rows are
    kept before the others are landed, and a load may die in between.

    With `is_landed_counted=False` nothing is known: all rows are about to be replaced.
    """
    known = ProcessedFiles()
    if not is_landed_counted:
        return known
    raw = lake.table(table.identifier)
    for name, content, modified_at in _landed(raw) if raw else ():
        known.add(name, content, modified_at)
    kept = lake.table(quarantine_of(table.source))
    for place in _places(kept, table.name) if kept else ():
        if place.get("declared") == fingerprint(table):
            modified_at = datetime.fromisoformat(place["modified_at"])
            known.add(place["file"], place["hash"], modified_at)
    return known


def _landed(raw: Table) -> Iterator[Landed]:
    for task in raw.scan().plan_files():
        if task.file.partition and (constants := _constants(raw, task.file)):
            yield constants
        else:
            yield from _read(raw.io, task.file.file_path)


def _constants(raw: Table, file: Any) -> Landed | None:  # noqa: ANN401 - pyiceberg's DataFile
    """Return what a registered Parquet file is known by: values of its own partition."""
    fields = raw.metadata.specs()[file.spec_id].fields
    names = [raw.schema().find_column_name(part.source_id) for part in fields]
    values = dict(zip(names, (file.partition[i] for i in range(len(names))), strict=True))
    if FILE_HASH not in values:
        return None
    from pyiceberg.utils.datetime import micros_to_timestamptz

    modified_at = micros_to_timestamptz(values[FILE_MODIFIED_AT])
    return values[FILE], values[FILE_HASH], modified_at


_FILES_OF: dict[str, tuple[Landed, ...]] = {}


def _read(io: FileIO, path: str) -> Iterable[Landed]:
    """Return the files whose rows a data file holds; it never changes, so it is asked once."""
    if path not in _FILES_OF:
        names = [FILE, FILE_HASH, FILE_MODIFIED_AT]
        with io.new_input(path).open() as stream:
            file = pq.ParquetFile(stream, read_dictionary=names[:2])
            found = set()
            for number in range(file.num_row_groups):
                rows = file.read_row_group(number, columns=names)
                distinct = rows.group_by(names).aggregate([])
                found |= {tuple(row[name] for name in names) for row in distinct.to_pylist()}
        _FILES_OF[path] = tuple(found)
    return _FILES_OF[path]


def _places(kept: Table, name: str) -> Iterator[dict[str, Any]]:
    scan = kept.scan(f"table_name = '{name}'", selected_fields=("place",))
    for text in set(scan.to_arrow().column("place").to_pylist()):
        yield json.loads(text)
