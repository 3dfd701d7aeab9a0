"""Looks at a PostgreSQL source: declaration + database -> a sentence, or every difference."""

from __future__ import annotations

from ingestion.connectors.base import ConnectorContext
from ingestion.connectors.postgres.declaration import PostgresSource
from ingestion.connectors.postgres.reader import PostgresReader
from ingestion.connectors.postgres.url import parse_url


def check_source(source: PostgresSource, context: ConnectorContext) -> str:
    """Say what the database answers, and what of a server elsewhere is not checked.

    Raises FirnError when it is not as declared.
    """
    with PostgresReader(source, context) as reader:
        reader.prepare()
    url = context.settings.connection(source.connection)
    address = parse_url(source.connection, url, context.settings.environment())
    warning = f"; {address.tls.warning}" if address.tls.warning else ""
    return f"{len(source.tables)} tables as declared{warning}"
