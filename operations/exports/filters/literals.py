"""Literals of a filter in the type of their column: text -> SQL, and a value that skips files."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from lake.errors import ConfigurationError
from operations.exports.filters.conditions import Kind, Literal

if TYPE_CHECKING:
    from pyiceberg.types import DecimalType, IcebergType, NestedField

DAYS = frozenset({Kind.TEXT, Kind.DATE})
TIMES = DAYS | {Kind.TIMESTAMP}
MOST_DIGITS = 100  # of a number that is written out


@dataclass(frozen=True)
class Typed:
    """A value of a column's type: SQL with one parameter, its text, and the value for Iceberg.

    `bound` is None where Iceberg's bounds of files say less than SQL asks, as of NaN.
    """

    sql: str
    parameter: str
    bound: Any = None


def typed(literal: Literal, column: NestedField, table: str) -> Typed:
    """Return a literal as a value of the column. Raises ConfigurationError when it is none."""
    try:
        return _typed(literal, column.field_type)
    except (ValueError, InvalidOperation):
        raise ConfigurationError(
            f"the filter: {table}.{column.name} is of type {column.field_type}, which"
            f" {literal.text!r} ({literal.kind}) is no value of",
            _example(column),
        ) from None


def _typed(literal: Literal, kind: IcebergType) -> Typed:
    """Return the value. Raises ValueError or InvalidOperation when the literal is none."""
    from pyiceberg import types

    if isinstance(kind, types.DecimalType):
        return _decimal(literal, kind)
    readers: dict[type[IcebergType], Callable[[Literal], Typed]] = {
        types.StringType: _text,
        types.BooleanType: _boolean,
        types.IntegerType: lambda one: _integer(one, 32),
        types.LongType: lambda one: _integer(one, 64),
        types.FloatType: lambda one: _float(one, "real"),
        types.DoubleType: lambda one: _float(one, "double"),
        types.DateType: lambda one: _iso("date", date.fromisoformat(_of(one, *DAYS))),
        types.TimeType: lambda one: _iso("time", time.fromisoformat(_of(one, Kind.TEXT))),
        types.TimestampType: lambda one: _iso("timestamp", _moment(one, has_zone=False)),
        types.TimestamptzType: lambda one: _iso("timestamptz", _moment(one, has_zone=True)),
    }
    if type(kind) not in readers:
        raise ValueError(kind)
    return readers[type(kind)](literal)


def _of(literal: Literal, *kinds: Kind) -> str:
    if literal.kind not in kinds:
        raise ValueError(literal.kind)
    return literal.text


def _text(literal: Literal) -> Typed:
    text = _of(literal, Kind.TEXT)
    return Typed("?", text, text)


def _boolean(literal: Literal) -> Typed:
    text = _of(literal, Kind.BOOLEAN)
    return Typed("cast(? as boolean)", text, text == "true")


def _float(literal: Literal, kind: str) -> Typed:
    return Typed(f"cast(? as {kind})", str(float(_of(literal, Kind.NUMBER))))


def _integer(literal: Literal, bits: int) -> Typed:
    value = Fraction(_number(literal))
    limit = 2 ** (bits - 1)
    if value.denominator != 1 or not -limit <= value < limit:
        raise ValueError(literal.text)
    return Typed("cast(? as bigint)", str(value.numerator), value.numerator)


def _decimal(literal: Literal, kind: DecimalType) -> Typed:
    unscaled = Fraction(_number(literal)) * 10**kind.scale
    if unscaled.denominator != 1 or abs(unscaled) >= 10**kind.precision:
        raise ValueError(literal.text)
    value = Decimal(f"{unscaled.numerator}e-{kind.scale}")
    return Typed(f"cast(? as decimal({kind.precision}, {kind.scale}))", f"{value:f}", value)


def _number(literal: Literal) -> Decimal:
    value = Decimal(_of(literal, Kind.NUMBER))
    if abs(value.adjusted()) > MOST_DIGITS:
        raise ValueError(literal.text)
    return value


def _moment(literal: Literal, *, has_zone: bool) -> datetime:
    found = datetime.fromisoformat(_of(literal, *TIMES))
    if not has_zone and found.tzinfo is not None:
        raise ValueError(found)
    return found.replace(tzinfo=found.tzinfo or UTC).astimezone(UTC) if has_zone else found


def _iso(kind: str, value: date | time) -> Typed:
    text = value.isoformat()
    return Typed(f"cast(? as {kind})", text, text)


def _example(column: NestedField) -> str:
    from pyiceberg import types

    examples: dict[type[IcebergType], str] = {
        types.StringType: "write a text in quotes: 'S1'",
        types.BooleanType: "write true or false",
        types.DateType: "write a date: date '2025-05-01'",
        types.TimeType: "write a time: '12:30:00'",
        types.TimestampType: "write a time without a zone: timestamp '2025-05-01 12:00:00'",
        types.TimestamptzType: "write a time: timestamp '2025-05-01 12:00:00+02:00'",
    }
    numbers = (types.IntegerType, types.LongType, types.FloatType, types.DoubleType)
    if isinstance(column.field_type, (*numbers, types.DecimalType)):
        return f"write a number that {column.field_type} can hold"
    return examples.get(type(column.field_type), "such a column can only be asked: is null")
