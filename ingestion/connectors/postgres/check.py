"""Looks at a PostgreSQL source: declaration + database -> a sentence, or every difference."""

from __future__ import annotations

from ingestion.connectors.base import ConnectorContext
from ingestion.connectors.postgres.declaration import PostgresSource
from ingestion.connectors.postgres.reader import PostgresReader


def check_source(source: PostgresSource, context: ConnectorContext) -> str:
    """Say what the database answers. Raises FirnError when it is not as declared."""
    with PostgresReader(source, context) as reader:
        reader.prepare()
    return f"{len(source.tables)} tables as declared"
