"""Reads one PostgreSQL source table by table: request -> batches from one snapshot each."""

from __future__ import annotations

from types import TracebackType
from typing import TYPE_CHECKING

from ingestion.connectors.base import ConnectorContext, ReadRequest
from ingestion.connectors.postgres.catalog_summary import TableSummary, summarize_catalog
from ingestion.connectors.postgres.connection import connect, named_failures
from ingestion.connectors.postgres.copy import copy_blocks
from ingestion.connectors.postgres.declaration import PostgresSource, PostgresTable
from ingestion.connectors.postgres.lock_waits import LockWatch
from ingestion.connectors.postgres.loop_thread import LoopThread
from ingestion.connectors.postgres.position import PostgresPosition
from ingestion.connectors.postgres.query import plan_columns, plan_keys, select_rows
from ingestion.connectors.postgres.reading import PostgresReading
from ingestion.connectors.postgres.transaction import (
    Session,
    reading_transaction,
    require_settings,
)
from ingestion.connectors.postgres.upstream import UpstreamTable, check_upstream, read_upstream
from ingestion.connectors.postgres.watermark import Watermark, find_watermark
from ingestion.declarations import LoadMode

if TYPE_CHECKING:
    import asyncpg


class PostgresReader:
    """A session with one source's database; use it in a `with` block."""

    def __init__(self, source: PostgresSource, context: ConnectorContext) -> None:
        """Prepare to read `source`; nothing is connected yet.

        A tokeniser is asked for only when a table has personal data. Raises ConfigurationError when
        the variable of the source's connection is not set.
        """
        self._source = source
        self._url = context.settings.connection(source.connection)
        self._environment = context.settings.environment()
        self._tokeniser = context.tokeniser
        self._failpoint = context.settings.failpoint
        self._loop = LoopThread()
        self._watch = LockWatch(self._open, context.on_wait)
        self._connection: asyncpg.Connection | None = None

    def __enter__(self) -> PostgresReader:
        """Return the reader itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End the session and its thread."""
        self.disconnect()
        self._loop.close()

    def prepare(self) -> None:
        """Compare all tables of the source with the database before anything is read.

        Raises ConfigurationError with every difference, EnvironmentFault if there is no server.
        """
        self._loop.run(self._upstream(self._source.tables, whole_schema=True))

    def summarize_catalog(self) -> list[TableSummary]:
        """Return what the source's schema holds, for a draft of its declaration."""
        return self._loop.run(self._summaries())

    def read(self, request: ReadRequest[PostgresTable]) -> PostgresReading:
        """Start reading; iterate over the result within a `with` block.

        Raises ConfigurationError when declaration and database no longer agree.
        """
        table = request.table
        with named_failures(f"reading {table.label}"):
            upstream, watermark = self._loop.run(self._prepare(table))
        before = PostgresPosition.of(request.state.position)
        tokeniser = self._tokeniser() if table.has_personal_data else None
        reading = PostgresReading(
            plan_columns(table, upstream), watermark, before, tokeniser, request.with_keys
        )
        if watermark is None or watermark.upper is not None:
            copying = self._loop.start(self._copy(reading, before.cursor, request.with_keys))
            reading.begin(copying, self.disconnect)
        return reading

    def disconnect(self) -> None:
        """Drop the connection, whatever it is doing; the next request opens a new one."""
        self._loop.run(self._drop())

    async def _drop(self) -> None:
        if self._connection is not None:
            self._connection.terminate()
            self._connection = None

    async def _open(self) -> asyncpg.Connection:
        return await connect(self._source.connection, self._url, self._environment)

    async def _session(self) -> Session:
        if self._connection is None or self._connection.is_closed():
            self._connection = await self._open()
        return Session(self._connection, self._watch)

    async def _summaries(self) -> list[TableSummary]:
        session = await self._session()
        with named_failures(f"reading the catalog for {self._source.name}"):
            return await summarize_catalog(session, self._source.upstream_schema)

    async def _upstream(
        self, tables: tuple[PostgresTable, ...], whole_schema: bool = False
    ) -> dict[str, UpstreamTable]:
        session = await self._session()
        names = None if whole_schema else [table.upstream_table for table in tables]
        with named_failures(f"reading the catalog for {self._source.name}"):
            upstream = await read_upstream(session, self._source.upstream_schema, names)
        check_upstream(tables, upstream)
        return upstream

    async def _prepare(self, table: PostgresTable) -> tuple[UpstreamTable, Watermark | None]:
        """Look at the table as it is now and, for an increment, find the watermark."""
        upstream = (await self._upstream((table,)))[table.upstream_table]
        if table.load is LoadMode.FULL:
            return upstream, None
        return upstream, await find_watermark(await self._session(), table, upstream)

    async def _copy(self, reading: PostgresReading, lower: str | None, with_keys: bool) -> None:
        """Copy the rows above the cursor `lower`, and the keys if wanted, out of one snapshot.

        The last channel ends when all this has: the next reading uses the same connection.
        """
        session = await self._session()
        query = select_rows(reading.plan, lower, reading.watermark)
        with named_failures(f"reading {reading.plan.table.label}"):
            async with reading_transaction(session) as connection:
                await require_settings(connection)
                reading.rows_sent = await copy_blocks(
                    connection, query, reading.blocks, self._failpoint
                )
                if with_keys:
                    reading.blocks.end()
                    keys = select_rows(plan_keys(reading.plan), None, None)
                    await copy_blocks(connection, keys, reading.key_blocks)
