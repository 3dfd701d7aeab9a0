"""What tells one load from another: a table's progress and the clock -> load id and time."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime

from ingestion.raw_tables.progress import Progress

REPLAY = "replay-"  # begins the id of a load that puts rows of quarantine back


@dataclass(frozen=True)
class LoadMetadata:
    """What every row of one load carries: its load's id and time (UTC)."""

    load_id: str
    ingested_at: datetime

    @classmethod
    def after(cls, progress: Progress, prefix: str = "") -> LoadMetadata:
        """Make the metadata of a new load, later than the last one even if the clock was set back.

        Its id begins with `prefix`.
        """
        return cls(f"{prefix}{uuid.uuid4()}", progress.next_ingested_at(datetime.now(UTC)))
