"""How fresh sources were whenever `dbt source freshness` asked -> ops.source_freshness."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from lake.lake import Lake
from lake.retry import retry_on_conflict
from lake.system_tables import append_rows

IDENTIFIER = ("ops", "source_freshness")
COLUMNS = {
    "invocation_id": "string",
    "table_name": "string",
    "status": "string",
    "max_loaded_at": "timestamp",
    "asked_at": "timestamp",
    "age_seconds": "double",
    "message": "string",
}


@dataclass(frozen=True)
class SourceFreshness:
    """What dbt found of one raw table: `status` is pass, warn, error or runtime error.

    Of a table that could not be read there is no `max_loaded_at`, and `message` says why.
    """

    invocation_id: str
    table_name: str
    status: str
    asked_at: datetime
    max_loaded_at: datetime | None = None
    age_seconds: float | None = None
    message: str | None = None


def record_freshness(lake: Lake, found: Sequence[SourceFreshness]) -> None:
    """Add what was found in one commit. Raises EnvironmentFault without a catalog."""
    if found:
        rows = [asdict(one) for one in found]
        retry_on_conflict(lambda: append_rows(lake, IDENTIFIER, COLUMNS, rows))
