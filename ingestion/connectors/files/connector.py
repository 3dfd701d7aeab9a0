"""The connector `files`: files dropped in a folder or a bucket, each of them taken once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from ingestion.connectors.base import (
    ConnectorContext,
    ConnectorType,
    DraftRequest,
    Remaining,
    TableState,
)
from ingestion.connectors.batches import Position
from ingestion.connectors.files.declaration import MODELS, FileSource, FileTable
from ingestion.declarations.draft import Draft
from lake.settings import Settings
from lake.types import DataType

if TYPE_CHECKING:
    from ingestion.connectors.files.arrivals import FileArrivals
    from ingestion.connectors.files.reader import FilesReader
    from ingestion.connectors.files.replay import FilesReplayReader


class FilesConnector(ConnectorType[FileSource, FileTable]):
    """Files of a folder, or of the prefix of an S3 bucket.

    What has been read stands in the table itself, file by file: there is no position.
    """

    name = "files"
    models = MODELS

    def connect(self, source: FileSource, context: ConnectorContext) -> FilesReader:
        """Return a session with a storage. Raises ConfigurationError, EnvironmentFault."""
        from ingestion.connectors.files.reader import FilesReader

        return FilesReader(source, context)

    def check(self, source: FileSource, context: ConnectorContext) -> str:
        """Say how many files lie there. Raises FirnError when the storage cannot be listed."""
        from ingestion.connectors.files.check import check_source

        return check_source(source, context)

    def remaining(
        self, source: FileSource, context: ConnectorContext, states: Mapping[str, TableState]
    ) -> Mapping[str, Remaining]:
        """Return how many files wait. Raises FirnError when they cannot be listed."""
        from ingestion.connectors.files.remaining import remaining_files

        return remaining_files(source, context, states)

    def replay_reader(
        self,
        table: FileTable,
        context: ConnectorContext,
        evolved: Mapping[str, DataType],  # noqa: ARG002 - files land declared columns only
    ) -> FilesReplayReader:
        """Return the reader of a table's rows in quarantine."""
        from ingestion.connectors.files.replay import FilesReplayReader

        return FilesReplayReader(table, context.tokeniser)

    def describe(self, position: Position | None) -> str | None:  # noqa: ARG002
        """Return None: there is no position."""
        return None

    def draft(self, request: DraftRequest, settings: Settings) -> Draft:
        """Return a draft for the files that lie somewhere (`options["from_files"]`)."""
        from ingestion.connectors.files.draft import draft_source

        return draft_source(request, settings)

    def arrivals(self, source: FileSource, settings: Settings) -> FileArrivals:
        """Return what arrives in the storage. Raises ConfigurationError, EnvironmentFault."""
        from ingestion.connectors.files.arrivals import FileArrivals

        return FileArrivals.of(source, settings)


CONNECTOR = FilesConnector()
