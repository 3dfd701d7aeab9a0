"""Conditions that a scan is given: (column, operator, value) -> an expression of pyiceberg."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pyiceberg.expressions import BooleanExpression

NULL = "is null"
# A column, one of the operators below, and a value.
Condition = tuple[str, str, Any]


def expression_of(conditions: Sequence[Condition]) -> BooleanExpression:
    """Return what all conditions together ask for. Raises KeyError for an unknown operator."""
    from pyiceberg.expressions import AlwaysTrue, And

    start: BooleanExpression = AlwaysTrue()
    return reduce(And, (_built(*condition) for condition in conditions), start)


def equals(column: str, value: object) -> list[Condition]:
    """Return the condition that a column has a value; none for None, which means any."""
    return [] if value is None else [(column, "=", value)]


def since(column: str, value: object) -> list[Condition]:
    """Return the condition that a column has a value or a greater one; none for None."""
    return [] if value is None else [(column, ">=", value)]


def until(column: str, value: object) -> list[Condition]:
    """Return the condition that a column has a value or a smaller one; none for None."""
    return [] if value is None else [(column, "<=", value)]


def is_null(column: str) -> list[Condition]:
    """Return the condition that a column has no value."""
    return [(column, NULL, None)]


def _built(name: str, operator: str, value: Any) -> BooleanExpression:  # noqa: ANN401
    from pyiceberg.expressions import EqualTo, GreaterThanOrEqual, IsNull, LessThanOrEqual

    kinds: dict[str, Any] = {
        "=": EqualTo,
        ">=": GreaterThanOrEqual,
        "<=": LessThanOrEqual,
        NULL: IsNull,
    }
    given = (name,) if operator == NULL else (name, value)
    found: BooleanExpression = kinds[operator](*given)
    return found
