"""Looks at a source of files: declaration + storage -> a sentence."""

from __future__ import annotations

from ingestion.connectors.base import ConnectorContext
from ingestion.connectors.files.declaration import FileSource
from ingestion.connectors.files.storage.factory import open_storage


def check_source(source: FileSource, context: ConnectorContext) -> str:
    """Say how many files lie there. Raises FirnError when the storage cannot be listed."""
    storage = open_storage(context.settings, source.connection)
    count = sum(len(storage.list(table.files).files) for table in source.tables)
    return f"{count:,} files for {len(source.tables)} tables"
