"""Loads one table: progress -> reading -> landing, quarantine, books -> one commit, or none."""

from __future__ import annotations

import hashlib
import time
from collections import deque
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ingestion.connectors.postgres import PostgresReader, Reading, Request
from ingestion.declarations import LoadMode, PostgresTable
from ingestion.loading.load_history import Record
from ingestion.loading.load_metadata import LoadMetadata
from ingestion.loading.progress import Progress
from ingestion.loading.row_counts import (
    RowCounts,
    exceeds_error_threshold,
    make_record,
    write_notes,
)
from ingestion.quarantine.store import Quarantine
from ingestion.raw_tables.schema import SHAPE_PROPERTY, RawColumn, RawShape
from ingestion.results import IngestOptions, LoadResult, OnEvent, Outcome, TableProgress
from lake.errors import DataLossError, FirnError
from lake.lake import Lake
from lake.retry import replan_on_conflict
from lake.settings import Failpoint

if TYPE_CHECKING:
    from ingestion.raw_tables.landing import Landing

ABORT_AFTER_REJECTIONS = 50_000


@dataclass(frozen=True)
class LoadContext:
    """What all loads of one run share; `token_mark` tells one token key from another."""

    lake: Lake
    reader: PostgresReader
    options: IngestOptions
    on_event: OnEvent
    token_mark: str = ""
    failpoint: Failpoint | None = None


def load_table(context: LoadContext, table: PostgresTable) -> tuple[LoadResult, Record | None]:
    """Load `table`; return how it ended and its record for ops.loads if it read any rows.

    A load that somebody else's commit overtook is planned again, a few times. A fault that Firn can
    name is in the result.
    """
    started = time.monotonic()
    try:
        result, record = replan_on_conflict(lambda: _Load(context, table).run())
    except FirnError as error:
        result, record = LoadResult(table.label, Outcome.FAILED, error=error), None
    return replace(result, seconds=time.monotonic() - started), record


