"""Conditions of WHERE, ON and HAVING: nodes -> the parts that AND joins, as expressions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from operations.derivation.expressions import Expression, expression_of
from operations.derivation.scope import OUTER, columns_in

if TYPE_CHECKING:
    from sqlglot import exp


def conjuncts(node: exp.Expr | None) -> list[exp.Expr]:
    """Return the parts of a condition that all have to be true."""
    from sqlglot import exp

    if node is None:
        return []
    bare = node.unnest()
    if not isinstance(bare, exp.And):
        return [bare]
    return [part for each in (bare.left, bare.right) for part in conjuncts(each)]


def conditions_of(nodes: Sequence[exp.Expr], dialect: str) -> tuple[Expression, ...]:
    """Return resolved parts as expressions that can stand beside AND."""
    from sqlglot import exp

    return tuple(
        expression_of(exp.paren(each) if isinstance(each, exp.Or | exp.Xor) else each, dialect)
        for each in nodes
    )


def is_correlated(node: exp.Expr) -> bool:
    """Whether a resolved expression reads a column of the query around."""
    return any(each.meta.get(OUTER) for each in columns_in(node))
