"""What all replays share: who is asked, what is told, and the commit that puts rows back."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

import pyarrow as pa

from ingestion.declarations import TableDeclaration
from ingestion.loading.load_history import Record
from ingestion.loading.load_metadata import REPLAY, LoadMetadata
from ingestion.loading.personal_data import Tokeniser
from ingestion.loading.progress import Progress
from ingestion.loading.row_counts import RowCounts, make_record
from ingestion.quarantine.rows import Resolution
from ingestion.raw_tables.landing import Landing
from lake.errors import FirnError
from lake.lake import Lake
from lake.settings import Failpoint

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
    """What the tables of one replay share; `tokeniser` is asked for only if there is need."""

    lake: Lake
    tokeniser: Callable[[], Tokeniser]
    failpoint: Failpoint | None = None


@dataclass(frozen=True)
class Replaying:
    """One attempt to put rows of a table back, planned from the progress `before`."""

    context: ReplayContext
    table: TableDeclaration
    before: Progress
    stamp: LoadMetadata

    def land(
        self, landing: Landing, batches: Iterable[pa.Table], ready_count: int, unfit_count: int
    ) -> Record:
        """Land all rows that are ready in one commit that keeps the progress; return its record.

        Raises FirnError with nothing landed, LoadError when the books do not balance.
        """
        try:
            for rows in batches:
                landing.write(rows)
            landing.finish()
            record = self._record(landing, ready_count, unfit_count)
            progress = replace(
                self.before,
                load_id=self.stamp.load_id,
                ingested_at=self.stamp.ingested_at.isoformat(),
                record=record,
            )
            landing.commit(self.context.lake.catalog, progress, self.context.failpoint)
        except BaseException:
            landing.discard()
            raise
        return record

    def _record(self, landing: Landing, ready_count: int, unfit_count: int) -> Record:
        books = RowCounts(
            self.table.label,
            read=ready_count + unfit_count,
            landed=landing.written_count,
            quarantined=unfit_count,
            bytes_written=landing.written_bytes,
        )
        books.require_balance()
        progress = (self.before, self.before.cursor)
        return {**make_record(self.table, self.stamp, books, progress), "load_mode": LOAD_MODE}


def resolution_of(load_id: str) -> Resolution:
    """Say how a row was resolved that this load has landed."""
    return Resolution.REPLAYED if load_id.startswith(REPLAY) else Resolution.LANDED
