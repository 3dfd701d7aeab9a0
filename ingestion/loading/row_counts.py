"""The row counts of one load: what was read and what became of it -> balance, record."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from ingestion.connectors.error_threshold import TOLERATED_SHARE, exceeds_error_threshold
from ingestion.declarations import TableDeclaration
from ingestion.loading.load_history import Record
from ingestion.raw_tables.load_metadata import LoadMetadata
from lake.errors import LoadError


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
                f"{self.label}: the row counts do not balance: {self.read} rows read,"
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


def make_record(
    table: TableDeclaration,
    load: LoadMetadata,
    counts: RowCounts,
    reached: tuple[str | None, str | None],
) -> Record:
    """Return the row of ops.loads for a load that ends now.

    `reached` says to people how far loads had come before it, and how far it has.
    """
    before, after = reached
    finished = datetime.now(UTC)
    return {
        "load_id": load.load_id,
        "source": table.source,
        "table_name": table.name,
        "load_mode": str(table.load),
        "started_at": load.ingested_at.isoformat(),
        "finished_at": max(finished, load.ingested_at).isoformat(),
        "seconds": max(0.0, (finished - load.ingested_at).total_seconds()),
        "rows_read_count": counts.read,
        "rows_landed_count": counts.landed,
        "rows_quarantined_count": counts.quarantined,
        "rows_deleted_count": counts.deleted,
        "bytes_written_count": counts.bytes_written,
        "progress_before": before,
        "progress_after": after,
        "bytes_read_count": 0,
        "snapshot_id": None,
        "notes": None,
    }
