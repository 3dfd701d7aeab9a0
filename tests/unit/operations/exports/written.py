"""Rows as a format writes them, without a lake: Iceberg's schema and rows -> bytes of a file."""

import io
import tempfile
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import openpyxl
import pyarrow as pa
from openpyxl.cell.cell import Cell
from pyiceberg.io.pyarrow import schema_to_pyarrow
from pyiceberg.schema import Schema
from pyiceberg.types import IcebergType, NestedField

from operations.exports.formats.base import Content, FileFormat, HashedFile


def one_column(kind: IcebergType, name: str = "value") -> Schema:
    """Return a schema of one column."""
    return Schema(NestedField(1, name, kind))


def written(format_: FileFormat, schema: Schema, rows: Sequence[dict[str, Any]]) -> bytes:
    """Return the file that a format makes of rows, in their order."""
    table = pa.Table.from_pylist(list(rows), schema_to_pyarrow(schema, include_field_ids=False))
    return written_table(format_, schema, table)


def written_table(format_: FileFormat, schema: Schema, table: pa.Table) -> bytes:
    """Return the file that a format makes of a table of Arrow."""
    stream = io.BytesIO()
    with tempfile.TemporaryDirectory() as scratch:
        database = database_in_utc()
        database.register("rows", table)
        batches = (
            database.sql(f"select {format_.select(schema)} from rows")
            .to_arrow_table()
            .to_batches(7)
        )
        count = format_.write(
            Content("gold.t", schema, Path(scratch)), iter(batches), HashedFile(stream)
        )
    assert count == table.num_rows
    return stream.getvalue()


@cache
def database_in_utc() -> duckdb.DuckDBPyConnection:
    """Return one database for all tests: to open one takes longer than to write a file."""
    database = duckdb.connect()
    database.execute("set timezone = 'UTC'")
    return database


def cells_of(workbook: bytes) -> list[tuple[Cell, ...]]:
    """Return the cells of a workbook's one sheet, row by row, the header first."""
    [sheet] = openpyxl.load_workbook(io.BytesIO(workbook)).worksheets
    return list(sheet.iter_rows())  # type: ignore[arg-type]
