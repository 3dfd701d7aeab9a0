"""The formats of exports: sorted rows -> the bytes of a CSV or a Parquet file.

CSV is RFC 4180 in UTF-8: CRLF ends a line, the header has the names. NULL is empty and an empty
text is `""`; times are ISO 8601 to the microsecond, in UTC with a Z where they have a zone;
decimals keep their digits; bytes are base64, lists and structs JSON.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import IO, TYPE_CHECKING, Any

from lake.columns import quoted

if TYPE_CHECKING:
    import pyarrow as pa
    from pyiceberg.types import NestedField

LINE_END = "\r\n"
SPECIAL = '[",\\r\\n]'
TIME = "%Y-%m-%dT%H:%M:%S.%f"
ROW_GROUP_ROWS = 100_000


class ExportFormat(StrEnum):
    """What files an export writes."""

    CSV = "csv"
    PARQUET = "parquet"


@dataclass
class HashedFile:
    """A file that is written once, from start to end: its bytes, and their SHA-256."""

    stream: IO[bytes]
    size: int = 0
    closed: bool = False
    _hash: Any = field(default_factory=hashlib.sha256)

    @property
    def sha256(self) -> str:
        """The hash of all that was written."""
        return str(self._hash.hexdigest())

    def write(self, content: bytes) -> int:
        """Write the next bytes."""
        self._hash.update(content)
        self.size += len(content)
        return self.stream.write(content)

    def flush(self) -> None:
        """Hand on what is written."""
        self.stream.flush()

    def close(self) -> None:
        """Do nothing: whoever opened the file closes it."""


def csv_header(names: Iterable[str]) -> bytes:
    """Return the line of names."""
    cells = (f'"{n.replace(chr(34), chr(34) * 2)}"' if set(n) & set('",\r\n') else n for n in names)
    return (",".join(cells) + LINE_END).encode()


def csv_select(fields: Iterable[NestedField]) -> str:
    """Return the SQL that makes each row a line, without its end."""
    cells = (f"coalesce({_csv_cell(f)}, '')" for f in fields)
    return " || ',' || ".join(cells)


def _csv_cell(column: NestedField) -> str:
    """Return the SQL of a cell; NULL stays NULL."""
    name, kind = quoted(column.name), str(column.field_type)
    if not column.field_type.is_primitive:
        return _as_text(f"cast(to_json({name}) as varchar)")
    match kind:
        case "string":
            return _as_text(name)
        case "timestamptz":
            return f"strftime({name} at time zone 'UTC', '{TIME}Z')"
        case "timestamp":
            return f"strftime({name}, '{TIME}')"
        case "binary":
            return f"base64({name})"
        case _:
            return f"cast({name} as varchar)"


def _as_text(text: str) -> str:
    """Return the SQL that puts a text in quotes where they are needed."""
    return (
        f"case when {text} = '' or regexp_matches({text}, '{SPECIAL}')"
        f" then '\"' || replace({text}, '\"', '\"\"') || '\"' else {text} end"
    )


def write_csv(names: Iterable[str], batches: Iterator[pa.RecordBatch], to: HashedFile) -> int:
    """Write header and lines; return how many rows there are."""
    to.write(csv_header(names))
    rows = 0
    for batch in batches:
        lines = batch.column(0).to_pylist()
        to.write("".join(f"{line}{LINE_END}" for line in lines).encode())
        rows += len(lines)
    return rows


def write_parquet(schema: pa.Schema, batches: Iterator[pa.RecordBatch], to: HashedFile) -> int:
    """Write rows in the table's types; return how many there are."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    rows = 0
    with pq.ParquetWriter(pa.PythonFile(to, mode="w"), schema, compression="zstd") as writer:
        for group in _row_groups(schema, batches):
            writer.write_table(group, row_group_size=ROW_GROUP_ROWS)
            rows += group.num_rows
    return rows


def _row_groups(schema: pa.Schema, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.Table]:
    """Yield rows in groups of one size, however they come."""
    import pyarrow as pa

    waiting: list[pa.RecordBatch] = []
    for batch in batches:
        waiting.append(batch.cast(schema))
        while sum(len(one) for one in waiting) >= ROW_GROUP_ROWS:
            whole = pa.Table.from_batches(waiting)
            yield whole.slice(0, ROW_GROUP_ROWS)
            waiting = whole.slice(ROW_GROUP_ROWS).to_batches()
    if waiting:
        yield pa.Table.from_batches(waiting)
