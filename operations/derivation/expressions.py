"""Expressions of a plan: text with slots for columns, so that renaming is joining strings."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlglot import exp

SLOT = re.compile(r"__firn_(\d+)__")
NAME = re.compile(r"`?[A-Za-z_][\w$]*`?(\.`?[A-Za-z_][\w$]*`?)?$|[\w.]+$|'[^']*'$")


@dataclass(frozen=True)
class Expression:
    """A scalar expression. `columns[i]` stands between `parts[i]` and `parts[i + 1]`.

    `equates` names the two columns of a plain equality `a = b`; rows in which one of them is null
    do not satisfy it.
    """

    parts: tuple[str, ...]
    columns: tuple[str, ...]
    equates: tuple[str, str] | None = None

    @property
    def is_column(self) -> bool:
        """Whether it is nothing but a column."""
        return self.parts == ("", "")

    @cached_property
    def reads(self) -> frozenset[str]:
        """The columns it reads."""
        return frozenset(self.columns)

    def sql(self, names: Mapping[str, str]) -> str:
        """Return its text with what `names` says in place of each column."""
        if self.is_column:
            return names[self.columns[0]]
        texts = [self.parts[0]]
        for column, part in zip(self.columns, self.parts[1:], strict=True):
            texts += [_enclosed(names[column]), part]
        return "".join(texts)

    def renamed(self, names: Mapping[str, str]) -> Expression:
        """Return it with other columns in its slots."""
        equates = self.equates and (
            names.get(self.equates[0], self.equates[0]),
            names.get(self.equates[1], self.equates[1]),
        )
        return Expression(
            self.parts, tuple(names.get(each, each) for each in self.columns), equates
        )


def _enclosed(text: str) -> str:
    return text if NAME.match(text) else f"({text})"


def column(name: str) -> Expression:
    """Return the expression that is a column."""
    return Expression(("", ""), (name,))


def literal(text: str) -> Expression:
    """Return an expression that reads no column."""
    return Expression((text,), ())


def same(left: str, right: str) -> Expression:
    """Return `left is not distinct from right`, as a condition of its own."""
    return Expression(("", " is not distinct from ", ""), (left, right), (left, right))


def columns_read(expressions: Iterable[Expression]) -> frozenset[str]:
    """Return the columns that any of the expressions reads."""
    return frozenset(name for each in expressions for name in each.columns)


def expression_of(node: exp.Expr, dialect: str) -> Expression:
    """Return the expression of a node in which all columns are resolved to plain names."""
    from sqlglot import exp

    if isinstance(node, exp.Column):
        return column(node.name)
    equates = _equates(node)
    node = node.copy()
    columns: list[str] = []
    for found in list(node.find_all(exp.Column)):
        slot = exp.Column(this=exp.Identifier(this=f"__firn_{len(columns)}__"))
        columns.append(found.name)
        found.replace(slot)
    pieces = SLOT.split(node.sql(dialect, normalize_functions="lower", comments=False))
    order = [columns[int(each)] for each in pieces[1::2]]
    return Expression(tuple(pieces[::2]), tuple(order), equates)


def _equates(node: exp.Expr) -> tuple[str, str] | None:
    from sqlglot import exp

    if not isinstance(node, exp.EQ):
        return None
    left, right = node.left, node.right
    if isinstance(left, exp.Column) and isinstance(right, exp.Column):
        return left.name, right.name
    return None
