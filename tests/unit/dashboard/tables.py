"""Small tables for queries: columns as lists -> Arrow."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa


def table(**columns: list[Any]) -> pa.Table:
    """Return a table of these columns; an amount is written as text, such as "1.50"."""
    return pa.table({name: _typed(name, values) for name, values in columns.items()})


def rows(found: pa.Table, *columns: str) -> list[tuple[Any, ...]]:
    """Return some columns of a result, row by row."""
    return [tuple(row[name] for name in columns) for row in found.to_pylist()]


def day(number: int, month: int = 6) -> date:
    """Return a day of 2025."""
    return date(2025, month, number)


def at(hour: int, minute: int = 0, number: int = 1) -> datetime:
    """Return a time of June 2025, UTC."""
    return datetime(2025, 6, number, hour, minute, tzinfo=UTC)


def money(text: str) -> Decimal:
    """Return an amount."""
    return Decimal(text)


def _typed(name: str, values: list[Any]) -> pa.Array:
    if name.endswith(("_amount", "_rate", "_liters", "_driven", "_used", "_hours", "_hand")):
        return pa.array([None if v is None else Decimal(v) for v in values], pa.decimal128(18, 4))
    return pa.array(values)
