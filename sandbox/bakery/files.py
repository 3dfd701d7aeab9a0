"""The landing folder: a day's rows -> one file per table, each complete when its name appears."""

import csv
import gzip
import io
import json
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from lake.private import private_folder
from sandbox.bakery.rows import Day, Row

_READINGS = pa.schema(
    [
        ("reading_id", pa.string()),
        ("equipment_id", pa.string()),
        ("equipment_type", pa.string()),
        ("store_id", pa.string()),
        ("temperature_celsius", pa.float64()),
        ("humidity_percent", pa.float64()),
        ("power_kw", pa.float64()),
        ("vibration_mm_s", pa.float64()),
        ("recorded_at", pa.timestamp("us", "UTC")),
    ]
)
_PACKED_EVERY = 3


def write_day(folder: Path, day: date, rows: Day) -> None:
    """Write a day's rows below `folder`; a table without rows gets no file."""
    for table, suffix, content in (
        ("sales_events", *_packed(day, ".jsonl", _json_lines(rows["sales_events"]))),
        ("inventory_updates", ".csv", _csv(rows["inventory_updates"])),
        ("customer_feedback", ".jsonl", _json_lines(rows["customer_feedback"])),
        ("equipment_metrics", ".parquet", _parquet(rows["equipment_metrics"])),
    ):
        if rows[table]:
            write_whole(folder / table / f"{day}{suffix}", content)


def write_whole(file: Path, content: bytes) -> None:
    """Write a file under a hidden name first, so that nobody ever sees half of it."""
    private_folder(file.parent)
    hidden = file.with_name(f".{file.name}.part")
    hidden.write_bytes(content)
    hidden.replace(file)


def _packed(day: date, suffix: str, content: bytes) -> tuple[str, bytes]:
    """Every third day goes packed; without a time inside, so that equal rows give equal bytes."""
    if day.toordinal() % _PACKED_EVERY:
        return suffix, content
    return f"{suffix}.gz", gzip.compress(content, mtime=0)


def _json_lines(rows: list[Row]) -> bytes:
    return "".join(f"{json.dumps(row, ensure_ascii=False)}\n" for row in rows).encode()


def _csv(rows: list[Row]) -> bytes:
    if not rows:
        return b""
    text = io.StringIO()
    writer = csv.DictWriter(text, fieldnames=list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def _parquet(rows: list[Row]) -> bytes:
    sink = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(rows, schema=_READINGS), sink)
    return sink.getvalue()
