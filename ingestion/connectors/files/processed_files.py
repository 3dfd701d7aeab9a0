"""Which files were processed: the rows of a table and of its quarantine -> names and hashes."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime

from ingestion.connectors.base import TableState
from ingestion.connectors.files.declaration import (
    FILE,
    FILE_HASH,
    FILE_MODIFIED_AT,
    FileTable,
)
from ingestion.connectors.files.storage.base import FileInfo
from ingestion.formats.csv_options import CsvOptions
from ingestion.formats.declaration import DEFAULT_EXPANSION, DEFAULT_ROW_SIZE
from ingestion.personal_data import Tokeniser

ALWAYS_COUNTED = ("delimiter", "encoding")


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
        return any(time == found.modified_at for _, time in self.contents_of(found))

    def contents_of(self, found: FileInfo) -> set[tuple[str, datetime | None]]:
        """Return the hashes and times of what was processed under the name of a file.

        A table that stores tokens of names may hold names from before that was declared.
        """
        return self.names.get(found.label, set()) | self.names.get(found.name, set())


def labelled(files: Iterable[FileInfo], tokeniser: Tokeniser | None) -> list[FileInfo]:
    """Return files that are stored and shown by tokens of their names, if there is a tokeniser."""
    if tokeniser is None:
        return list(files)
    return [replace(found, token=tokeniser.name_token(found.name)) for found in files]


def fingerprint(table: FileTable) -> str:
    """A hash of a declaration: what could not be landed under another one is tried again.

    What an earlier Firn did not know counts only where it is declared: its lakes hold such hashes.
    """
    declared = table.model_dump(mode="json", exclude={"stable_for", "csv", "file_names"})
    size = declared.pop("max_row_size")
    if size != DEFAULT_ROW_SIZE:
        declared["max_row_size"] = size
    if (expansion := declared.pop("max_expansion")) != DEFAULT_EXPANSION:
        declared["max_expansion"] = expansion
    usual = CsvOptions().model_dump(mode="json")
    for name, value in table.csv.model_dump(mode="json").items():
        if name in ALWAYS_COUNTED or value != usual[name]:
            declared[name] = value
    for column, path in zip(declared["columns"], (c.path for c in table.columns), strict=True):
        if path and not any("." in name for name in path):
            column["path"] = ".".join(path)
        for key in ("infinity", "landed_as", "truncate"):
            if not column[key]:
                del column[key]
        if column["data_type"]["element"] is None:
            del column["data_type"]["element"]
    text = json.dumps(declared, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def processed_files(table: FileTable, state: TableState) -> ProcessedFiles:
    """Return the files that `table` holds rows of, and those that quarantine keeps as a whole."""
    processed = landed_files(state)
    add_quarantined(processed, table, state)
    return processed


def landed_files(state: TableState) -> ProcessedFiles:
    """Return the files that a table holds rows of."""
    processed = ProcessedFiles()
    for name, content, modified_at in state.landed_values((FILE, FILE_HASH, FILE_MODIFIED_AT)):
        processed.add(name, content, modified_at)
    return processed


def add_quarantined(processed: ProcessedFiles, table: FileTable, state: TableState) -> None:
    """Add the files that quarantine keeps as a whole.

    A file of which quarantine keeps single rows is known by its other rows only: those rows are
    kept before the others are landed, and a load may die in between.
    """
    declared = fingerprint(table)
    for place in state.quarantined_places():
        if place.get("declared") == declared:
            modified_at = datetime.fromisoformat(place["modified_at"])
            processed.add(place["file"], place["hash"], modified_at)
