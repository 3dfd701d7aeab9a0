"""One PostgreSQL table being read: COPY's blocks -> batches, in three threads.

The event loop receives COPY data in one thread, a second parses it, and whoever iterates over the
batches (landing, which has Parquet written) is the third; bounded channels lie between them.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from types import TracebackType
from typing import TYPE_CHECKING

from ingestion.connectors.batches import Batch, ReadSummary
from ingestion.connectors.channel import AbandonedError, Channel
from ingestion.connectors.postgres.position import PostgresPosition
from ingestion.connectors.postgres.query import ReadPlan, plan_keys
from ingestion.connectors.postgres.watermark import Watermark
from ingestion.declarations.columns import RawColumn
from ingestion.personal_data import Tokeniser
from lake.errors import LoadError

if TYPE_CHECKING:
    import pyarrow as pa

WAITING_BLOCKS = 4
WAITING_BATCHES = 12


class PostgresReading:
    """One table being read; iterate over `batches`, then over `keys` if they were asked for."""

    has_error_threshold = True

    def __init__(
        self,
        plan: ReadPlan,
        watermark: Watermark | None,
        before: PostgresPosition,
        tokeniser: Tokeniser | None,
        with_keys: bool,
    ) -> None:
        """Make a reading that `begin` sets going."""
        self.plan = plan
        self.watermark = watermark
        self.rows_sent = 0
        self.blocks: Channel[bytes] = Channel(WAITING_BLOCKS)
        self.key_blocks: Channel[bytes] = Channel(WAITING_BLOCKS)
        self.summary = ReadSummary(notes=list(_notes(plan, watermark, before)), is_held=True)
        self._before = before
        self._cursor: str | None = None
        self._tokeniser = tokeniser
        self._with_keys = with_keys
        self._parsed: Channel[Batch] = Channel(WAITING_BATCHES)
        self._copying: Future[None] | None = None
        self._abort: Callable[[], None] = lambda: None
        self._parser: threading.Thread | None = None

    def __enter__(self) -> PostgresReading:
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
    def extra_columns(self) -> tuple[RawColumn, ...]:
        """The undeclared columns that are landed, by the policy of the table."""
        return tuple(RawColumn(column.name, column.data_type) for column in self.plan.evolved)

    def begin(self, copying: Future[None], abort: Callable[[], None]) -> None:
        """Start parsing what `copying` receives; `abort` is called if the reading ends early."""
        self._copying, self._abort = copying, abort
        self.summary.is_held = False
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
        self._note_position()
        if self.summary.rows_read != self.rows_sent:
            raise LoadError(
                f"{self.plan.table.label}: PostgreSQL sent {self.rows_sent} rows,"
                f" {self.summary.rows_read} arrived",
                "nothing was committed; run it again",
            )

    @property
    def keys(self) -> Iterator[pa.Table] | None:
        """The keys of all rows that exist upstream in the same snapshot, as tables of key columns.

        Take them after `batches`. None where they were not asked for.
        """
        return self._parsed_keys() if self._with_keys else None

    def _parsed_keys(self) -> Iterator[pa.Table]:
        from ingestion.connectors.postgres.parsing import BlockParser

        parser = BlockParser(plan_keys(self.plan), self._tokeniser)
        for block in self.key_blocks:
            yield parser.parse(block).rows

    def _note_position(self) -> None:
        """Say how far has been read: without new rows, as far as before."""
        cursor = None
        if self.watermark is not None:
            cursor = self._cursor or self._before.cursor
        self.summary.position = PostgresPosition(cursor, self.plan.upstream.fingerprint).stored()
        self.summary.reached = cursor

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
            self._cursor = parser.cursor
            self._parsed.put(batch)
        self.summary.content = content.hexdigest() if self.watermark is None else None
        self._parsed.end()


def _notes(plan: ReadPlan, watermark: Watermark | None, before: PostgresPosition) -> Iterator[str]:
    """Say what a person should know about how a table is read."""
    if watermark and watermark.note:
        yield watermark.note
    if plan.rescued:
        yield f"undeclared columns kept in _rescued: {', '.join(plan.rescued)}"
    if plan.evolved:
        added = ", ".join(f"{column.name} {column.data_type}" for column in plan.evolved)
        yield f"undeclared columns landed as columns: {added}"
    if before.upstream and before.upstream != plan.upstream.fingerprint:
        yield "the columns of the upstream table have changed since the last load"
