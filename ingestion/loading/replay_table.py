"""Replays one table: open rows of quarantine -> decisions -> one commit to raw -> marks, record."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

import pyarrow as pa
from pyiceberg.table import Table

from ingestion.connectors.base import ROW_ID, ConnectorContext, ConnectorType, ReplayReader
from ingestion.connectors.batches import QuarantinedRow
from ingestion.declarations import TableDeclaration
from ingestion.declarations.columns import RawColumn
from ingestion.loading.load_history import Record, record_loads
from ingestion.loading.rotation import resolve_former_tokens
from ingestion.loading.row_counts import RowCounts, make_record
from ingestion.loading.written_tables import tables_of_load
from ingestion.quarantine.decisions import (
    IS_FIT,
    Decision,
    RowDecision,
    as_candidates,
    decide_by_version,
    landed_origins,
    version_columns,
)
from ingestion.quarantine.rows import Mark, QuarantinedRows, Resolution
from ingestion.raw_tables.landing import Landing
from ingestion.raw_tables.load_metadata import REPLAY, LoadMetadata
from ingestion.raw_tables.progress import Progress
from ingestion.raw_tables.schema import RawShape, ensure_raw_table
from ingestion.raw_tables.token_key import TokenKey
from lake.errors import FirnError
from lake.lake import Lake
from lake.retry import replan_on_conflict
from lake.types import DataType
from lake.unexpected import fault_behind

LOAD_MODE = "replay"


@dataclass(frozen=True)
class ReplayResult:
    """What became of the open rows of one table (`label`, or the source if that failed).

    `replayed`: put back now. `landed`, `superseded`: a load did so since, or landed a later
    version. `waiting`: the next load reads them again. `unfit`: still cannot be landed.
    """

    label: str
    replayed: int = 0
    landed: int = 0
    superseded: int = 0
    waiting: int = 0
    unfit: int = 0
    seconds: float = 0.0
    load_id: str | None = None
    error: FirnError | None = None


@dataclass(frozen=True)
class ReplayContext:
    """What the tables of one source share in a replay."""

    lake: Lake
    kind: ConnectorType[Any, Any]
    connector: ConnectorContext


def replay_table(context: ReplayContext, table: TableDeclaration) -> ReplayResult:
    """Put back what can be landed of one table; whatever is raised is in the result.

    A replay that somebody else's commit overtook is planned again, a few times.
    """
    started = time.monotonic()
    try:
        result = replan_on_conflict(lambda: _Replay(context, table).run())
    except FirnError as error:
        result = ReplayResult(table.label, error=error)
    except Exception as error:  # noqa: BLE001 - it costs this table, and no other
        fault = fault_behind(context.lake, table.label, tables_of_load(table), error)
        result = ReplayResult(table.label, error=fault)
    return replace(result, seconds=time.monotonic() - started)


class _Replay:
    """One attempt to put back rows of one table, planned from the raw table as it is now.

    What makes it happen once is the raw table itself: a row that is in it is never landed again,
    and the commit asserts that the table is still the one that was looked into. Marks in quarantine
    come after, so a replay that is killed before them is told by the raw table.
    """

    def __init__(self, context: ReplayContext, table: TableDeclaration) -> None:
        self._context = context
        self._table = table
        self._quarantined = QuarantinedRows(context.lake, table)
        self._marks: dict[str, Mark] = {}

    def run(self) -> ReplayResult:
        """Decide, land, mark. Raises FirnError with nothing landed."""
        self._require_token_key()
        by_origin = bool(self._reader.origin_columns)
        decided = self._decide_by_origin() if by_origin else self._decide_by_version()
        if not self._marks:
            return ReplayResult(self._table.label)
        decisions = {
            row_id: decided.get(row_id, RowDecision(Decision.UNFIT)) for row_id in self._marks
        }
        counts = Counter(decision.what for decision in decisions.values())
        record = self._land(decisions, counts) if counts[Decision.READY] else None
        self._quarantined.mark(dict(self._final_marks(decisions)))
        if record:
            record_loads(self._context.lake, [record])
        return ReplayResult(
            self._table.label,
            replayed=counts[Decision.READY],
            landed=counts[Decision.LANDED] + counts[Decision.DUPLICATE],
            superseded=counts[Decision.SUPERSEDED],
            waiting=counts[Decision.WAITING],
            unfit=counts[Decision.UNFIT],
            load_id=record["load_id"] if record else None,
        )

    def _require_token_key(self) -> None:
        """Raise TokenKeyError if rows are kept and the raw table has tokens of another key.

        Rows that a former key's tokens are in were read again with this one: they are resolved.
        """
        stored = self._context.lake.stored(self._table.identifier)
        if stored and self._table.needs_token_key and any(self._quarantined.open()):
            mark = self._context.connector.tokeniser().key_mark
            TokenKey.of(stored.properties).require(self._table.label, mark)
            resolve_former_tokens(self._context.lake, self._table)

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
    def _load(self) -> LoadMetadata:
        return LoadMetadata.after(self._before, REPLAY)

    @cached_property
    def _reader(self) -> ReplayReader:
        return self._context.kind.replay_reader(self._table, self._context.connector, self._evolved)

    # what becomes of the rows

    def _decide_by_origin(self) -> dict[str, RowDecision]:
        """Decide for rows that are known by where in the source they are."""
        decisions: dict[str, RowDecision] = {}
        origins = {self._reader.origin(row) for rows in self._quarantined.open() for row in rows}
        if not origins:
            return decisions
        landed = landed_origins(self._raw, self._reader.origin_columns, origins)
        for rows in self._quarantined.open():
            new = []
            for row in rows:
                if load_id := landed.get(self._reader.origin(row)):
                    self._marks[row.row_id] = Mark.of(row)
                    decisions[row.row_id] = RowDecision(Decision.LANDED, load_id)
                else:
                    new.append(row)
            decisions |= {row_id: RowDecision(Decision.READY) for row_id in self._fit_rows(new)}
        return decisions

    def _decide_by_version(self) -> Mapping[str, RowDecision]:
        """Decide for rows that are known by key and cursor."""
        candidates = list(self._candidates())
        if not candidates:
            return {}
        reached = self._reader.reached(self._before.position)
        return decide_by_version(self._raw, self._table, reached, pa.concat_tables(candidates))

    def _candidates(self) -> Iterator[pa.Table]:
        """Read all open rows, note why each is still unfit, and yield their versions."""
        for rows in self._quarantined.open():
            yield from self._versions(rows, self._fit_rows(rows))

    def _fit_rows(self, rows: Sequence[QuarantinedRow]) -> set[str]:
        """Return the ids of those that can be landed, and note why the others cannot."""
        self._marks |= {row.row_id: Mark.of(row) for row in rows}
        fit: set[str] = set()
        for batch in self._reader.read(rows):
            fit |= set(batch.rows.column(ROW_ID).to_pylist())
            for rejection in batch.rejections:
                row_id = str(rejection.row[ROW_ID])
                self._marks[row_id] = Mark(rejection.rule, rejection.reason)
        return fit

    def _versions(self, rows: Sequence[QuarantinedRow], fit: set[str]) -> Iterator[pa.Table]:
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

    # what is done about it

    def _land(self, decisions: Mapping[str, RowDecision], counts: Counter[Decision]) -> Record:
        """Land all rows that are ready in one commit that keeps the position; return its record."""
        landing = Landing(self._raw.transaction(), self._load, self._table.constant_columns)
        try:
            for rows in self._ready(decisions):
                landing.write(rows)
            landing.finish()
            record = self._record(landing, counts)
            progress = replace(
                self._before,
                load_id=self._load.load_id,
                ingested_at=self._load.ingested_at.isoformat(),
                record=record,
            )
            failpoint = self._context.connector.settings.failpoint
            landing.commit(self._context.lake.catalog, progress, failpoint)
        except BaseException:
            landing.discard()
            raise
        return record

    def _record(self, landing: Landing, counts: Counter[Decision]) -> Record:
        row_counts = RowCounts(
            self._table.label,
            read=counts[Decision.READY] + counts[Decision.UNFIT],
            landed=landing.written_count,
            quarantined=counts[Decision.UNFIT],
            bytes_written=landing.written_bytes,
        )
        row_counts.require_balance()
        reached = self._context.kind.describe(self._before.position)
        before = reached or self._before.content
        record = make_record(self._table, self._load, row_counts, (before, reached))
        return {**record, "load_mode": LOAD_MODE}

    def _ready(self, decisions: Mapping[str, RowDecision]) -> Iterator[pa.Table]:
        for rows in self._quarantined.open():
            ready = [row for row in rows if decisions[row.row_id].what is Decision.READY]
            for batch in self._reader.read(ready):
                yield batch.rows

    def _final_marks(self, decisions: Mapping[str, RowDecision]) -> Iterator[tuple[str, Mark]]:
        """Yield what quarantine shall say of each row."""
        now = datetime.now(UTC)
        for row_id, decision in decisions.items():
            mark = self._marks[row_id]
            match decision.what:
                case Decision.READY | Decision.DUPLICATE:
                    mark = mark.resolved(Resolution.REPLAYED, self._load.load_id, now)
                case Decision.LANDED | Decision.SUPERSEDED:
                    mark = mark.resolved(_resolution(decision), str(decision.load_id), now)
            yield row_id, mark


def _resolution(decision: RowDecision) -> Resolution:
    if decision.what is Decision.SUPERSEDED:
        return Resolution.SUPERSEDED
    is_by_replay = str(decision.load_id).startswith(REPLAY)
    return Resolution.REPLAYED if is_by_replay else Resolution.LANDED
