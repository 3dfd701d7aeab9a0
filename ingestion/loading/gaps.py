"""The ledger ops.gaps: what sources lost before it was read, and was passed over on request."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from lake.lake import Lake

IDENTIFIER = ("ops", "gaps")
GAPS = "gaps"
COLUMNS = {
    "load_id": "string",
    "source": "string",
    "table_name": "string",
    "partition": "string",
    "first_missing_offset": "bigint",
    "next_offset": "bigint",
    "reason": "string",
    "accepted_at": "timestamp",
}


def add_gaps(lake: Lake, records: Sequence[Mapping[str, Any]]) -> None:
    """Add the gaps of loads that landed, each once: a load is known by its id."""
    landed = [r for r in records if r.get(GAPS) and r["snapshot_id"] is not None]
    if not landed:
        return
    import pyarrow as pa
    from pyiceberg.io.pyarrow import schema_to_pyarrow

    from lake.system_tables import ensure_system_table

    table = ensure_system_table(lake, IDENTIFIER, COLUMNS)
    known = set(table.scan(selected_fields=("load_id",)).to_arrow()["load_id"].to_pylist())
    rows = [
        {
            "load_id": record["load_id"],
            "source": record["source"],
            "table_name": record["table_name"],
            "partition": gap["partition"],
            "first_missing_offset": gap["since"],
            "next_offset": gap["until"],
            "reason": gap["reason"],
            "accepted_at": datetime.fromisoformat(record["started_at"]),
        }
        for record in landed
        if record["load_id"] not in known
        for gap in record[GAPS]
    ]
    if rows:
        table.append(pa.Table.from_pylist(rows, schema=schema_to_pyarrow(table.schema())))
