"""A filter on one table: conditions and its schema -> SQL for DuckDB, a predicate for Iceberg.

DuckDB decides on every row; the predicate only lets files be skipped.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from lake.columns import quoted
from operations.exports.filters.columns import Columns
from operations.exports.filters.conditions import (
    Both,
    Comparison,
    Condition,
    Either,
    IsNull,
    Like,
    Literal,
    Not,
    OneOf,
)
from operations.exports.filters.literals import typed
from operations.exports.filters.parsing import Filter
from operations.exports.filters.skipping import skip_predicate

if TYPE_CHECKING:
    from pyiceberg.expressions import BooleanExpression
    from pyiceberg.schema import Schema
    from pyiceberg.types import NestedField


@dataclass(frozen=True)
class BoundFilter:
    """A filter of one table: SQL with parameters, and the predicate that skips files."""

    sql: str
    parameters: tuple[str, ...]
    predicate: BooleanExpression


def bind_filter(chosen: Filter, table: str, schema: Schema) -> BoundFilter:
    """Return what a filter means for a table.

    Raises ConfigurationError for a column that the table has not, with the nearest name, and for a
    literal that is no value of its column.
    """
    columns = Columns(table, schema)
    made = _Sql(columns)
    sql = made.of(chosen.condition)
    return BoundFilter(sql, tuple(made.parameters), skip_predicate(chosen.condition, columns))


@dataclass
class _Sql:
    """Makes SQL of conditions; their literals become parameters, in the order they stand in."""

    columns: Columns
    parameters: list[str] = field(default_factory=list)

    def of(self, condition: Condition) -> str:
        match condition:
            case Not(part):
                return f"(not {self.of(part)})"
            case Both(left, right):
                return f"({self.of(left)} and {self.of(right)})"
            case Either(left, right):
                return f"({self.of(left)} or {self.of(right)})"
            case _:
                return self._of_column(condition)

    def _of_column(self, condition: Comparison | OneOf | Like | IsNull) -> str:
        column = self.columns.find(condition.column)
        name = quoted(column.name)
        match condition:
            case IsNull():
                return f"({name} is null)"
            case Like(_, pattern):
                self.columns.require_text(column)
                self.parameters.append(pattern)
                return f"({name} like ?)"
            case OneOf(_, literals):
                return f"({name} in ({', '.join(self._value(one, column) for one in literals)}))"
            case Comparison(_, operator, literal):
                return f"({name} {operator} {self._value(literal, column)})"

    def _value(self, literal: Literal, column: NestedField) -> str:
        value = typed(literal, column, self.columns.table)
        self.parameters.append(value.parameter)
        return value.sql
