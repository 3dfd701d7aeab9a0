"""How far a database is ahead of its tables: positions + the server's clock -> the cursor's age.

The tables themselves are not asked: the greatest cursor of one without an index would be a scan.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from ingestion.connectors.base import ConnectorContext, TableState
from ingestion.connectors.postgres.connection import connect, named_failures
from ingestion.connectors.postgres.declaration import PostgresSource, PostgresTable
from ingestion.connectors.postgres.position import PostgresPosition
from ingestion.connectors.remaining import ANSWER_SECONDS, Remaining
from ingestion.declarations import LoadMode
from lake.errors import EnvironmentFault


def remaining_rows(
    source: PostgresSource, context: ConnectorContext, states: Mapping[str, TableState]
) -> dict[str, Remaining]:
    """Return how old the greatest landed cursor of each table is, by the server's clock.

    Raises FirnError when the server does not answer or refuses.
    """
    now = asyncio.run(_server_time(source, context))
    return {table.name: _behind(table, states[table.name], now) for table in source.tables}


async def _server_time(source: PostgresSource, context: ConnectorContext) -> datetime:
    import asyncpg  # noqa: F401 - not on the server's time

    url = context.settings.connection(source.connection)
    try:
        async with asyncio.timeout(ANSWER_SECONDS):
            connection = await connect(source.connection, url, context.settings.environment())
            try:
                with named_failures(f"asking {source.name} for its time"):
                    now: datetime = await connection.fetchval("select clock_timestamp()")
            finally:
                connection.terminate()
    except TimeoutError:
        raise EnvironmentFault(
            f"{source.name}: the database did not answer within {ANSWER_SECONDS:.0f} seconds",
            f"is it running, and is {source.connection} its address? firn doctor looks",
        ) from None
    return now


def _behind(table: PostgresTable, state: TableState, now: datetime) -> Remaining:
    if table.load is LoadMode.FULL:
        return Remaining("read whole")
    cursor = PostgresPosition.of(state.position).cursor
    if cursor is None:
        return Remaining("nothing read yet")
    moment = _moment(cursor)
    behind = max(now - moment, timedelta()) if moment else None
    return Remaining(f"{table.cursor} {cursor}", behind=behind)


def _moment(cursor: str) -> datetime | None:
    """Return the time that a cursor says: None for numbers, and for times of an unknown zone."""
    try:
        moment = datetime.fromisoformat(cursor)
    except ValueError:
        return None
    if moment.tzinfo is None and len(cursor) == len("2026-01-31"):
        return moment.replace(tzinfo=UTC) + timedelta(days=1)  # a date is over with its last hour
    return moment if moment.tzinfo else None
