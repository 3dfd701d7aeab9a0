"""Replays one table: open rows of quarantine -> verdicts -> one commit to raw -> marks, record."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import cached_property

import pyarrow as pa
from pyiceberg.table import Table

from ingestion.connectors.postgres.replay import KeptRowReader
from ingestion.declarations import PostgresTable
from ingestion.loading.load_history import Record, record_loads
from ingestion.loading.load_metadata import REPLAY, LoadMetadata
from ingestion.loading.progress import Progress
from ingestion.quarantine.decisions import (
    IS_FIT,
    ROW_ID,
    Judged,
    Verdict,
    as_candidates,
    judge_kept_rows,
    reached_cursor,
    version_columns,
)
from ingestion.quarantine.replay_landing import (
    ReplayContext,
    Replaying,
    ReplayResult,
    resolution_of,
)
from ingestion.quarantine.rows import KeptRow, KeptRows, Mark, Resolution
from ingestion.raw_tables.landing import Landing
from ingestion.raw_tables.schema import RawColumn, RawShape, ensure_raw_table
from lake.errors import FirnError
from lake.retry import replan_on_conflict
from lake.types import DataType


def replay_table(context: ReplayContext, table: PostgresTable) -> ReplayResult:
    """Put back what can be landed of one table; a fault that Firn can name is in the result.

    A replay that somebody else's commit overtook is planned again, a few times.
    """
    started = time.monotonic()
    try:
        result = replan_on_conflict(lambda: _Replay(context, table).run())
    except FirnError as error:
        result = ReplayResult(table.label, error=error)
    return replace(result, seconds=time.monotonic() - started)


class _Replay:
    """One attempt to put back rows of one table, planned from the raw table as it is now.

    What makes it happen once is the raw table itself: a version that is in it is never landed
    again, and the commit asserts that the table is still the one that was looked into. Marks in
    quarantine come after, so a replay that is killed before them is told by the raw table.
    """

    def __init__(self, context: ReplayContext, table: PostgresTable) -> None:
        self._context = context
        self._table = table
        self._kept = KeptRows(context.lake, table)
        self._marks: dict[str, Mark] = {}

    def run(self) -> ReplayResult:
        """Judge, land, mark. Raises FirnError with nothing landed."""
        parts = list(self._candidates())
        if not self._marks:
            return ReplayResult(self._table.label)
        reached = reached_cursor(self._table, self._before.cursor)
        judged = judge_kept_rows(self._raw, self._table, reached, pa.concat_tables(parts))
        verdicts = {row_id: judged.get(row_id, Judged(Verdict.UNFIT)) for row_id in self._marks}
        counts = Counter(judged.verdict for judged in verdicts.values())
        record = self._land(verdicts, counts) if counts[Verdict.READY] else None
        self._kept.mark(dict(self._settled(verdicts)))
        if record:
            record_loads(self._context.lake, [record])
        return ReplayResult(
            self._table.label,
            replayed=counts[Verdict.READY],
            landed=counts[Verdict.LANDED] + counts[Verdict.TWIN],
            superseded=counts[Verdict.SUPERSEDED],
            waiting=counts[Verdict.WAITING],
            unfit=counts[Verdict.UNFIT],
            load_id=record["load_id"] if record else None,
        )

    @cached_property
    def _raw(self) -> Table:
        """The raw table, widened as declared, as this replay found it."""
        lake = self._context.lake
        evolved = [RawColumn(name, kind) for name, kind in self._evolved.items()]
        return ensure_raw_table(lake.catalog, RawShape.of(self._table, evolved))

    @cached_property
    def _evolved(self) -> dict[str, DataType]:
        """Columns of the raw table that nobody declared, with their types."""
        table = self._context.lake.table(self._table.identifier)
        ours = {column.name for column in RawShape.of(self._table).columns}
        kinds = {
            field.name: DataType.of_iceberg(field.field_type)
            for field in (table.schema().fields if table else ())
            if field.name not in ours
        }
        return {name: kind for name, kind in kinds.items() if kind is not None}

    @cached_property
    def _before(self) -> Progress:
        return Progress.of(self._raw.properties)

    @cached_property
    def _stamp(self) -> LoadMetadata:
        return LoadMetadata.after(self._before, REPLAY)

    @cached_property
    def _reader(self) -> KeptRowReader:
        return KeptRowReader(self._table, self._evolved, self._context.tokeniser)

    def _candidates(self) -> Iterator[pa.Table]:
        """Read all open rows, note why each is still unfit, and yield their versions."""
        for rows in self._kept.open():
            self._marks |= {row.row_id: Mark.of(row) for row in rows}
            fit: set[str] = set()
            for batch in self._reader.read(rows):
                fit |= set(batch.rows.column(ROW_ID).to_pylist())
                for rejection in batch.rejections:
                    row_id = str(rejection.row[ROW_ID])
                    self._marks[row_id] = Mark(rejection.rule, rejection.reason)
            yield from self._versions(rows, fit)

    def _versions(self, rows: Sequence[KeptRow], fit: set[str]) -> Iterator[pa.Table]:
        """Yield the version of each row; where its cursor cannot be read, its key alone."""
        read_at = {row.row_id: row.ingested_at for row in rows}
        known: set[str] = set()
        for names in (version_columns(self._table), self._table.key):
            rest = [row for row in rows if row.row_id not in known]
            for batch in self._reader.read(rest, names):
                ids = batch.rows.column(ROW_ID).to_pylist()
                known |= set(ids)
                is_fit = pa.array([row_id in fit for row_id in ids], pa.bool_())
                typed = batch.rows.append_column(IS_FIT, is_fit)
                yield as_candidates(self._raw, self._table, typed, read_at)

    def _land(self, verdicts: Mapping[str, Judged], counts: Counter[Verdict]) -> Record:
        """Land all rows that are ready in one commit, and return its record."""
        replaying = Replaying(self._context, self._table, self._before, self._stamp)
        landing = Landing(self._raw.transaction(), self._stamp)
        ready = self._ready(verdicts)
        return replaying.land(landing, ready, counts[Verdict.READY], counts[Verdict.UNFIT])

    def _ready(self, verdicts: Mapping[str, Judged]) -> Iterator[pa.Table]:
        for rows in self._kept.open():
            ready = [row for row in rows if verdicts[row.row_id].verdict is Verdict.READY]
            for batch in self._reader.read(ready):
                yield batch.rows

    def _settled(self, verdicts: Mapping[str, Judged]) -> Iterator[tuple[str, Mark]]:
        """Yield what quarantine shall say of each row."""
        now = datetime.now(UTC)
        for row_id, judged in verdicts.items():
            mark = self._marks[row_id]
            match judged.verdict:
                case Verdict.READY | Verdict.TWIN:
                    mark = mark.resolved(Resolution.REPLAYED, self._stamp.load_id, now)
                case Verdict.LANDED | Verdict.SUPERSEDED:
                    mark = mark.resolved(_resolution(judged), str(judged.load_id), now)
            yield row_id, mark


def _resolution(judged: Judged) -> Resolution:
    if judged.verdict is Verdict.SUPERSEDED:
        return Resolution.SUPERSEDED
    return resolution_of(str(judged.load_id))
