"""Tables into memory, past Spark and dbt: a query, an Iceberg table or a text file -> Rows."""

import csv
import hashlib
import re
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path

import psycopg
from pyiceberg.catalog import Catalog

from tests.recomputation.compare import Rows

SQL_FOLDER = Path(__file__).with_name("shop")

# what several of the queries stand on, each a view over the ones before
BUILDING_BLOCKS = ("as_of", "order_item_discount_parts", "counted_items")

MART_KEYS = {
    "sales_daily": ("placed_date", "customer_country", "category_id"),
    "customer_360": ("customer_id",),
    "customer_retention_monthly": ("cohort_month", "month_number"),
    "inventory_health": ("product_id", "warehouse_id", "stock_date"),
    "delivery_performance": ("ship_date", "carrier", "customer_country"),
}


def read_postgres(url: str, sql: str, before: Sequence[str] = ()) -> Rows:
    """Return what the query `sql` gives on the database `url`, all from one moment.

    The statements `before` run first in the same transaction, which is rolled back.
    """
    with psycopg.connect(url) as connection, connection.cursor() as cursor:
        cursor.execute("set transaction isolation level repeatable read")
        for statement in (*before, sql):
            cursor.execute(statement.encode())
        columns = tuple(column.name for column in cursor.description or ())
        rows = Rows(columns, cursor.fetchall())
        connection.rollback()
    return rows


def recompute(url: str, name: str) -> Rows:
    """Return the table `name` (a file in `shop/`, without `.sql`) as the source database has it."""
    views = [
        f"create temporary view {block} as {(SQL_FOLDER / block).with_suffix('.sql').read_text()}"
        for block in BUILDING_BLOCKS
    ]
    return read_postgres(url, (SQL_FOLDER / f"{name}.sql").read_text(), before=views)


def read_table(catalog: Catalog, identifier: str) -> Rows:
    """Return the newest snapshot of an Iceberg table, such as `gold.sales_daily`."""
    arrow = catalog.load_table(identifier).scan().to_arrow()
    columns = [column.to_pylist() for column in arrow.columns]
    return Rows(tuple(arrow.column_names), list(zip(*columns, strict=True)))


def read_text(path: Path) -> Rows:
    """Return a table kept by hand: comma-separated, the first line its columns, `#` for remarks.

    What looks like a date, a whole number or a decimal is one; nothing between commas is null.
    """
    with path.open(encoding="utf-8") as lines:
        written = [line for line in lines if not line.startswith("#")]
    header, *records = csv.reader(written, skipinitialspace=True)
    return Rows(tuple(header), [tuple(map(_value, record)) for record in records])


def digest(rows: Rows) -> str:
    """Return a hash that two tables share when they hold the same columns and rows."""
    ordered = rows.in_order(sorted(rows.columns))
    lines = sorted(repr(row) for row in ordered.values)
    return hashlib.sha256("\n".join([repr(ordered.columns), *lines]).encode()).hexdigest()


def _value(text: str) -> date | int | Decimal | str | None:
    if not text:
        return None
    if re.fullmatch(r"\d{4}-\d\d-\d\d", text):
        return date.fromisoformat(text)
    if re.fullmatch(r"-?\d+", text):
        return int(text)
    return Decimal(text) if re.fullmatch(r"-?\d+\.\d+", text) else text
