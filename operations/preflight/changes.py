"""The ledger ops.schema_changes: one row per difference that a run found, no commit without one."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from lake.lake import Lake

if TYPE_CHECKING:
    from operations.preflight.report import Judged

IDENTIFIER = ("ops", "schema_changes")
COLUMNS = {
    "run_id": "string",
    "checked_at": "timestamp",
    "table_name": "string",
    "column_name": "string",
    "part": "string",
    "kind": "string",
    "declared": "string",
    "found": "string",
    "cure": "string",
    "verdict": "string",
}


def record_changes(lake: Lake, run_id: str, judged: Judged) -> None:
    """Add a row per difference in one commit; without differences nothing is written.

    `run_id` is dbt's invocation id. Raises what the catalog raises when it cannot take the commit.
    """
    if judged:
        from lake.retry import retry_on_conflict
        from lake.system_tables import append_rows

        checked_at = datetime.now(UTC)
        rows = [
            {
                "run_id": run_id,
                "checked_at": checked_at,
                "table_name": difference.table,
                "column_name": difference.column,
                "part": difference.part.strip("()"),
                "kind": str(difference.kind),
                "declared": difference.declared,
                "found": difference.found,
                "cure": difference.fix,
                "verdict": str(verdict),
            }
            for difference, verdict in judged
        ]
        retry_on_conflict(lambda: append_rows(lake, IDENTIFIER, COLUMNS, rows))
