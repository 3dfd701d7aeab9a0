"""The books of one load: what was read and what became of it -> balance, record, notes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from ingestion.connectors.postgres import Reading
from ingestion.declarations import TableDeclaration
from ingestion.loading.load_history import Record
from ingestion.loading.load_metadata import LoadMetadata
from ingestion.loading.progress import Progress
from lake.errors import LoadError

TOLERATED_REJECTIONS = 100
TOLERATED_SHARE = 0.2


@dataclass(frozen=True)
class RowCounts:
    """Row counts of one load of `label`: every row read is either landed or quarantined."""

    label: str
    read: int = 0
    landed: int = 0
    quarantined: int = 0
    deleted: int = 0
    bytes_written: int = 0

    def require_balance(self) -> None:
        """Raise LoadError unless read = landed + quarantined."""
        if self.read != self.landed + self.quarantined:
            raise LoadError(
                f"{self.label}: the books do not balance: {self.read} rows read,"
                f" {self.landed} landed, {self.quarantined} quarantined",
                "nothing was committed; this is a defect of Firn, please report it",
            )

    def require_mostly_good(self) -> None:
        """Raise LoadError when so many rows are unusable that the source itself must be wrong."""
        if exceeds_error_threshold(self.read, self.quarantined):
            raise LoadError(
                f"{self.label}: {self.quarantined} of {self.read} rows cannot be landed; the"
                f" limit is {TOLERATED_SHARE:.0%}",
                f"see why in quarantine.{self.label.split('.')[0]} (rule, reason); nothing landed",
            )


def exceeds_error_threshold(read: int, rejected: int) -> bool:
    """Whether more rows are unusable than a load tolerates."""
    return rejected > TOLERATED_REJECTIONS and rejected > TOLERATED_SHARE * read


def make_record(
    table: TableDeclaration,
    stamp: LoadMetadata,
    books: RowCounts,
    progress: tuple[Progress, str | None],
) -> Record:
    """Return the row of ops.loads for a load that ends now.

    `progress` is what was stored before, and the cursor or content hash stored after.
    """
    before, after = progress
    finished = datetime.now(UTC)
    return {
        "load_id": stamp.load_id,
        "source": table.source,
        "table_name": table.name,
        "load_mode": str(table.load),
        "started_at": stamp.ingested_at.isoformat(),
        "finished_at": max(finished, stamp.ingested_at).isoformat(),
        "seconds": max(0.0, (finished - stamp.ingested_at).total_seconds()),
        "rows_read_count": books.read,
        "rows_landed_count": books.landed,
        "rows_quarantined_count": books.quarantined,
        "rows_deleted_count": books.deleted,
        "bytes_written_count": books.bytes_written,
        "progress_before": before.cursor or before.content,
        "progress_after": after,
        "bytes_read_count": 0,
        "snapshot_id": None,
        "notes": None,
    }


def write_notes(reading: Reading, before: Progress) -> list[str]:
    """Say what a person should know about how a table was read."""
    notes = []
    plan = reading.plan
    if reading.watermark and reading.watermark.note:
        notes.append(reading.watermark.note)
    if plan.rescued:
        notes.append(f"undeclared columns kept in _rescued: {', '.join(plan.rescued)}")
    if plan.evolved:
        added = ", ".join(f"{column.name} {column.data_type}" for column in plan.evolved)
        notes.append(f"undeclared columns landed as columns: {added}")
    if before.upstream and before.upstream != plan.upstream.fingerprint:
        notes.append("the columns of the upstream table have changed since the last load")
    return notes
