"""Reads one PostgreSQL source table by table: request -> batches from one snapshot, three threads.

The event loop receives COPY data in one thread, a second parses it, and whoever iterates over the
batches (landing, which has Parquet written) is the third; bounded channels lie between them.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING

from pydantic import SecretStr

from ingestion.connectors.batches import Batch, ReadSummary
from ingestion.connectors.channel import AbandonedError, Channel
from ingestion.connectors.postgres.catalog_summary import Outline, read_outlines
from ingestion.connectors.postgres.connection import connect, named_failures
from ingestion.connectors.postgres.copy import copy_blocks
from ingestion.connectors.postgres.query import (
    ReadPlan,
    plan_columns,
    plan_keys,
    select_rows,
)
from ingestion.connectors.postgres.session import LoopThread
from ingestion.connectors.postgres.upstream import UpstreamTable, check_upstream, read_upstream
from ingestion.connectors.postgres.watermark import Watermark, find_watermark
from ingestion.declarations import LoadMode, PostgresSource, PostgresTable
from ingestion.loading.personal_data import Tokeniser
from lake.errors import LoadError
from lake.settings import Failpoint

if TYPE_CHECKING:
    import asyncpg

WAITING_BLOCKS = 4
WAITING_BATCHES = 12


@dataclass(frozen=True)
class Request:
    """What to read: a table, above which cursor (None: all), and whether all keys too."""

    table: PostgresTable
    lower: str | None = None
    with_keys: bool = False


class PostgresReader:
    """A session with one source's database; use it in a `with` block."""

    def __init__(
        self,
        source: PostgresSource,
        url: SecretStr,
        tokeniser: Callable[[], Tokeniser],
        failpoint: Failpoint | None = None,
    ) -> None:
        """Prepare to read `source` at `url`; nothing is connected yet.

        `tokeniser` is asked for only when a table has personal data.
        """
        self._source = source
        self._url = url
        self._tokeniser = tokeniser
        self._failpoint = failpoint
        self._loop = LoopThread()
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

    def check(self) -> None:
        """Compare all tables of the source with the database before anything is read.

        Raises ConfigurationError with every difference, EnvironmentFault if there is no server.
        """
        self._loop.run(self._upstream(self._source.tables, whole_schema=True))

    def outline(self) -> list[Outline]:
        """Return what the source's schema holds, for a draft of its declaration."""
        return self._loop.run(self._outlines())

    def read(self, request: Request) -> Reading:
        """Start reading; iterate over the result within a `with` block.

        Raises ConfigurationError when declaration and database no longer agree.
        """
        table = request.table
        with named_failures(f"reading {table.label}"):
            upstream, watermark = self._loop.run(self._prepare(table))
        plan = plan_columns(table, upstream)
        tokeniser = self._tokeniser() if table.has_personal_data else None
        reading = Reading(plan, watermark, tokeniser, request.with_keys)
        if watermark is None or watermark.upper is not None:
            reading.begin(self._loop.start(self._copy(reading, request)), self.disconnect)
        return reading

    def disconnect(self) -> None:
        """Drop the connection, whatever it is doing; the next request opens a new one."""
        self._loop.run(self._drop())

    async def _drop(self) -> None:
        if self._connection is not None:
            self._connection.terminate()
            self._connection = None

    async def _connected(self) -> asyncpg.Connection:
        if self._connection is None or self._connection.is_closed():
            self._connection = await connect(self._source.connection, self._url)
        return self._connection

    async def _outlines(self) -> list[Outline]:
        connection = await self._connected()
        with named_failures(f"reading the catalog for {self._source.name}"):
            return await read_outlines(connection, self._source.upstream_schema)

    async def _upstream(
        self, tables: tuple[PostgresTable, ...], whole_schema: bool = False
    ) -> dict[str, UpstreamTable]:
        connection = await self._connected()
        names = None if whole_schema else [table.upstream_table for table in tables]
        with named_failures(f"reading the catalog for {self._source.name}"):
            upstream = await read_upstream(connection, self._source.upstream_schema, names)
        check_upstream(tables, upstream)
        return upstream

    async def _prepare(self, table: PostgresTable) -> tuple[UpstreamTable, Watermark | None]:
        """Look at the table as it is now and, for an increment, find the watermark."""
        upstream = (await self._upstream((table,)))[table.upstream_table]
        if table.load is LoadMode.FULL:
            return upstream, None
        return upstream, await find_watermark(await self._connected(), table, upstream)

    async def _copy(self, reading: Reading, request: Request) -> None:
        """Copy the rows, and the keys if wanted, out of one snapshot.

        The last channel ends when all this has: the next reading uses the same connection.
        """
        connection = await self._connected()
        query = select_rows(reading.plan, request.lower, reading.watermark)
        with named_failures(f"reading {request.table.label}"):
            async with connection.transaction(isolation="repeatable_read", readonly=True):
                reading.rows_sent = await copy_blocks(
                    connection, query, reading.blocks, self._failpoint
                )
                if request.with_keys:
                    reading.blocks.end()
                    keys = select_rows(plan_keys(reading.plan), None, None)
                    await copy_blocks(connection, keys, reading.key_blocks)


