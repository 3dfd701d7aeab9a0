"""Whether a number may count: a table -> its checksum, equal to PostgreSQL's or not."""

from typing import Any

from benchmarks.contest import SCHEMA, TABLE, Landed

# The same text for PostgreSQL and DuckDB; sums of numeric and decimal are exact in both.
CHECKSUM = """
select
    count(*) as rows_count,
    count(distinct l_orderkey * 8 + l_linenumber) as keys_count,
    sum(l_orderkey) as orderkeys_sum,
    sum(l_linenumber) as linenumbers_sum,
    sum(l_quantity) as quantities_sum,
    sum(l_extendedprice) as prices_sum,
    sum(l_shipdate - date '1992-01-01') as days_sum,
    sum(length(l_comment)) as letters_count,
    max(l_updated_at) as newest_change
from {rows}
"""
Checksum = dict[str, Any]


def checksum_of_postgres(url: str) -> Checksum:
    """Return the checksum of the table as PostgreSQL holds it now."""
    import psycopg
    from psycopg.rows import dict_row

    with psycopg.connect(url, row_factory=dict_row) as connection:
        row = connection.execute(CHECKSUM.format(rows=f"{SCHEMA}.{TABLE}")).fetchone()
    return dict(row or {})


def checksum_of_iceberg(landed: Landed, query: str = CHECKSUM) -> Checksum:
    """Return the checksum of an Iceberg table's current rows, read by pyiceberg and DuckDB.

    `query` asks for it, of `{rows}`.
    """
    import duckdb
    from pyiceberg.catalog.sql import SqlCatalog

    catalog = SqlCatalog(landed.catalog, uri=f"sqlite:///{landed.catalog_file}")
    table = catalog.load_table(landed.identifier)
    with duckdb.connect() as connection:
        connection.execute("set timezone = 'UTC'")
        connection.register("landed", table.scan().to_arrow_batch_reader())
        answer = connection.execute(query.format(rows=f"({landed.current}) as current_rows"))
        names = [column[0] for column in answer.description or []]
        return dict(zip(names, answer.fetchone() or (), strict=True))


def differences(expected: Checksum, landed: Landed, query: str = CHECKSUM) -> str:
    """Return what does not agree, as `name: landed, expected`; empty when all agrees."""
    found = checksum_of_iceberg(landed, query)
    return "; ".join(
        f"{name}: {found[name]!r} landed, {value!r} in the source"
        for name, value in expected.items()
        if found[name] != value or isinstance(found[name], float)
    )
