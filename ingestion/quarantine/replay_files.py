"""Replays one table made of files: kept rows -> read as their files would be now -> one commit."""

from __future__ import annotations

import io
import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property

import pyarrow as pa

from ingestion.connectors.files.formats.base import BadFileError
from ingestion.connectors.files.formats.rescued_fields import RescuedFields
from ingestion.connectors.files.new_files import Arrival
from ingestion.connectors.files.reader import FORMATS
from ingestion.connectors.files.rows import FileRows
from ingestion.connectors.files.storage.base import FileInfo
from ingestion.declarations import Encoding, FileFormat, FileTable
from ingestion.loading.load_history import Record, record_loads
from ingestion.loading.load_metadata import REPLAY, LoadMetadata
from ingestion.loading.progress import Progress
from ingestion.quarantine.replay_landing import (
    ReplayContext,
    Replaying,
    ReplayResult,
    resolution_of,
)
from ingestion.quarantine.rows import KeptRow, KeptRows, Mark, Resolution
from ingestion.raw_tables.landing import Planned, open_landing
from ingestion.raw_tables.schema import FILE_HASH, FILE_ROW, LOAD_ID, RawShape
from lake.errors import FirnError
from lake.retry import replan_on_conflict

Place = tuple[str, int | None]


def replay_files(context: ReplayContext, table: FileTable) -> ReplayResult:
    """Put back what can be landed of one table; a fault that Firn can name is in the result.

    A row comes back with the file, hash and number it had. A replay that somebody else's commit
    overtook is planned again, a few times.
    """
    started = time.monotonic()
    try:
        result = replan_on_conflict(lambda: _FileReplay(context, table).run())
    except FirnError as error:
        result = ReplayResult(table.label, error=error)
    return replace(result, seconds=time.monotonic() - started)


@dataclass(frozen=True)
class _Judged:
    """What becomes of a kept row: landed already by a load, or the row itself, or still unfit."""

    mark: Mark
    landed_by: str | None = None
    row: pa.Table | None = None


class _FileReplay:
    """One attempt; a row that the raw table has already is not landed again."""

    def __init__(self, context: ReplayContext, table: FileTable) -> None:
        self._context = context
        self._table = table
        self._kept = KeptRows(context.lake, table)
        self._stored = context.lake.stored(table.identifier)
        self._before = Progress.of(self._stored.properties if self._stored else {})
        self._stamp = LoadMetadata.after(self._before, REPLAY)
        self._tokeniser = context.tokeniser() if table.has_personal_data else None
        self._rows = FileRows(table, self._tokeniser)
        self._undeclared = RescuedFields(table, self._tokeniser)

    def run(self) -> ReplayResult:
        """Judge, land, mark. Raises FirnError with nothing landed."""
        judged = {row.row_id: self._judge(row) for rows in self._kept.open() for row in rows}
        ready = [found.row for found in judged.values() if found.row is not None]
        unfit = sum(found.row is None and found.landed_by is None for found in judged.values())
        record = self._land(ready, unfit) if ready else None
        self._kept.mark({row_id: self._mark(found) for row_id, found in judged.items()})
        if record:
            record_loads(self._context.lake, [record])
        return ReplayResult(
            self._table.label,
            replayed=len(ready),
            landed=len(judged) - len(ready) - unfit,
            unfit=unfit,
            load_id=record["load_id"] if record else None,
        )

    def _judge(self, row: KeptRow) -> _Judged:
        mark = Mark.of(row)
        place = _place_of(row)
        if load_id := self._landed.get(place):
            return _Judged(mark, landed_by=load_id)
        number, content = place[1], row.values.get("bytes")
        if number is None or content is None or self._table.format is FileFormat.PARQUET:
            return _Judged(mark)
        try:
            return self._read(row, mark, content, number)
        except BadFileError as fault:
            return _Judged(replace(mark, rule=fault.rule, reason=fault.reason))

    def _read(self, row: KeptRow, mark: Mark, content: str, number: int) -> _Judged:
        """Read a kept row as a file of its own, and give it the number it had."""
        header = row.place.get("header")
        text = f"{header}\n{content}\n" if header else f"{content}\n"
        table = self._table.model_copy(update={"encoding": Encoding.UTF_8})
        form = FORMATS[table.format](table, self._undeclared)
        for piece in form.pieces(io.BytesIO(text.encode())):
            batch = self._rows.batch(_arrival_of(row), form.parse(piece))
            for rejection in batch.rejections:
                mark = replace(mark, rule=rejection.rule, reason=rejection.reason)
            if batch.rows.num_rows == 1:
                index = batch.rows.schema.get_field_index(FILE_ROW)
                numbered = batch.rows.set_column(index, FILE_ROW, pa.array([number], pa.int64()))
                return _Judged(mark, row=numbered)
        return _Judged(mark)

    @cached_property
    def _landed(self) -> dict[Place, str]:
        """Which of the kept rows the raw table holds, by which load; no number stands for any."""
        raw = self._context.lake.table(self._table.identifier)
        kept = {_place_of(row) for rows in self._kept.open() for row in rows}
        if raw is None or not kept:
            return {}
        wanted = ", ".join(f"'{content}'" for content in sorted({place[0] for place in kept}))
        columns = (FILE_HASH, FILE_ROW, LOAD_ID)
        scan = raw.scan(f"{FILE_HASH} in ({wanted})", selected_fields=columns)
        found: dict[Place, str] = {}
        for batch in scan.to_arrow_batch_reader():
            for row in batch.to_pylist():
                for place in ((row[FILE_HASH], row[FILE_ROW]), (row[FILE_HASH], None)):
                    if place in kept:
                        found[place] = row[LOAD_ID]
        return found

    def _land(self, ready: list[pa.Table], unfit_count: int) -> Record:
        """Land all rows that are ready in one commit, and return its record."""
        planned = Planned(self._context.lake, self._stored, self._stamp, replaces=False)
        landing, _ = open_landing(planned, RawShape.of(self._table))
        replaying = Replaying(self._context, self._table, self._before, self._stamp)
        return replaying.land(landing, ready, len(ready), unfit_count)

    def _mark(self, judged: _Judged) -> Mark:
        now = datetime.now(UTC)
        if judged.row is not None:
            return judged.mark.resolved(Resolution.REPLAYED, self._stamp.load_id, now)
        if judged.landed_by is not None:
            return judged.mark.resolved(resolution_of(judged.landed_by), judged.landed_by, now)
        return judged.mark


def _place_of(row: KeptRow) -> Place:
    number = row.place.get("row")
    return str(row.place.get("hash")), int(number) if number else None


def _arrival_of(row: KeptRow) -> Arrival:
    modified_at = datetime.fromisoformat(str(row.place["modified_at"]))
    return Arrival(FileInfo(str(row.place["file"]), 0, modified_at), str(row.place["hash"]))
