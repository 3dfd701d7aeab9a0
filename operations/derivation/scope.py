"""What a name in a query means: the sources of a FROM -> columns of a plan."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from operations.derivation.refusals import refuse

if TYPE_CHECKING:
    from sqlglot import exp

RESOLVED, OUTER, ALIAS = "firn_resolved", "firn_outer", "firn_alias"


@dataclass
class Source:
    """One relation of a FROM: its alias, and its columns with the names they have in the plan."""

    alias: str
    columns: dict[str, str]


@dataclass
class Scope:
    """The sources of one SELECT, and those of the SELECT around a subquery."""

    outer: Scope | None = None
    sources: list[Source] = field(default_factory=list)
    # Columns of USING: seen once, under the name of the side that is never null.
    merged: dict[str, str] = field(default_factory=dict)
    hidden: set[str] = field(default_factory=set)

    @property
    def taken(self) -> set[str]:
        """The names that columns of the plan have here."""
        names = {name for each in self.sources for name in each.columns.values()}
        return names | self.outer.taken if self.outer else names

    def find(self, column: exp.Column) -> str | None:
        """Return the plan's column that a name stands for, None if this scope has none.

        Raises NotDerivableError for a name that stands for several.
        """
        table, name = column.table.lower(), column.name.lower()
        if not table and name in self.merged:
            return self.merged[name]
        found = [
            columns[name]
            for each in self.sources
            if not table or each.alias.lower() == table
            for columns in ({key.lower(): value for key, value in each.columns.items()},)
            if name in columns
        ]
        if len(found) > 1:
            raise refuse(f"column {column.name}, which several tables have", column)
        return found[0] if found else None

    def visible(self, table: str, node: exp.Expr) -> list[tuple[str, str]]:
        """Return what `*` or `table.*` shows: names and columns of the plan.

        Raises NotDerivableError for a table that is not in FROM.
        """
        wanted = table.lower()
        sources = [each for each in self.sources if not wanted or each.alias.lower() == wanted]
        if not sources:
            raise refuse(f"{table}.*, which is not in FROM", node)
        return [
            pair
            for each in sources
            for pair in each.columns.items()
            if wanted or pair[1] not in self.hidden
        ]


def plain(name: str, **meta: object) -> exp.Column:
    """Return a resolved column as a node."""
    from sqlglot import exp

    node = exp.Column(this=exp.Identifier(this=name))
    node.meta[RESOLVED] = True
    node.meta.update(meta)
    return node


def shallow(node: exp.Expr) -> list[exp.Expr]:
    """Return a node and all below it, but nothing inside a subquery."""
    from sqlglot import exp

    return list(node.walk(prune=lambda each: isinstance(each, exp.Query)))


def columns_in(node: exp.Expr) -> list[exp.Column]:
    """Return the columns of an expression that are not inside a subquery."""
    from sqlglot import exp

    return [each for each in shallow(node) if isinstance(each, exp.Column)]


def replaced(node: exp.Expr, change: Callable[[exp.Expr], exp.Expr | None]) -> exp.Expr:
    """Return a node in which the topmost nodes for which `change` gives another one are changed."""
    from sqlglot import exp

    new = change(node)
    if new is not None:
        if new is not node and node.parent is not None:
            node.replace(new)
        return new
    if not isinstance(node, exp.Query):
        for child in list(node.iter_expressions()):
            replaced(child, change)
    return node


def resolve(node: exp.Expr, scope: Scope, aliases: dict[str, int] | None = None) -> exp.Expr:
    """Return an expression whose columns are those of the plan.

    A name that FROM does not have may be an alias of SELECT (marked with its place), then a column
    of the query around. Raises NotDerivableError for a name that is nothing of these.
    """
    from sqlglot import exp

    def change(each: exp.Expr) -> exp.Expr | None:
        if not isinstance(each, exp.Column) or each.meta.get(RESOLVED):
            return None
        return _meaning(each, scope, aliases or {})

    return replaced(node, change)


def _meaning(column: exp.Column, scope: Scope, aliases: dict[str, int]) -> exp.Expr:
    from sqlglot import exp

    found = scope.find(column)
    if found:
        return _with_line(plain(found), column)
    if not column.table and column.name.lower() in aliases:
        place = aliases[column.name.lower()]
        return _with_line(plain(column.name, **{ALIAS: place}), column)
    outer = scope.outer.find(column) if scope.outer else None
    if outer:
        return _with_line(plain(outer, **{OUTER: True}), column)
    if column.table and not column.args.get("db"):
        whole = exp.Column(this=exp.to_identifier(column.table))
        if scope.find(whole):
            return exp.Dot(this=plain(str(scope.find(whole))), expression=column.this.copy())
    raise refuse(f"column {column.sql()}, which is not in FROM", column)


def _with_line(node: exp.Column, origin: exp.Column) -> exp.Column:
    line = next((each.meta["line"] for each in origin.walk() if "line" in each.meta), None)
    if line:
        node.meta["line"] = line
    return node
