"""Reads a filter: the text of `--where` -> conditions; whatever else SQL knows is an error.

Nothing of the text reaches a database: SQL is made anew from the conditions.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lake.errors import ConfigurationError
from operations.exports.filters.conditions import (
    Both,
    Comparison,
    Condition,
    Either,
    IsNull,
    Kind,
    Like,
    Literal,
    Not,
    OneOf,
    Operator,
)

if TYPE_CHECKING:
    from sqlglot.expressions import Expression

DIALECT = "duckdb"
EXAMPLE = "write for example: store_id = 'S1' and sold_date >= date '2025-05-01'"
MIRRORED = {
    Operator.LT: Operator.GT,
    Operator.LE: Operator.GE,
    Operator.GT: Operator.LT,
    Operator.GE: Operator.LE,
}
PLAIN = frozenset({"this", "expression", "expressions", "low", "high", "negate", "is_string", "to"})
CASTS = {
    "DATE": Kind.DATE,
    "TIMESTAMP": Kind.TIMESTAMP,
    "TIMESTAMPTZ": Kind.TIMESTAMP,
    "TIMESTAMPNTZ": Kind.TIMESTAMP,
}


@dataclass(frozen=True)
class Filter:
    """A filter as it was written, and what it says."""

    text: str
    condition: Condition


def parse_filter(text: str) -> Filter:
    """Read a filter: comparisons of columns with literals, in, between, like, is null, joined.

    Raises ConfigurationError that names the part which is anything else.
    """
    from sqlglot import parse
    from sqlglot.errors import SqlglotError

    try:
        found = [tree for tree in parse(text, read=DIALECT) if tree is not None]
        if len(found) != 1:
            raise _fault(text, "is not one condition")
        return Filter(text, _condition(found[0]))
    except SqlglotError as error:
        raise _fault(text, f"is no SQL: {str(error).splitlines()[0]}") from None
    except RecursionError:
        raise _fault(f"{text[:40]}…", "is nested too deep") from None


def _condition(tree: Any) -> Condition:  # noqa: ANN401 - a node of sqlglot, any of its classes
    from sqlglot import exp

    _require_plain(tree)
    if tree.args.get("negate"):  # not like
        positive = tree.copy()
        positive.set("negate", None)
        return Not(_condition(positive))
    match tree:
        case exp.Paren():
            return _condition(tree.this)
        case exp.And():
            return Both(_condition(tree.left), _condition(tree.right))
        case exp.Or():
            return Either(_condition(tree.left), _condition(tree.right))
        case exp.Not():
            return Not(_condition(tree.this))
        case _:
            return _of_column(tree)


def _of_column(tree: Any) -> Condition:  # noqa: ANN401
    from sqlglot import exp

    match tree:
        case exp.EQ() | exp.NEQ() | exp.LT() | exp.LTE() | exp.GT() | exp.GTE():
            return _comparison(tree)
        case exp.Between():
            return _between(tree)
        case exp.In() if tree.expressions:
            return OneOf(_column(tree.this), tuple(map(_literal, tree.expressions)))
        case exp.Like() if type(tree.expression) is exp.Literal and tree.expression.is_string:
            return Like(_column(tree.this), str(tree.expression.this))
        case exp.Is() if isinstance(tree.expression, exp.Null):
            return IsNull(_column(tree.this))
        case _:
            raise _fault(_sql(tree), "is no comparison of a column with a literal")


def _comparison(tree: Any) -> Comparison:  # noqa: ANN401
    from sqlglot import exp

    operator = Operator[{"NEQ": "NE", "LTE": "LE", "GTE": "GE"}.get(n := type(tree).__name__, n)]
    if type(tree.right) is exp.Column and type(tree.left) is not exp.Column:
        mirrored = MIRRORED.get(operator, operator)
        return Comparison(_column(tree.right), mirrored, _literal(tree.left))
    return Comparison(_column(tree.left), operator, _literal(tree.right))


def _between(tree: Any) -> Condition:  # noqa: ANN401
    column = _column(tree.this)
    return Both(
        Comparison(column, Operator.GE, _literal(tree.args["low"])),
        Comparison(column, Operator.LE, _literal(tree.args["high"])),
    )


def _column(tree: Expression) -> str:
    from sqlglot import exp

    if type(tree) is exp.Column and type(tree.this) is exp.Identifier:
        _require_plain(tree)
        return str(tree.this.this)
    raise _fault(_sql(tree), "is no column")


def _literal(tree: Any) -> Literal:  # noqa: ANN401
    from sqlglot import exp

    _require_plain(tree)
    match tree:
        case exp.Paren():
            return _literal(tree.this)
        case exp.Literal():
            return Literal(Kind.TEXT if tree.is_string else Kind.NUMBER, str(tree.this))
        case exp.Boolean():
            return Literal(Kind.BOOLEAN, "true" if tree.this else "false")
        case exp.Neg() if type(tree.this) is exp.Literal and not tree.this.is_string:
            return Literal(Kind.NUMBER, f"-{tree.this.this}")
        case exp.Cast() if type(tree) is exp.Cast and type(tree.this) is exp.Literal:
            kind = CASTS.get(tree.to.this.name)
            if kind is not None and tree.this.is_string:
                return Literal(kind, str(tree.this.this))
        case exp.Null():
            raise _fault(
                _sql(tree.parent or tree), "compares with null, which nothing equals; write is null"
            )
        case _:
            pass
    raise _fault(_sql(tree), "is no literal")


def _require_plain(tree: Expression) -> None:
    """Raise ConfigurationError for an option of SQL that no condition here knows."""
    if any(value and name not in PLAIN for name, value in tree.args.items()):
        raise _fault(_sql(tree), "is more than a comparison of a column with a literal")


def _sql(tree: Any) -> str:  # noqa: ANN401
    return str(tree.sql(DIALECT))


def _fault(part: str, problem: str) -> ConfigurationError:
    return ConfigurationError(f"the filter: {part!r} {problem}", EXAMPLE)
