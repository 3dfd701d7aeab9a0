"""Names that SELECT gives: the columns of a result, and what their aliases mean elsewhere in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from operations.derivation.refusals import refuse
from operations.derivation.scope import ALIAS, Scope, plain, replaced

if TYPE_CHECKING:
    from sqlglot import exp


@dataclass
class Item:
    """A column of the result: its name, and its expression as far as it is read."""

    name: str
    node: exp.Expr
    level: int = 0


def places_of(items: Sequence[Item]) -> dict[str, int]:
    """Return where each alias stands."""
    return {each.name.lower(): place for place, each in enumerate(items)}


def inlined(node: exp.Expr, items: Sequence[Item], *, is_all: bool = False) -> exp.Expr:
    """Return an expression with columns in place of aliases of them; if all, whatever they are."""
    from sqlglot import exp

    def change(each: exp.Expr) -> exp.Expr | None:
        if not isinstance(each, exp.Column) or ALIAS not in each.meta:
            return None
        target = items[int(each.meta[ALIAS])].node
        if isinstance(target, exp.Column):
            return target.copy()
        if is_all:
            return inlined(exp.paren(target.copy()), items, is_all=True)
        return None

    return replaced(node, change)


def inline_in_aggregates(items: Sequence[Item]) -> None:
    """Put in place what aliases inside aggregates stand for: groups do not have their columns."""
    from sqlglot import exp

    for item in items:
        for each in item.node.find_all(exp.AggFunc):
            for child in list(each.iter_expressions()):
                inlined(child, items, is_all=True)


def preferred(
    node: exp.Expr, scope: Scope, items: Sequence[Item], keys: Sequence[exp.Expr] | None
) -> exp.Expr:
    """Return a part of HAVING or QUALIFY; names are marked that mean an alias, not a column.

    After groups the column of FROM is meant only if it is grouped by, or inside an aggregate.
    Raises NotDerivableError for a name that could be both.
    """
    from sqlglot import exp

    aliases = places_of(items)
    grouped = {each.name for each in keys or () if isinstance(each, exp.Column)}

    def change(each: exp.Expr) -> exp.Expr | None:
        if isinstance(each, exp.AggFunc) and not isinstance(each.parent, exp.Window):
            return each
        if not isinstance(each, exp.Column) or each.table or each.name.lower() not in aliases:
            return None
        found, place = scope.find(each), aliases[each.name.lower()]
        if not found or found in grouped or items[place].node == plain(found):
            return None
        if keys is None:
            raise refuse(f"{each.name}, which is a column and an alias", each, "rename the alias")
        return plain(each.name, **{ALIAS: place})

    return replaced(node, change)
