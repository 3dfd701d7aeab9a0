"""Which data files a filter lets be skipped: conditions -> a predicate for Iceberg's scan.

It is true for every row that the conditions are true for, and maybe for more: floats are left out
because bounds of files do not count NaN, which DuckDB orders last.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from operations.exports.filters.columns import Columns
from operations.exports.filters.conditions import (
    Both,
    Comparison,
    Condition,
    Either,
    IsNull,
    Like,
    Not,
    OneOf,
    Operator,
)
from operations.exports.filters.literals import typed

if TYPE_CHECKING:
    from pyiceberg.expressions import BooleanExpression

NEGATED = {
    Operator.EQ: Operator.NE,
    Operator.NE: Operator.EQ,
    Operator.LT: Operator.GE,
    Operator.GE: Operator.LT,
    Operator.GT: Operator.LE,
    Operator.LE: Operator.GT,
}
WILDCARDS = frozenset("%_")


def skip_predicate(condition: Condition, columns: Columns) -> BooleanExpression:
    """Return a predicate that no file fails which has rows of the condition.

    Raises ConfigurationError for unknown columns and literals that are no value of theirs.
    """
    return _Skipping(columns).of(condition, negated=False)


class _Skipping:
    """Makes predicates; `not` is carried down to the comparisons, which have opposites."""

    def __init__(self, columns: Columns) -> None:
        self._columns = columns

    def of(self, condition: Condition, *, negated: bool) -> BooleanExpression:
        from pyiceberg.expressions import And, Or

        match condition:
            case Not(part):
                return self.of(part, negated=not negated)
            case Both(left, right) | Either(left, right):
                join = And if isinstance(condition, Both) is not negated else Or
                return join(self.of(left, negated=negated), self.of(right, negated=negated))
            case Comparison():
                return self._comparison(condition, negated=negated)
            case OneOf():
                return self._one_of(condition, negated=negated)
            case Like():
                return self._like(condition, negated=negated)
            case _:
                return self._is_null(condition, negated=negated)

    def _is_null(self, condition: IsNull, *, negated: bool) -> BooleanExpression:
        from pyiceberg import expressions as iceberg

        name = self._columns.find(condition.column).name
        return _made(iceberg.NotNull if negated else iceberg.IsNull, name)

    def _comparison(self, condition: Comparison, *, negated: bool) -> BooleanExpression:
        from pyiceberg import expressions as iceberg

        column = self._columns.find(condition.column)
        bound = typed(condition.literal, column, self._columns.table).bound
        if bound is None:
            return iceberg.AlwaysTrue()
        predicates = {
            Operator.EQ: iceberg.EqualTo,
            Operator.NE: iceberg.NotEqualTo,
            Operator.LT: iceberg.LessThan,
            Operator.LE: iceberg.LessThanOrEqual,
            Operator.GT: iceberg.GreaterThan,
            Operator.GE: iceberg.GreaterThanOrEqual,
        }
        operator = NEGATED[condition.operator] if negated else condition.operator
        return _made(predicates[operator], column.name, bound)

    def _one_of(self, condition: OneOf, *, negated: bool) -> BooleanExpression:
        from pyiceberg import expressions as iceberg

        column = self._columns.find(condition.column)
        bounds = {typed(one, column, self._columns.table).bound for one in condition.literals}
        if negated or None in bounds:
            return iceberg.AlwaysTrue()
        return _made(iceberg.In, column.name, bounds)

    def _like(self, condition: Like, *, negated: bool) -> BooleanExpression:
        from pyiceberg import expressions as iceberg

        column = self._columns.find(condition.column)
        prefix = condition.pattern[: _first_wildcard(condition.pattern)]
        if negated or not prefix:
            return iceberg.AlwaysTrue()
        return _made(iceberg.StartsWith, column.name, prefix)


def _made(predicate: Any, *arguments: object) -> BooleanExpression:  # noqa: ANN401
    """Make a predicate; the type checker takes pyiceberg's classes for what pydantic makes them."""
    made: BooleanExpression = predicate(*arguments)
    return made


def _first_wildcard(pattern: str) -> int:
    return next((at for at, one in enumerate(pattern) if one in WILDCARDS), len(pattern))