class _Load:
    """One attempt to load one table, planned from the progress stored when it begins."""

    def __init__(self, context: LoadContext, table: PostgresTable) -> None:
        self._context = context
        self._table = table
        self._stored = context.lake.stored(table.identifier)
        self._before = Progress.of(self._stored.properties if self._stored else {})
        self._stamp = LoadMetadata.after(self._before)
        self._quarantine = Quarantine(context.lake, table, self._stamp)
        self._landing: Landing | None = None
        self._deleted_count = 0
        self._null_notes: list[str] = []

    def run(self) -> tuple[LoadResult, Record | None]:
        """Read, land and commit. Raises FirnError with nothing committed."""
        request = Request(
            self._table,
            lower=None if self._replaces else self._before.cursor,
            with_keys=self._compares_keys,
        )
        try:
            with self._context.reader.read(request) as reading:
                if reading.is_held:
                    notes = tuple(write_notes(reading, self._before))
                    return LoadResult(self._table.label, Outcome.HELD, notes=notes), None
                self._take_batches(reading)
                self._quarantine.store()
                if self._compares_keys:
                    self._take_tombstones(reading)
                Failpoint.AFTER_COPY.reached(self._context.failpoint)
                return self._commit_or_skip(reading)
        except BaseException:
            if self._landing is not None:
                self._landing.discard()
            raise

    @property
    def _replaces(self) -> bool:
        """Whether this load takes the place of all rows there are."""
        return self._table.load is LoadMode.FULL or self._context.options.full_refresh

    @property
    def _compares_keys(self) -> bool:
        """Whether rows that are gone upstream become tombstones.

        A load that replaces the table does so always: a table that forgot that a row was ever
        there would tell silver, when it is built anew, less than silver knows already.
        """
        has_rows = self._stored is not None and self._stored.snapshot_id is not None
        return has_rows and (self._context.options.deletes or self._replaces)

    def _take_batches(self, reading: Reading) -> None:
        """Write what can be landed and set aside what cannot, until the reading ends."""
        if self._replaces or not self._is_made_to(self._shape(reading)):
            self._open_landing(reading)
        for batch in reading.batches:
            self._quarantine.add(batch.rejections)
            self._open_landing(reading).write(batch.rows)
            read = reading.summary.rows_read
            self._context.on_event(TableProgress(self._table.label, read))
            rejected = self._quarantine.count
            if rejected > ABORT_AFTER_REJECTIONS and exceeds_error_threshold(read, rejected):
                self._quarantine.store()
                RowCounts(self._table.label, read=read, quarantined=rejected).require_mostly_good()

    def _take_tombstones(self, reading: Reading) -> None:
        """Land the last version of every row that is gone upstream once more, as deleted."""
        from ingestion.loading.deletes import find_deleted, read_versions

        keys = (batch.rows for batch in reading.keys)
        landing = self._open_landing(reading)
        if self._is_unchanged(reading) or not self._has_key_columns(landing):
            deque(keys, maxlen=0)  # the keys are on their way, so they have to be taken
            return
        cursor = self._table.cursor if self._table.load is LoadMode.INCREMENTAL else None
        deleted = find_deleted(
            landing.table, self._table.key, cursor, keys, with_tombstones=self._replaces
        )
        is_emptied = deleted.is_everything and not self._replaces
        if is_emptied and not self._context.options.allow_empty:
            raise DataLossError(
                f"{self._table.label}: all {deleted.count} rows are gone upstream",
                f"if that is meant: firn ingest {self._table.label} --deletes --allow-empty",
            )
        self._deleted_count = deleted.count
        if deleted.versions.num_rows:
            for versions in read_versions(landing.table, self._table.key, deleted):
                landing.write_tombstones(versions)

    def _has_key_columns(self, landing: Landing) -> bool:
        """Whether the table was landed under the key that is declared now."""
        return set(self._table.key) <= set(landing.table.schema().column_names)

    def _is_unchanged(self, reading: Reading) -> bool:
        """Whether a full load has read exactly what was landed before."""
        is_full = self._table.load is LoadMode.FULL and not self._context.options.full_refresh
        return is_full and self._progress_after(reading) == self._before.content

    def _commit_or_skip(self, reading: Reading) -> tuple[LoadResult, Record | None]:
        """Check the books and commit, unless there is nothing to commit."""
        landing = self._landing
        if landing is not None:
            landing.finish()
        books = self._books(reading)
        books.require_mostly_good()
        books.require_balance()
        after = self._progress_after(reading)
        record = make_record(self._table, self._stamp, books, (self._before, after))
        record["bytes_read_count"] = reading.summary.bytes_read
        notes = write_notes(reading, self._before) + self._null_notes
        if books.quarantined:
            notes.append(f"{books.quarantined} rows are in quarantine.{self._table.source}")
        record["notes"] = "; ".join(notes) or None
        if landing is None or not self._is_worth_a_commit(landing, books, reading):
            if landing is not None:
                landing.discard()
            result = LoadResult.of(self._table.label, Outcome.NOTHING_NEW, record, notes)
            return result, record if books.quarantined else None
        progress = self._progress(reading, after, record)
        landing.commit(self._context.lake.catalog, progress, self._context.failpoint)
        return LoadResult.of(self._table.label, Outcome.LANDED, record, notes), record

    def _is_worth_a_commit(self, landing: Landing, books: RowCounts, reading: Reading) -> bool:
        """Whether the commit would change the table. Raises DataLossError if it would empty it."""
        if not self._replaces:
            return landing.written_count > 0
        if self._is_unchanged(reading):
            return False
        if books.landed == 0 and landing.existing_count > 0:
            if not self._context.options.allow_empty:
                raise DataLossError(
                    f"{self._table.label}: no row can be read any more, the raw table holds"
                    f" {landing.existing_count}",
                    f"if that is meant: firn ingest {self._table.label} --allow-empty",
                )
            return True
        return landing.written_count > 0

    def _books(self, reading: Reading) -> RowCounts:
        landing = self._landing
        tombstones = landing.tombstones_count if landing else 0
        return RowCounts(
            self._table.label,
            read=reading.summary.rows_read,
            landed=landing.written_count - tombstones if landing else 0,
            quarantined=self._quarantine.count,
            deleted=self._deleted_count,
            bytes_written=landing.written_bytes if landing else 0,
        )

    def _progress_after(self, reading: Reading) -> str | None:
        """Return the cursor reached, for a full load a hash of all that its rows are made of."""
        if self._table.load is LoadMode.INCREMENTAL:
            return reading.summary.cursor or (None if self._replaces else self._before.cursor)
        made_of = (reading.summary.content, self._shape(reading).fingerprint)
        return hashlib.sha256(repr((*made_of, self._context.token_mark)).encode()).hexdigest()

    def _progress(self, reading: Reading, after: str | None, record: Record) -> Progress:
        is_full = self._table.load is LoadMode.FULL
        return Progress(
            load_id=self._stamp.load_id,
            ingested_at=self._stamp.ingested_at.isoformat(),
            cursor=None if is_full else after,
            content=after if is_full else None,
            upstream=reading.plan.upstream.fingerprint,
            record=record,
        )

    def _shape(self, reading: Reading) -> RawShape:
        evolved = (RawColumn(c.name, c.data_type) for c in reading.plan.evolved)
        return RawShape.of(self._table, evolved)

    def _is_made_to(self, shape: RawShape) -> bool:
        """Whether the stored table has this shape already."""
        stored = self._stored.properties if self._stored else {}
        return stored.get(SHAPE_PROPERTY) == shape.fingerprint

    def _open_landing(self, reading: Reading) -> Landing:
        """Open the raw table, made or widened as declared, at the snapshot this load began with."""
        if self._landing is None:
            from ingestion.raw_tables.landing import Planned, open_landing

            planned = Planned(self._context.lake, self._stored, self._stamp, self._replaces)
            self._landing, self._null_notes = open_landing(planned, self._shape(reading))
        return self._landing
