"""Workbooks of Excel: rows -> one sheet with a frozen header, written in constant memory.

A cell has its column's type where a spreadsheet holds the value exactly; otherwise it is text. A
text is always a text, never a formula, a link or a number.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from lake.columns import quoted
from lake.errors import ConfigurationError
from operations.exports.formats.base import Content, HashedFile
from operations.exports.formats.values import as_text
from operations.exports.formats.xlsx_cells import Cells

if TYPE_CHECKING:
    import pyarrow as pa
    from pyiceberg.schema import Schema
    from pyiceberg.types import IcebergType

MOST_ROWS = 1_048_576  # of a sheet, the header included
MOST_COLUMNS = 16_384
LONGEST_NAME = 31
MADE_AT = datetime(1980, 1, 1, tzinfo=UTC)  # so that two exports of a snapshot are the same bytes


@dataclass(frozen=True)
class Xlsx:
    """A workbook of one sheet, named as the table."""

    suffix: str = "xlsx"
    is_escaped: bool = False

    def select(self, schema: Schema) -> str:
        """Return the SQL of all columns: numbers and booleans as they are, all else as texts."""
        return ", ".join(
            quoted(f.name) if _is_native(f.field_type) else as_text(quoted(f.name), f.field_type)
            for f in schema.fields
        )

    def write(self, content: Content, batches: Iterator[pa.RecordBatch], to: HashedFile) -> int:
        """Write header and rows; return how many rows there are.

        Raises ConfigurationError for what a sheet of Excel has no room for.
        """
        from xlsxwriter import Workbook

        from operations.exports.formats.xlsx_sheet import PlainSheet

        _require_room(content, "columns", len(content.schema.fields), MOST_COLUMNS)
        book = Workbook(to, {"constant_memory": True, "tmpdir": str(content.scratch)})
        book.set_properties({"created": MADE_AT})
        sheet = book.add_worksheet(sheet_name(content.table), PlainSheet)
        cells = Cells(book, sheet, content)
        cells.write_header()
        rows = _write_rows(cells, content, batches)
        book.close()
        return rows


def sheet_name(table: str) -> str:
    """Return a name that Excel takes for a sheet: at most 31 characters, and not History."""
    name = table.rpartition(".")[2][:LONGEST_NAME]
    return f"{name}_" if name.lower() == "history" else name


def _write_rows(cells: Cells, content: Content, batches: Iterator[pa.RecordBatch]) -> int:
    row = 0
    for batch in batches:
        columns = [column.to_pylist() for column in batch.columns]
        for values in zip(*columns, strict=True):
            row += 1
            _require_room(content, "rows", row, MOST_ROWS - 1)
            cells.write_row(row, values)
    return row


def _require_room(content: Content, what: str, count: int, most: int) -> None:
    if count > most:
        raise ConfigurationError(
            f"{content.table} has more than {most:,} {what}, which is all that a sheet of Excel"
            f" holds",
            "choose --format csv, json or parquet, or fewer rows by --where",
        )


def _is_native(kind: IcebergType) -> bool:
    from pyiceberg import types

    floats = (types.FloatType, types.DoubleType)
    exact = (types.IntegerType, types.LongType, types.DecimalType)
    return isinstance(kind, (types.BooleanType, *floats, *exact))
