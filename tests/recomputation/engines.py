"""One table in two engines: Spark, and DuckDB on what pyiceberg reads -> rows and a checksum.

The checksum adds up a hash of each row, so that the order of rows does not matter.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import duckdb
from pyiceberg.table import Table
from pyiceberg.types import TimestampType, TimestamptzType

Fingerprint = tuple[int, int]
SparkSql = Callable[[str], Sequence[Mapping[str, Any]]]


def assert_engines_agree(sql: SparkSql, tables: Iterable[Table]) -> None:
    """Both engines read the same rows in each of some tables, all of which have some."""
    found = {".".join(table.name()): table for table in tables}
    by_duckdb = {name: seen_by_duckdb(table) for name, table in found.items()}
    assert by_duckdb
    assert all(rows for rows, _ in by_duckdb.values()), by_duckdb
    assert {name: seen_by_spark(sql, table) for name, table in found.items()} == by_duckdb


def seen_by_spark(sql: SparkSql, table: Table) -> Fingerprint:
    """Return how many rows Spark reads in a table, and their checksum."""
    hashed = f"md5({_row(table, 'string', 'unix_micros(cast({0} as timestamp))')})"
    number = f"cast(conv(substr({hashed}, 1, 15), 16, 10) as decimal(38, 0))"
    query = f"select count(*) as n, coalesce(sum({number}), 0) as sum from {'.'.join(table.name())}"
    [row] = sql(query)
    return int(row["n"]), int(row["sum"])


def seen_by_duckdb(table: Table) -> Fingerprint:
    """Return the same of what pyiceberg reads, computed by DuckDB."""
    hashed = f"md5({_row(table, 'varchar', 'epoch_us({0})')})"
    number = f"cast('0x' || substr({hashed}, 1, 15) as ubigint)"
    with duckdb.connect() as database:
        database.execute("set timezone = 'UTC'")
        database.register("rows", table.scan().to_arrow_batch_reader())
        found = database.sql(f"select count(*), coalesce(sum({number}), 0) from rows").fetchall()
    return int(found[0][0]), int(found[0][1])


def _row(table: Table, text: str, instant: str) -> str:
    """Return the SQL of a row as one text; NULL is told from every value."""
    cells = []
    for field in table.schema().fields:
        name = f"rows.{field.name}" if text == "varchar" else field.name
        is_instant = isinstance(field.field_type, TimestampType | TimestamptzType)
        value = instant.format(name) if is_instant else name
        cells.append(f"coalesce('=' || cast({value} as {text}), 'null')")
    return " || '|' || ".join(cells)
