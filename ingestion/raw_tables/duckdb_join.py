"""Compares rows with a raw table in bounded memory: streams of Arrow tables -> one DuckDB."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

import duckdb
import pyarrow as pa
from pyiceberg.io.pyarrow import schema_to_pyarrow

if TYPE_CHECKING:
    from pyiceberg.table import Table

MEMORY = "192MB"


@contextmanager
def open_duckdb() -> Iterator[duckdb.DuckDBPyConnection]:
    """Open a DuckDB that keeps little in memory and removes what it put on disk."""
    with tempfile.TemporaryDirectory(prefix="firn-keys-") as folder:
        settings: dict[str, str | bool | int | float | list[str]] = {
            "memory_limit": MEMORY,
            "temp_directory": folder,
            "threads": 1,
            "preserve_insertion_order": False,
        }
        with duckdb.connect(config=settings) as connection:
            connection.execute("set timezone = 'UTC'")
            yield connection


def stream_rows(
    table: Table, columns: Sequence[str], parts: Iterable[pa.Table]
) -> pa.RecordBatchReader:
    """Stream tables, brought to the raw table's types."""
    schema = landed_schema(table, columns)
    batches = (
        batch for part in parts for batch in part.select(list(columns)).cast(schema).to_batches()
    )
    return pa.RecordBatchReader.from_batches(schema, batches)


def landed_schema(table: Table, columns: Sequence[str]) -> pa.Schema:
    """Return the Arrow schema of some columns of a raw table, all of them nullable."""
    schema = schema_to_pyarrow(table.schema(), include_field_ids=False)
    return pa.schema([schema.field(name).with_nullable(True) for name in columns])
