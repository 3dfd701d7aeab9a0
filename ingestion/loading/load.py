"""Loads one table: position -> reading -> landing, quarantine, row counts -> one commit, or none.

It is the same for every connector: what a reading gives is landed, and what it says of itself is
stored with the rows.
"""

from __future__ import annotations

import hashlib
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any

from ingestion.connectors.base import (
    Connector,
    ConnectorType,
    ReadAgainError,
    Reading,
    ReadRequest,
)
from ingestion.connectors.batches import Batch, RegistrableFile
from ingestion.connectors.error_threshold import exceeds_error_threshold
from ingestion.declarations import LoadMode, TableDeclaration
from ingestion.loading.gaps import GAPS
from ingestion.loading.load_history import Record
from ingestion.loading.origins import Origins
from ingestion.loading.row_counts import RowCounts, make_record
from ingestion.loading.table_state import LandedState, NoState
from ingestion.loading.written_tables import tables_of_load
from ingestion.quarantine.store import Quarantine
from ingestion.raw_tables.load_metadata import LoadMetadata
from ingestion.raw_tables.progress import Progress
from ingestion.raw_tables.schema import SHAPE_PROPERTY, RawShape
from ingestion.raw_tables.token_key import TokenKey
from ingestion.results import IngestOptions, LoadResult, OnEvent, Outcome, TableProgress
from lake.errors import DataLossError, FirnError
from lake.lake import Lake
from lake.retry import replan_on_conflict
from lake.settings import Failpoint
from lake.unexpected import fault_behind

if TYPE_CHECKING:
    from ingestion.raw_tables.landing import Landing

ABORT_AFTER_REJECTIONS = 50_000


@dataclass(frozen=True)
class LoadContext:
    """What all loads of one source share; `token_mark` tells one token key from another.

    `unrecorded` are by table the records of earlier loads that ops.loads does not hold yet.
    """

    lake: Lake
    kind: ConnectorType[Any, Any]
    connector: Connector
    options: IngestOptions
    on_event: OnEvent
    token_mark: str = ""
    failpoint: Failpoint | None = None
    is_over: Callable[[], bool] = lambda: False
    unrecorded: Mapping[str, Sequence[Record]] = field(default_factory=dict)


def load_table(context: LoadContext, table: TableDeclaration) -> tuple[LoadResult, Record | None]:
    """Load `table`; return how it ended and its record for ops.loads if it read any rows.

    A load that somebody else's commit overtook is planned again, a few times. Whatever is raised is
    in the result; the stack trace of what Firn does not know is in a log.
    """
    started = time.monotonic()
    try:
        result, record = replan_on_conflict(lambda: _load_until_whole(context, table))
    except FirnError as error:
        result, record = LoadResult(table.label, Outcome.FAILED, error=error), None
    except Exception as error:  # noqa: BLE001 - it costs this table, and no other
        fault = fault_behind(context.lake, table.label, tables_of_load(table), error)
        result, record = LoadResult(table.label, Outcome.FAILED, error=fault), None
    return replace(result, seconds=time.monotonic() - started), record


def _load_until_whole(
    context: LoadContext, table: TableDeclaration
) -> tuple[LoadResult, Record | None]:
    """Load; what has to be read again is, and the connector knows by then what to leave out."""
    while True:
        try:
            return _Load(context, table).run()
        except ReadAgainError:
            continue