class Reading:
    """One table being read; iterate over `batches`, then over `keys` if they were asked for."""

    def __init__(
        self,
        plan: ReadPlan,
        watermark: Watermark | None,
        tokeniser: Tokeniser | None,
        with_keys: bool,
    ) -> None:
        """Make a reading that `begin` sets going."""
        self.plan = plan
        self.watermark = watermark
        self.rows_sent = 0
        self.blocks: Channel[bytes] = Channel(WAITING_BLOCKS)
        self.key_blocks: Channel[bytes] = Channel(WAITING_BLOCKS)
        self.summary = ReadSummary(upstream=plan.upstream.fingerprint)
        self._tokeniser = tokeniser
        self._with_keys = with_keys
        self._parsed: Channel[Batch] = Channel(WAITING_BATCHES)
        self._copying: Future[None] | None = None
        self._abort: Callable[[], None] = lambda: None
        self._parser: threading.Thread | None = None

    def __enter__(self) -> Reading:
        """Return the reading itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop all threads that still work for this reading."""
        for channel in (self._parsed, self.blocks, self.key_blocks):
            channel.abandon()
        if self._copying is not None and error is not None:
            self._copying.cancel()
            self._abort()
        if self._parser is not None:
            self._parser.join()

    @property
    def is_held(self) -> bool:
        """Whether nothing may be read this time, because of an open transaction."""
        return self._copying is None

    def begin(self, copying: Future[None], abort: Callable[[], None]) -> None:
        """Start parsing what `copying` receives; `abort` is called if the reading ends early."""
        self._copying, self._abort = copying, abort
        copying.add_done_callback(self._end_channels)
        self._parser = threading.Thread(target=self._parse, name="parse", daemon=True)
        self._parser.start()

    @property
    def batches(self) -> Iterator[Batch]:
        """All batches of the reading; the summary is complete when they end.

        Raises LoadError when the connection breaks or rows went missing on the way.
        """
        if self._copying is None:
            return
        for batch in self._parsed:
            self.summary.rows_read += batch.read_count
            yield batch
        if self.summary.rows_read != self.rows_sent:
            raise LoadError(
                f"{self.plan.table.label}: PostgreSQL sent {self.rows_sent} rows,"
                f" {self.summary.rows_read} arrived",
                "nothing was committed; run it again",
            )

    @property
    def keys(self) -> Iterator[Batch]:
        """The keys of all rows that exist upstream in the same snapshot, as batches of key columns.

        Take them after `batches`.
        """
        from ingestion.connectors.postgres.parsing import BlockParser

        parser = BlockParser(plan_keys(self.plan), self._tokeniser)
        for block in self.key_blocks:
            yield parser.parse(block)

    def _end_channels(self, copying: Future[None]) -> None:
        error = None if copying.cancelled() else copying.exception()
        self.blocks.end(error)
        self.key_blocks.end(error)

    def _parse(self) -> None:
        try:
            self._parse_blocks()
        except AbandonedError:
            pass
        except BaseException as error:  # noqa: BLE001 - raised again where batches are taken
            self._parsed.end(error)
        finally:
            self.blocks.abandon()

    def _parse_blocks(self) -> None:
        import hashlib

        parser = None
        future = self.watermark.future if self.watermark else None
        content = hashlib.sha256()
        for block in self.blocks:
            if parser is None:
                from ingestion.connectors.postgres.parsing import BlockParser

                parser = BlockParser(self.plan, self._tokeniser, future)
            if self.watermark is None:
                content.update(block)
            self.summary.bytes_read += len(block)
            batch = parser.parse(block)
            self.summary.cursor = parser.cursor
            self._parsed.put(batch)
        self.summary.content = content.hexdigest() if self.watermark is None else None
        self._parsed.end()
