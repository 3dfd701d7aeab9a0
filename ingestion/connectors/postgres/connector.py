"""The connector `postgres`: a database's tables, read by COPY from one snapshot each."""

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
from ingestion.connectors.postgres.declaration import MODELS, PostgresSource, PostgresTable
from ingestion.connectors.postgres.position import PostgresPosition
from ingestion.declarations.draft import Draft
from lake.settings import Settings
from lake.types import DataType

if TYPE_CHECKING:
    from ingestion.connectors.postgres.reader import PostgresReader
    from ingestion.connectors.postgres.replay import PostgresReplayReader


class PostgresConnector(ConnectorType[PostgresSource, PostgresTable]):
    """Tables of PostgreSQL databases."""

    name = "postgres"
    models = MODELS

    def connect(self, source: PostgresSource, context: ConnectorContext) -> PostgresReader:
        """Return a session with a database; nothing is connected yet."""
        from ingestion.connectors.postgres.reader import PostgresReader

        return PostgresReader(source, context)

    def check(self, source: PostgresSource, context: ConnectorContext) -> str:
        """Compare all tables with the database. Raises FirnError when they differ."""
        from ingestion.connectors.postgres.check import check_source

        return check_source(source, context)

    def remaining(
        self, source: PostgresSource, context: ConnectorContext, states: Mapping[str, TableState]
    ) -> Mapping[str, Remaining]:
        """Return how old each table's cursor is. Raises FirnError when there is no answer."""
        from ingestion.connectors.postgres.remaining import remaining_rows

        return remaining_rows(source, context, states)

    def replay_reader(
        self, table: PostgresTable, context: ConnectorContext, evolved: Mapping[str, DataType]
    ) -> PostgresReplayReader:
        """Return the reader of a table's rows in quarantine."""
        from ingestion.connectors.postgres.replay import PostgresReplayReader

        return PostgresReplayReader(table, evolved, context.tokeniser)

    def describe(self, position: Position | None) -> str | None:
        """Say a position to people: the greatest cursor landed."""
        return PostgresPosition.of(position).cursor

    def draft(self, request: DraftRequest, settings: Settings) -> Draft:
        """Return a draft for the tables of a schema (`options["schema"]`)."""
        from ingestion.connectors.postgres.draft import draft_source

        return draft_source(request, settings)


CONNECTOR = PostgresConnector()
