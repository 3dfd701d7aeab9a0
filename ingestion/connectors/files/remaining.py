"""Which files a source holds that no load has read: a listing - what was processed -> a count."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any, cast

from ingestion.connectors.base import ConnectorContext, TableState
from ingestion.connectors.files.declaration import FileSource, FileTable
from ingestion.connectors.files.processed_files import (
    ProcessedFiles,
    add_quarantined,
    labelled,
    landed_files,
)
from ingestion.connectors.files.storage.base import FileInfo, FileLeftError, FileStorage
from ingestion.connectors.files.storage.factory import open_storage
from ingestion.connectors.remaining import Remaining

HASHED_BYTES = 32 * 1024 * 1024  # in all; more are not read to be counted


def remaining_files(
    source: FileSource, context: ConnectorContext, states: Mapping[str, TableState]
) -> dict[str, Remaining]:
    """Return how many files of each table wait for a load.

    A file under a new name is read, as long as that is cheap: a load skips content that it knows.
    Raises FirnError when the storage cannot be listed.
    """
    storage = open_storage(context.settings, source.connection)
    found = {
        table.name: labelled(
            storage.list(table.files).files,
            context.tokeniser() if table.has_secret_names else None,
        )
        for table in source.tables
    }
    return {t.name: _remaining(storage, t, found[t.name], states[t.name]) for t in source.tables}


def _remaining(
    storage: FileStorage, table: FileTable, listed: Sequence[FileInfo], state: TableState
) -> Remaining:
    processed = landed_files(state) if listed else ProcessedFiles()
    new = [found for found in listed if not processed.is_unchanged(found)]
    if new:
        add_quarantined(processed, table, state)
        new = [found for found in new if not processed.is_unchanged(found)]
    if sum(found.size for found in new) <= HASHED_BYTES:
        new = [found for found in new if not _is_known(storage, found, processed)]
    count = len(new)
    text = f"{count:,} file{'' if count == 1 else 's'}"
    return Remaining(text, "files", count)


def _is_known(storage: FileStorage, found: FileInfo, processed: ProcessedFiles) -> bool:
    """Whether a file holds what was processed under another name or time."""
    try:
        with storage.open(found) as file:
            content = hashlib.file_digest(cast("Any", file.stream), "sha256").hexdigest()
    except (OSError, FileLeftError):
        return False
    return content in processed.hashes
