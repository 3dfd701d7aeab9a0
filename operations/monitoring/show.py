"""Looks into a table: Iceberg -> its newest rows, its newest snapshot and its age."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lake.settings import Settings
from operations.monitoring.tables import TableState, describe_table, open_table

if TYPE_CHECKING:
    from pyiceberg.table import Table


@dataclass(frozen=True)
class NewestRows:
    """Rows of a table in the order of `columns`, and the state of the whole table."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]
    state: TableState


def newest_rows(settings: Settings, name: str, limit: int) -> NewestRows:
    """Return up to `limit` rows of the table `name`, the newest by its first date or time first.

    Raises ConfigurationError when there is no such table.
    """
    table = open_table(settings, name)
    columns, rows = _read(table, limit)
    return NewestRows(tuple(columns), tuple(rows), describe_table(table))


def _read(table: "Table", limit: int) -> tuple[list[str], list[tuple[Any, ...]]]:
    import duckdb
    from pyiceberg.types import DateType, TimestampType, TimestamptzType

    times = [
        field.name
        for field in table.schema().fields
        if isinstance(field.field_type, DateType | TimestampType | TimestamptzType)
    ]
    with duckdb.connect() as database:
        database.execute("set timezone = 'UTC'")
        database.register("rows", table.scan().to_arrow_batch_reader())
        order = f'order by "{times[0]}" desc nulls last' if times else ""
        found = database.sql(f"select * from rows {order} limit {int(limit)}")
        return list(found.columns), found.fetchall()
