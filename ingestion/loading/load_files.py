"""Loads the new files of one table: known files -> reading -> landing, quarantine -> one commit."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from ingestion.connectors.batches import Batch
from ingestion.connectors.files import FileReading
from ingestion.connectors.files.formats.base import BadFileError
from ingestion.connectors.files.new_files import Arrival, Arrivals
from ingestion.connectors.files.processed_files import fingerprint, processed_files
from ingestion.connectors.files.reader import FileBatch
from ingestion.connectors.files.rows import FileRows
from ingestion.connectors.files.storage.base import ChangedFileError, FileStorage
from ingestion.declarations import FileTable
from ingestion.loading.load_history import Record
from ingestion.loading.load_metadata import LoadMetadata
from ingestion.loading.personal_data import Tokeniser
from ingestion.loading.progress import Progress
from ingestion.loading.row_counts import RowCounts, exceeds_error_threshold, make_record
from ingestion.quarantine.store import Quarantine
from ingestion.raw_tables.landing import Landing, Planned, open_landing
from ingestion.raw_tables.schema import FILE, FILE_HASH, FILE_MODIFIED_AT, RawShape
from ingestion.results import IngestOptions, LoadResult, OnEvent, Outcome, TableProgress
from lake.errors import DataLossError, FirnError
from lake.lake import Lake
from lake.retry import replan_on_conflict
from lake.settings import Failpoint

if TYPE_CHECKING:
    from pyarrow.parquet import FileMetaData

HELD_BACK_BYTES = 32 * 1024 * 1024
SHOWN_FILES = 3
Fault = BadFileError | ChangedFileError


@dataclass(frozen=True)
class FileLoadContext:
    """What all loads of one run share; `tokeniser` is asked for only if there is personal data."""

    lake: Lake
    storage: FileStorage
    options: IngestOptions
    on_event: OnEvent
    tokeniser: Callable[[], Tokeniser]
    failpoint: Failpoint | None = None


def load_files(context: FileLoadContext, table: FileTable) -> tuple[LoadResult, Record | None]:
    """Load the new files of `table`; return how it ended, and its record if it read any rows.

    A load that somebody else's commit overtook is planned again, a few times. A fault that Firn can
    name is in the result.
    """
    started = time.monotonic()
    faults: dict[str, Fault] = {}
    try:
        result, record = replan_on_conflict(lambda: _until_whole(context, table, faults))
    except FirnError as error:
        result, record = LoadResult(table.label, Outcome.FAILED, error=error), None
    return replace(result, seconds=time.monotonic() - started), record


def _until_whole(
    context: FileLoadContext, table: FileTable, faults: dict[str, Fault]
) -> tuple[LoadResult, Record | None]:
    """Load; a file that spoils when rows of it are written already is left out the next time."""
    while True:
        try:
            return _FileLoad(context, table, faults).run()
        except _SpoiledLateError as late:
            faults[late.name] = late.fault


class _SpoiledLateError(Exception):
    """A file turned out not to be landed when rows of it were written already."""

    def __init__(self, name: str, fault: Fault) -> None:
        super().__init__(name)
        self.name = name
        self.fault = fault


@dataclass
class _OpenFile:
    """The file whose batches are arriving: what is held back of it, and what has been written."""

    arrival: Arrival
    held_back: list[Batch] = field(default_factory=list)
    bytes: int = 0
    read: int = 0
    bad: int = 0
    is_flowing: bool = False
    is_set_aside: bool = False


class _FileLoad:
    """One attempt to load one table, planned from the files known when it begins.

    The first rows of a file are held back until it has shown that it can be landed; `faults` names
    files that have not.
    """

    def __init__(
        self, context: FileLoadContext, table: FileTable, faults: dict[str, Fault]
    ) -> None:
        self._context = context
        self._table = table
        self._faults = faults
        self._stored = context.lake.stored(table.identifier)
        self._before = Progress.of(self._stored.properties if self._stored else {})
        self._stamp = LoadMetadata.after(self._before)
        self._quarantine = Quarantine(context.lake, table, self._stamp)
        self._landing: Landing | None = None
        self._notes: list[str] = []
        self._rows_read = 0
        self._bytes_read = 0
        self._files_count = 0
        self._spoiled_count = 0
        tokeniser = context.tokeniser() if table.has_personal_data else None
        self._rejections = FileRows(table, tokeniser)
        known = processed_files(context.lake, table, is_landed_counted=not self._replaces)
        changed = {n for n, fault in faults.items() if isinstance(fault, ChangedFileError)}
        self._arrivals = Arrivals(context.storage, table, known, left=changed)
        self._reading = FileReading(self._arrivals, table, tokeniser)

    @property
    def _replaces(self) -> bool:
        return self._context.options.full_refresh

    def run(self) -> tuple[LoadResult, Record | None]:
        """Read, land and commit. Raises FirnError with nothing committed."""
        try:
            with self._reading as reading:
                file: _OpenFile | None = None
                for piece in reading.batches:
                    if file is None or file.arrival is not piece.arrival:
                        file = _OpenFile(piece.arrival)
                    self._take(file, piece)
            self._quarantine.store()
            Failpoint.AFTER_COPY.reached(self._context.failpoint)
            return self._commit_or_skip()
        except BaseException:
            if self._landing is not None:
                self._landing.discard()
            raise

    def _take(self, file: _OpenFile, piece: FileBatch) -> None:
        """Take some rows of a file, or its end."""
        fault = self._faults.get(file.arrival.found.name, piece.spoiled)
        if fault is not None:
            self._set_aside(file, fault, is_last=piece.is_last)
        elif piece.whole is not None:
            self._register(file, piece.whole)
        elif piece.batch is not None:
            file.read += piece.batch.read_count
            file.bad += len(piece.batch.rejections)
            file.bytes += piece.batch.rows.nbytes
            file.held_back.append(piece.batch)
            if file.is_flowing or file.bytes >= HELD_BACK_BYTES:
                self._let_flow(file)
        elif piece.is_last:
            self._end(file)

    def _end(self, file: _OpenFile) -> None:
        """Land what is held back of a file that has ended."""
        if file.bad and file.bad == file.read:
            self._keep_whole(file)
        else:
            self._let_flow(file)
        if not file.is_set_aside:
            self._count(file)

    def _register(self, file: _OpenFile, footer: FileMetaData) -> None:
        """Make a Parquet file part of the table as it is."""
        found = file.arrival.found
        origin = {FILE: found.name, FILE_HASH: file.arrival.hash}
        file.is_flowing = True
        try:
            with self._context.storage.open(found) as opened:
                landing = self._opened()
                landing.register(
                    opened.stream, footer, {**origin, FILE_MODIFIED_AT: found.modified_at}
                )
                opened.require_unchanged()
        except (ChangedFileError, FileNotFoundError) as error:
            raise _SpoiledLateError(found.name, ChangedFileError(str(error))) from error
        self._rows_read += footer.num_rows
        self._context.on_event(TableProgress(self._table.label, self._rows_read))

    def _let_flow(self, file: _OpenFile) -> None:
        """Write what is held back of a file, unless so much of it is bad that it must be wrong."""
        if exceeds_error_threshold(file.read, file.bad):
            reason = next(r.reason for b in file.held_back for r in b.rejections)
            fault = BadFileError(
                "mostly_bad",
                f"{file.bad:,} of its first {file.read:,} rows cannot be landed: {reason}",
            )
            if file.is_flowing:
                raise _SpoiledLateError(file.arrival.found.name, fault)
            self._faults[file.arrival.found.name] = fault
            self._set_aside(file, fault, is_last=True)
            return
        file.is_flowing = True
        for batch in file.held_back:
            self._rows_read += batch.read_count
            self._quarantine.add(batch.rejections)
            if batch.rows.num_rows:
                self._opened().write(batch.rows)
        file.held_back.clear()
        self._context.on_event(TableProgress(self._table.label, self._rows_read))

    def _set_aside(self, file: _OpenFile, fault: Fault, *, is_last: bool) -> None:
        """Keep a file out of the load, once, whatever else arrives of it."""
        name = file.arrival.found.name
        if file.is_flowing:
            raise _SpoiledLateError(name, fault)
        file.held_back.clear()
        self._faults[name] = fault
        if not is_last or file.is_set_aside:
            return
        file.is_set_aside = True
        if isinstance(fault, ChangedFileError):
            self._notes.append(f"left for the next load: {fault}")
            return
        self._spoiled_count += 1
        if self._spoiled_count <= SHOWN_FILES:
            self._notes.append(f"{name} is in quarantine: {fault.reason}")
        self._rows_read += 1
        rejection = self._rejections.rejection(
            file.arrival,
            None,
            rule=fault.rule,
            reason=fault.reason,
            declared=fingerprint(self._table),
        )
        self._quarantine.add([rejection])
        self._count(file)

    def _keep_whole(self, file: _OpenFile) -> None:
        """Keep all rows of a file of which none can be landed; the file is known by them."""
        declared = fingerprint(self._table)
        rejections = [
            replace(rejection, place={**rejection.place, "declared": declared})
            for batch in file.held_back
            for rejection in batch.rejections
        ]
        self._rows_read += len(rejections)
        self._quarantine.add(rejections)
        file.held_back.clear()

    def _count(self, file: _OpenFile) -> None:
        self._bytes_read += file.arrival.found.size
        self._files_count += 1

    def _opened(self) -> Landing:
        if self._landing is None:
            planned = Planned(self._context.lake, self._stored, self._stamp, self._replaces)
            self._landing, notes = open_landing(planned, RawShape.of(self._table))
            self._notes += notes
        return self._landing

    def _commit_or_skip(self) -> tuple[LoadResult, Record | None]:
        """Check the books and commit, unless there is nothing to commit."""
        if self._replaces:
            self._opened()
        landing = self._landing
        if landing is not None:
            landing.finish()
        books = RowCounts(
            self._table.label,
            read=self._rows_read,
            landed=landing.written_count if landing else 0,
            quarantined=self._quarantine.count,
            bytes_written=landing.written_bytes if landing else 0,
        )
        books.require_balance()
        record = self._record(books)
        if landing is None or not self._is_worth_a_commit(landing):
            if landing is not None:
                landing.discard()
            return self._result(Outcome.NOTHING_NEW, record), record if books.quarantined else None
        progress = Progress(
            load_id=self._stamp.load_id,
            ingested_at=self._stamp.ingested_at.isoformat(),
            record=record,
        )
        landing.commit(self._context.lake.catalog, progress, self._context.failpoint)
        return self._result(Outcome.LANDED, record), record

    def _is_worth_a_commit(self, landing: Landing) -> bool:
        """Whether the commit would change the table. Raises DataLossError if it would empty it."""
        if landing.written_count or not (self._replaces and landing.existing_count):
            return landing.written_count > 0
        if not self._context.options.allow_empty:
            raise DataLossError(
                f"{self._table.label}: no file of it is there any more, the raw table holds"
                f" {landing.existing_count} rows",
                f"if that is meant: firn ingest {self._table.label} --full-refresh --allow-empty",
            )
        return True

    def _record(self, books: RowCounts) -> Record:
        record = make_record(self._table, self._stamp, books, (self._before, None))
        record["bytes_read_count"] = self._bytes_read
        record["progress_after"] = f"{self._files_count} files"
        record["notes"] = "; ".join(self._all_notes) or None
        return record

    @property
    def _all_notes(self) -> list[str]:
        """What a person should know of this load."""
        notes = [*self._notes, *self._arrivals.notes]
        if self._spoiled_count > SHOWN_FILES:
            notes.append(f"{self._spoiled_count:,} files in all are in quarantine as a whole")
        if names := sorted(self._reading.undeclared.names):
            notes.append(f"undeclared fields kept in _rescued: {', '.join(names)}")
        if count := self._quarantine.count:
            notes.append(f"{count:,} rows are in quarantine.{self._table.source}")
        return notes

    def _result(self, outcome: Outcome, record: Record) -> LoadResult:
        return LoadResult.of(self._table.label, outcome, record, self._all_notes)
