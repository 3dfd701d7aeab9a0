"""The ledger ops.loads: one row per load that read rows, added once, also after a crash."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from ingestion.loading.gaps import add_gaps
from ingestion.raw_tables.progress import Progress
from lake.errors import EnvironmentFault
from lake.lake import Lake

if TYPE_CHECKING:
    import pyarrow as pa
    from pyiceberg.schema import Schema

    from ingestion.declarations import TableDeclaration

IDENTIFIER = ("ops", "loads")
RECORDED_PROPERTY = "firn.recorded"
Record = dict[str, Any]
COLUMNS = {
    "load_id": "string",
    "source": "string",
    "table_name": "string",
    "load_mode": "string",
    "started_at": "timestamp",
    "finished_at": "timestamp",
    "seconds": "double",
    "rows_read_count": "bigint",
    "rows_landed_count": "bigint",
    "rows_quarantined_count": "bigint",
    "rows_deleted_count": "bigint",
    "bytes_read_count": "bigint",
    "bytes_written_count": "bigint",
    "snapshot_id": "bigint",
    "progress_before": "string",
    "progress_after": "string",
    "notes": "string",
}


def recorded_loads(lake: Lake) -> dict[str, str]:
    """Return per table (source.table) the id of the last landed load that ops.loads holds."""
    stored = lake.stored(IDENTIFIER)
    return _recorded(stored.properties) if stored else {}


def unrecorded_loads(lake: Lake, tables: Sequence[TableDeclaration]) -> list[Record]:
    """Return loads that landed but are missing in ops.loads: the last run died in between.

    A table that cannot be read says nothing; its own load names why.
    """
    records: list[Record] = []
    for table in tables:
        try:
            stored = lake.stored(table.identifier)
        except EnvironmentFault:
            continue
        progress = Progress.of(stored.properties) if stored else Progress()
        records += [*progress.earlier, progress.record] if progress.load_id else []
    return _missing(records, recorded_loads(lake))


def record_loads(lake: Lake, records: Sequence[Record]) -> None:
    """Add the records of one or more loads in one commit; those there already are left out.

    A record that landed rows (it has a snapshot_id) is known by its table's last recorded load.
    """
    if records:
        from lake.retry import retry_on_conflict

        retry_on_conflict(lambda: _add_missing(lake, records))


def _add_missing(lake: Lake, records: Sequence[Record]) -> None:
    from lake.system_tables import ensure_system_table

    add_gaps(lake, records)
    table = ensure_system_table(lake, IDENTIFIER, COLUMNS)
    recorded = _recorded(table.properties)
    missing = _missing(records, recorded)
    if not missing:
        return
    landed = {_label(r): r["load_id"] for r in missing if r["snapshot_id"] is not None}
    with table.transaction() as transaction:
        transaction.append(_as_arrow(table.schema(), missing))
        transaction.set_properties(
            {RECORDED_PROPERTY: json.dumps(recorded | landed, sort_keys=True)}
        )


def _missing(records: Sequence[Record], recorded: Mapping[str, str]) -> list[Record]:
    """Return the records after the last one of their table that ops.loads holds."""
    done = {
        _label(record): number
        for number, record in enumerate(records)
        if recorded.get(_label(record)) == record["load_id"]
    }
    return [r for number, r in enumerate(records) if number > done.get(_label(r), -1)]


def _as_arrow(schema: Schema, records: Sequence[Record]) -> pa.Table:
    import pyarrow as pa
    from pyiceberg.io.pyarrow import schema_to_pyarrow

    times = ("started_at", "finished_at")
    rows = [
        {**record, **{name: datetime.fromisoformat(record[name]) for name in times}}
        for record in records
    ]
    return pa.Table.from_pylist(rows, schema=schema_to_pyarrow(schema))


def _recorded(properties: Mapping[str, str]) -> dict[str, str]:
    return dict(json.loads(properties.get(RECORDED_PROPERTY, "{}")))


def _label(record: Record) -> str:
    return f"{record['source']}.{record['table_name']}"