class _Load:
    """One attempt to load one table, planned from the progress stored when it begins."""

    def __init__(self, context: LoadContext, table: TableDeclaration) -> None:
        self._context = context
        self._table = table
        self._stored = context.lake.stored(table.identifier)
        self._before = Progress.of(self._stored.properties if self._stored else {})
        self._load = LoadMetadata.after(self._before)
        self._token_key = TokenKey.of(self._stored.properties if self._stored else {})
        self._origins = Origins(table, context.options)
        self._quarantine = Quarantine(context.lake, table, self._load, self._token_mark)
        self._landing: Landing | None = None
        self._deleted_count = 0
        self._null_notes: list[str] = []

    def run(self) -> tuple[LoadResult, Record | None]:
        """Read, land and commit. Raises FirnError, ReadAgainError with nothing committed."""
        if not self._context.options.new_key:
            self._token_key.require(self._table.label, self._token_mark)
        try:
            with self._context.connector.read(self._request()) as reading:
                if reading.summary.is_held:
                    notes = tuple(reading.summary.notes)
                    return LoadResult(self._table.label, Outcome.HELD, notes=notes), None
                self._take_batches(reading)
                self._quarantine.store()
                if (keys := reading.keys) is not None:
                    self._take_tombstones(reading, keys)
                Failpoint.AFTER_COPY.reached(self._context.failpoint)
                return self._commit_or_skip(reading)
        except BaseException:
            if self._landing is not None:
                self._landing.discard()
            raise

    def _request(self) -> ReadRequest[TableDeclaration]:
        state = LandedState(self._context.lake, self._table, self._before.position)
        return ReadRequest(
            self._table,
            NoState() if self._replaces else state,
            with_keys=self._compares_keys,
            replaced=self._before.position if self._replaces else None,
            accept_gap=self._context.options.accept_gap,
            max_rows=self._context.options.max_rows,
            is_over=self._context.is_over,
        )

    @property
    def _token_mark(self) -> str:
        """The mark of the key that this load makes tokens with, if it makes any."""
        return self._context.token_mark if self._table.needs_token_key else ""

    @property
    def _replaces(self) -> bool:
        """Whether this load takes the place of all rows there are."""
        return self._table.load is LoadMode.FULL or self._context.options.full_refresh

    @property
    def _compares_keys(self) -> bool:
        """Whether rows that are gone upstream become tombstones.

        A load that replaces the table does so always: a table that forgot that a row was ever
        there would tell silver, when it is rebuilt, less than silver knows already.
        """
        has_rows = self._stored is not None and self._stored.snapshot_id is not None
        return has_rows and (self._context.options.deletes or self._replaces)

    def _take_batches(self, reading: Reading) -> None:
        """Write what can be landed and set aside what cannot, until the reading ends."""
        if self._replaces or not self._is_made_to(self._shape(reading)):
            self._open_landing(reading)
        for given in reading.batches:
            Failpoint.AFTER_READ.reached(self._context.failpoint)
            if isinstance(given, Batch):
                self._take(given, reading)
            else:
                self._register(given, reading)
            self._context.on_event(TableProgress(self._table.label, reading.summary.rows_read))

    def _take(self, batch: Batch, reading: Reading) -> None:
        self._quarantine.add(batch.rejections)
        if batch.rows.num_rows:
            self._origins.note(batch.rows)
            self._open_landing(reading).write(batch.rows)
        read, rejected = reading.summary.rows_read, self._quarantine.count
        is_hopeless = rejected > ABORT_AFTER_REJECTIONS and exceeds_error_threshold(read, rejected)
        if reading.has_error_threshold and is_hopeless:
            self._quarantine.store()
            RowCounts(self._table.label, read=read, quarantined=rejected).require_mostly_good()

    def _register(self, file: RegistrableFile, reading: Reading) -> None:
        with file.open() as stream:
            self._open_landing(reading).register(stream, file.footer, file.constants)

    def _take_tombstones(self, reading: Reading, keys: Iterator[Any]) -> None:
        """Land the last version of every row that is gone upstream once more, as deleted."""
        from ingestion.loading.deletes import find_deleted, read_versions

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
        return is_full and self._content(reading) == self._before.content

    def _commit_or_skip(self, reading: Reading) -> tuple[LoadResult, Record | None]:
        """Check the row counts and commit, unless there is nothing to commit."""
        if reading.summary.is_moved:
            self._open_landing(reading)
        landing = self._landing
        if landing is not None:
            landing.finish()
        counts = self._counts(reading)
        if reading.has_error_threshold:
            counts.require_mostly_good()
        counts.require_balance()
        self._origins.require_all(LandedState(self._context.lake, self._table, None))
        notes = self._notes(reading, counts)
        record = self._record(reading, counts, notes)
        if landing is None or not self._is_worth_a_commit(landing, counts, reading):
            if landing is not None:
                landing.discard()
            result = LoadResult.of(self._table.label, Outcome.NOTHING_NEW, record, notes)
            result = replace(result, lag=reading.summary.lag)
            return result, record if counts.quarantined else None
        progress = Progress(
            load_id=self._load.load_id,
            ingested_at=self._load.ingested_at.isoformat(),
            position=reading.summary.position,
            content=self._content(reading),
            record=record,
            earlier=list(self._context.unrecorded.get(self._table.label, ())),
        )
        started = time.monotonic()
        key = self._token_key.after(
            self._load, self._token_mark, is_rotated=self._context.options.new_key
        )
        landing.commit(self._context.lake.catalog, progress, self._context.failpoint, key)
        seconds = time.monotonic() - started
        landed = LoadResult.of(self._table.label, Outcome.LANDED, record, notes)
        return replace(
            landed,
            commit_seconds=seconds,
            lag=reading.summary.lag,
            has_more=reading.summary.has_more,
            error=reading.summary.stopped,
        ), record

    def _is_worth_a_commit(self, landing: Landing, counts: RowCounts, reading: Reading) -> bool:
        """Whether the commit would change the table. Raises DataLossError if it would empty it."""
        if not self._replaces:
            return landing.written_count > 0 or reading.summary.is_moved
        if self._is_unchanged(reading):
            return False
        if counts.landed == 0 and landing.existing_count > 0:
            if not self._context.options.allow_empty:
                refresh = " --full-refresh" if self._context.options.full_refresh else ""
                raise DataLossError(
                    f"{self._table.label}: no row can be read any more, the raw table holds"
                    f" {landing.existing_count}",
                    f"if that is meant: firn ingest {self._table.label}{refresh} --allow-empty",
                )
            return True
        return landing.written_count > 0 or self._context.options.new_key

    def _counts(self, reading: Reading) -> RowCounts:
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

    def _notes(self, reading: Reading, counts: RowCounts) -> list[str]:
        notes = [*reading.summary.notes, *self._null_notes]
        tombstones = self._landing.tombstones_count if self._landing else 0
        if self._context.options.new_key and tombstones:
            notes.append(
                f"{tombstones:,} rows gone upstream stay, deleted, with their former tokens"
            )
        if count := counts.quarantined:
            notes.append(f"{count:,} rows are in quarantine.{self._table.source}")
        return notes

    def _record(self, reading: Reading, counts: RowCounts, notes: list[str]) -> Record:
        before = self._context.kind.describe(self._before.position) or self._before.content
        after = self._content(reading) or reading.summary.reached
        record = make_record(self._table, self._load, counts, (before, after))
        record["bytes_read_count"] = reading.summary.bytes_read
        record["notes"] = "; ".join(notes) or None
        record[GAPS] = [asdict(gap) for gap in reading.summary.gaps]
        return record

    def _content(self, reading: Reading) -> str | None:
        """Return, for a full load, a hash of all that its rows are made of."""
        if self._table.load is not LoadMode.FULL:
            return None
        made_of = (reading.summary.content, self._shape(reading).fingerprint)
        return hashlib.sha256(repr((*made_of, self._context.token_mark)).encode()).hexdigest()

    def _shape(self, reading: Reading) -> RawShape:
        return RawShape.of(self._table, reading.extra_columns)

    def _is_made_to(self, shape: RawShape) -> bool:
        """Whether the stored table has this shape already."""
        stored = self._stored.properties if self._stored else {}
        return stored.get(SHAPE_PROPERTY) == shape.fingerprint

    def _open_landing(self, reading: Reading) -> Landing:
        """Open the raw table, made or widened as declared, at the snapshot this load began with."""
        if self._landing is None:
            from ingestion.raw_tables.landing import Planned, open_landing

            planned = Planned(
                self._context.lake,
                self._stored,
                self._load,
                self._table.constant_columns,
                self._replaces,
            )
            self._landing, self._null_notes = open_landing(planned, self._shape(reading))
        return self._landing
