"""Prints a table: Iceberg -> newest rows, newest snapshot, age."""

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table as Grid

from lake.settings import Settings
from operations.monitoring.tables import TableState, describe_table, open_table

if TYPE_CHECKING:
    from pyiceberg.table import Table


def show_table(settings: Settings, name: str, limit: int, out: Console) -> None:
    """Print up to `limit` rows of the table `name`, the newest by its first date or time first.

    Raises ConfigurationError when there is no such table.
    """
    table = open_table(settings, name)
    state = describe_table(table)
    columns, rows = _newest_rows(table, limit)
    cells = [["" if value is None else str(value) for value in row] for row in rows]
    out.print(_as_grid(columns, cells, out.width) or _as_records(columns, cells))
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


def _as_grid(columns: list[str], cells: list[list[str]], width: int) -> Grid | None:
    """Lay rows out as lines, or return None when they do not fit into `width` characters."""
    widest = [max(map(len, column)) for column in zip(columns, *cells, strict=True)]
    if sum(widest) + 3 * len(widest) + 1 > width:
        return None
    grid = Grid(*columns, header_style="bold")
    for row in cells:
        grid.add_row(*row)
    return grid


def _as_records(columns: list[str], cells: list[list[str]]) -> Grid:
    """Lay rows out one below the other, a line for each value."""
    grid = Grid(box=None, show_header=False, pad_edge=False)
    grid.add_column(style="bold")
    grid.add_column(overflow="fold")
    for row in cells:
        for column, value in zip(columns, row, strict=True):
            grid.add_row(column, value)
        grid.add_row("", "")
    return grid


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
