"""Rows of a table in a fixed order, within bounded memory: Iceberg -> DuckDB's sort -> batches."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from lake.columns import quoted

if TYPE_CHECKING:
    import pyarrow as pa
    from pyiceberg.table import Table

SORT_MEMORY = "512MB"  # what does not fit goes to a temporary file
BATCH_ROWS = 20_000


@contextmanager
def sorted_batches(
    table: Table, key: Sequence[str], select: str, scratch: Path
) -> Iterator[Iterator[pa.RecordBatch]]:
    """Give the rows of the newest snapshot as batches of what `select` makes of them.

    They come in the order of the key, and rows of one key in that of all other columns, so always
    in the same. `scratch` is an empty folder for what the sort has no room for.
    """
    import duckdb

    fields = {field.name for field in table.schema().fields}
    order = [*(name for name in key if name in fields), *sorted(fields - set(key))]
    by = ", ".join(f"{quoted(name)} nulls first" for name in order)
    with duckdb.connect() as database:
        database.execute("set timezone = 'UTC'")
        database.execute(f"set memory_limit = '{SORT_MEMORY}'")
        database.execute("set temp_directory = ?", [str(scratch)])
        database.register("rows", _reader(table))
        found = database.sql(f"select {select} from rows order by {by}")
        yield iter(found.to_arrow_reader(BATCH_ROWS))


def _reader(table: Table) -> pa.RecordBatchReader:
    import pyarrow as pa
    from pyiceberg.io.pyarrow import schema_to_pyarrow

    schema = schema_to_pyarrow(table.schema(), include_field_ids=False)
    return pa.RecordBatchReader.from_batches(schema, _batches(table, schema))


def _batches(table: Table, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    """Yield the rows of one data file after the other; a whole scan would be held in memory."""
    from pyiceberg.expressions import AlwaysTrue
    from pyiceberg.io.pyarrow import ArrowScan

    scan = ArrowScan(table.metadata, table.io, table.schema(), AlwaysTrue())
    for task in table.scan().plan_files():
        for batch in scan.to_record_batches([task]):
            yield batch.cast(schema)
