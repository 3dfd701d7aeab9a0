"""Rows of a table in a fixed order, within bounded memory: Iceberg -> DuckDB's sort -> batches."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from lake.columns import quoted

if TYPE_CHECKING:
    import pyarrow as pa
    from pyiceberg.table import Table

    from operations.exports.filters.binding import BoundFilter

SORT_MEMORY = "512MB"  # what does not fit goes to a temporary file
BATCH_ROWS = 20_000


@dataclass(frozen=True)
class RowQuery:
    """Which rows of a table are read, and in which order: that of `key`, then of all columns."""

    table: Table
    key: Sequence[str]
    where: BoundFilter | None = None


@contextmanager
def sorted_batches(
    query: RowQuery, select: str, scratch: Path, on_read: Callable[[int], None]
) -> Iterator[Iterator[pa.RecordBatch]]:
    """Give the rows as batches of what `select` makes of them, always in the same order.

    `scratch` is a folder for what the sort has no room for. `on_read` is told how many rows were
    read whenever there are more. Raises duckdb.Error when they cannot be read.
    """
    import duckdb

    with duckdb.connect() as database:
        database.execute("set timezone = 'UTC'")
        database.execute(f"set memory_limit = '{SORT_MEMORY}'")
        database.execute("set temp_directory = ?", [str(scratch)])
        database.register("rows", _reader(query, on_read))
        where = f" where {query.where.sql}" if query.where else ""
        parameters = list(query.where.parameters) if query.where else []
        sql = f"select {select} from rows{where} order by {_order(query)}"
        yield iter(database.sql(sql, params=parameters).to_arrow_reader(BATCH_ROWS))


def _order(query: RowQuery) -> str:
    fields = {field.name for field in query.table.schema().fields}
    names = [*(name for name in query.key if name in fields), *sorted(fields - set(query.key))]
    return ", ".join(f"{quoted(name)} nulls first" for name in names)


def _reader(query: RowQuery, on_read: Callable[[int], None]) -> pa.RecordBatchReader:
    import pyarrow as pa
    from pyiceberg.io.pyarrow import schema_to_pyarrow

    schema = schema_to_pyarrow(query.table.schema(), include_field_ids=False)
    return pa.RecordBatchReader.from_batches(schema, _batches(query, schema, on_read))


def _batches(
    query: RowQuery, schema: pa.Schema, on_read: Callable[[int], None]
) -> Iterator[pa.RecordBatch]:
    """Yield the rows of one data file after the other; a whole scan would be held in memory.

    The predicate only chooses files here: pyiceberg's reading of rows is not asked to filter.
    """
    from pyiceberg.expressions import AlwaysTrue
    from pyiceberg.io.pyarrow import ArrowScan

    table = query.table
    scan = ArrowScan(table.metadata, table.io, table.schema(), AlwaysTrue())
    predicate = query.where.predicate if query.where else AlwaysTrue()
    rows = 0
    for task in table.scan(row_filter=predicate).plan_files():
        for batch in scan.to_record_batches([task]):
            yield batch.cast(schema)
            rows += len(batch)
            on_read(rows)
