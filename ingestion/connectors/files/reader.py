"""Reads the files of one source table by table: request -> new files -> a reading of them."""

from __future__ import annotations

from collections import defaultdict

from ingestion.connectors.base import ConnectorContext, ReadRequest
from ingestion.connectors.files.declaration import FileSource, FileTable
from ingestion.connectors.files.hold_back import Faults
from ingestion.connectors.files.new_files import NewFiles
from ingestion.connectors.files.processed_files import processed_files
from ingestion.connectors.files.reading import FileReading
from ingestion.connectors.files.storage.base import FileLeftError
from ingestion.connectors.files.storage.factory import open_storage


class FilesReader:
    """A session with one source's storage; use it in a `with` block.

    It remembers which files it found to be bad after rows of them were given, so that they are left
    out when their table is read again.
    """

    def __init__(self, source: FileSource, context: ConnectorContext) -> None:
        """Prepare to read `source`. Raises ConfigurationError, EnvironmentFault."""
        self._storage = open_storage(context.settings, source.connection)
        self._tokeniser = context.tokeniser
        self._faults: dict[str, Faults] = defaultdict(dict)

    def __enter__(self) -> FilesReader:
        """Return the reader itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Do nothing: each reading ends its own threads."""

    def prepare(self) -> None:
        """Do nothing: files are compared with their declaration one by one, as they are read."""

    def read(self, request: ReadRequest[FileTable]) -> FileReading:
        """Return the new files of a table, to be read in a `with` block."""
        table = request.table
        faults = self._faults[table.label]
        left = {name for name, fault in faults.items() if isinstance(fault, FileLeftError)}
        tokeniser = self._tokeniser() if table.needs_token_key else None
        new_files = NewFiles(
            self._storage,
            table,
            processed_files(table, request.state),
            left=left,
            tokeniser=tokeniser if table.has_secret_names else None,
        )
        return FileReading(new_files, table, tokeniser, faults)
