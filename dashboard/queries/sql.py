"""Runs a query over Arrow tables: SQL + named tables -> an Arrow table; times are UTC."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow as pa


def query(sql: str, values: Mapping[str, Any] | None = None, /, **tables: pa.Table) -> pa.Table:
    """Return what `sql` says of the tables, which it calls by the names given here.

    `values` fill the parameters `$name`. Raises duckdb.Error for a query that cannot be run.
    """
    import duckdb

    with duckdb.connect() as database:
        database.execute("set timezone = 'UTC'")
        for name, table in tables.items():
            database.register(name, table)
        return database.sql(sql, params=dict(values or {})).to_arrow_table()


def values_of(table: pa.Table, column: str) -> list[Any]:
    """Return the distinct values of a column in their order, nulls left out."""
    return sorted({value for value in table.column(column).to_pylist() if value is not None})


def greatest(table: pa.Table, column: str) -> Any:  # noqa: ANN401 - of the column's type
    """Return the greatest value of a column, None without one."""
    import pyarrow.compute as pc

    return pc.max(table.column(column)).as_py()
