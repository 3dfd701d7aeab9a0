"""Prints a table: Iceberg -> newest rows, newest snapshot, age."""

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table as Grid

from ingestion.settings import Settings
from operations.tables import TableState, describe_table, open_table

if TYPE_CHECKING:
    from pyiceberg.table import Table


def show_table(settings: Settings, name: str, limit: int, out: Console) -> None:
    """Print up to `limit` rows of the table `name`, the newest by its first date or time first.

    Raises ConfigurationError when there is no such table.
    """
    table = open_table(settings, name)
    state = describe_table(table)
    columns, rows = _newest_rows(table, limit)
    grid = Grid(*columns, title=name, header_style="bold")
    for row in rows:
        grid.add_row(*("" if value is None else str(value) for value in row))
    out.print(grid)
    out.print(f"{len(rows):,} of {state.rows:,} rows. {describe_age(state)}")


def describe_age(state: TableState) -> str:
    """Say which snapshot is the newest and how old it is."""
    if state.written_at is None or state.age is None:
        return "No snapshot yet."
    return (
        f"Snapshot {state.snapshot_id}, written {state.written_at:%Y-%m-%d %H:%M:%S} UTC,"
        f" {format_age(state.age)} ago."
    )


def format_age(age: timedelta) -> str:
    """Return an age in its largest fitting unit: 42 seconds, 3 minutes, 5 hours, 2 days."""
    seconds = max(0, int(age.total_seconds()))
    for unit, length in (("day", 86_400), ("hour", 3_600), ("minute", 60)):
        if seconds >= length:
            count = seconds // length
            return f"{count} {unit}{'s' if count > 1 else ''}"
    return f"{seconds} second{'s' if seconds != 1 else ''}"


def _newest_rows(table: "Table", limit: int) -> tuple[list[str], list[tuple[Any, ...]]]:
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
