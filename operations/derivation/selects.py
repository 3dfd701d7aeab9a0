"""One SELECT -> steps, in the order SQL evaluates it.

FROM ▶ WHERE ▶ GROUP BY ▶ HAVING ▶ windows ▶ QUALIFY ▶ columns ▶ DISTINCT
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from operations.derivation.aliases import (
    Item,
    inline_in_aggregates,
    inlined,
    places_of,
    preferred,
)
from operations.derivation.conditions import conjuncts
from operations.derivation.expressions import Expression, expression_of
from operations.derivation.functions import check_functions, is_generator
from operations.derivation.groups import GroupReader, has_aggregate
from operations.derivation.plan import Distinct, Generate, Items, Project, Step, extend
from operations.derivation.refusals import refuse
from operations.derivation.scope import (
    ALIAS,
    Scope,
    columns_in,
    plain,
    resolve,
    shallow,
)
from operations.derivation.sources import Ctes, Queries, SourceReader
from operations.derivation.subqueries import SubqueryReader
from operations.derivation.windows import WindowReader, named_windows, written_out

if TYPE_CHECKING:
    from sqlglot import exp

REFUSED = {
    "limit": "LIMIT",
    "offset": "OFFSET",
    "fetch": "FETCH",
    "sample": "TABLESAMPLE",
    "pivots": "PIVOT",
    "into": "INTO",
    "connect": "CONNECT BY",
    "match": "MATCH_RECOGNIZE",
    "kind": "SELECT AS STRUCT",
    "cluster": "CLUSTER BY",
    "distribute": "DISTRIBUTE BY",
    "sort": "SORT BY",
    "locks": "FOR UPDATE",
}


@dataclass
class SelectReader:
    """Reads one SELECT."""

    queries: Queries
    ctes: Ctes
    warnings: list[str]

    def read(self, select: exp.Expr) -> Step:
        """Return the step of a SELECT; raises NotDerivableError for what cannot be derived."""
        self._check(select)
        self.scope = Scope()
        self.subqueries = SubqueryReader(self.queries, self.ctes, self.scope)
        step = SourceReader(self.queries, self.ctes, self.scope).read(select)
        step = self._where(step, select)
        items = self._items(select)
        keys = self._group_expressions(select.args.get("group"), items)
        having, qualify = (self._late(select, key, items, keys) for key in ("having", "qualify"))
        step, items, having, qualify = self._groups(step, items, keys, [having, qualify])
        step = self.subqueries.filtered(step, having)
        step, items, qualify = self._levels(step, items, qualify)
        step = self.subqueries.filtered(step, qualify)
        step = Project(step, self._shown(items, select))
        return Distinct(step) if select.args.get("distinct") else step

    def _check(self, select: exp.Expr) -> None:
        from sqlglot import exp

        for key, name in REFUSED.items():
            found = select.args.get(key)
            if found:
                node = found[0] if isinstance(found, list) else found
                raise refuse(name, node if isinstance(node, exp.Expr) else select)
        distinct = select.args.get("distinct")
        if distinct and distinct.args.get("on"):
            raise refuse("DISTINCT ON", distinct, "use QUALIFY row_number() = 1")

    def _where(self, step: Step, select: exp.Expr) -> Step:
        where = select.args.get("where")
        parts = [resolve(each.copy(), self.scope) for each in conjuncts(where and where.this)]
        for each in parts:
            check_functions(each)
            if has_aggregate(each):
                raise refuse("an aggregate in WHERE", each, "use HAVING")
        return self.subqueries.filtered(step, parts)

    def _items(self, select: exp.Expr) -> list[Item]:
        """Return the columns of SELECT, stars expanded, names resolved."""
        named = named_windows(select)
        items: list[Item] = []
        aliases: dict[str, int] = {}
        for each in select.expressions:
            for name, node in self._expanded(each):
                found = written_out(node.copy(), named)
                found = inlined(resolve(found, self.scope, aliases), items)
                check_functions(found)
                aliases[name.lower()] = len(items)
                items.append(Item(name, found))
        return items

    def _expanded(self, node: exp.Expr) -> list[tuple[str, exp.Expr]]:
        from sqlglot import exp

        star = node.this if isinstance(node, exp.Column) else node
        if isinstance(star, exp.Star):
            if star.args.get("replace") or star.args.get("rename"):
                raise refuse("* REPLACE or * RENAME", node, "name the columns")
            left_out = {each.name.lower() for each in star.args.get("except_") or ()}
            table = node.table if isinstance(node, exp.Column) else ""
            return [
                (name, plain(column))
                for name, column in self.scope.visible(table, node)
                if name.lower() not in left_out
            ]
        if isinstance(node, exp.Aliases):
            raise refuse(f"{node.this.key}() with several columns", node, "use explode()")
        bare = node.unalias()
        return [(node.alias or self._default_name(bare), bare)]

    def _default_name(self, node: exp.Expr) -> str:
        return node.output_name or ("col" if is_generator(node) else self.queries.names.new())

    def _late(
        self, select: exp.Expr, key: str, items: list[Item], keys: list[exp.Expr] | None
    ) -> list[exp.Expr]:
        """Return the parts of HAVING or QUALIFY, in which aliases of SELECT may stand."""
        clause = select.args.get(key)
        if clause is None:
            return []
        aliases = places_of(items)
        parts = []
        for each in conjuncts(clause.this):
            node = written_out(each.copy(), named_windows(select))
            node = preferred(node, self.scope, items, keys)
            node = inlined(resolve(node, self.scope, aliases), items, is_all=True)
            check_functions(node)
            parts.append(node)
        return parts

    def _groups(
        self,
        step: Step,
        items: list[Item],
        keys: list[exp.Expr] | None,
        later: list[list[exp.Expr]],
    ) -> tuple[Step, list[Item], list[exp.Expr], list[exp.Expr]]:
        having, qualify = later
        nodes = [each.node for each in items]
        if keys is None and not any(has_aggregate(each) for each in (*nodes, *having, *qualify)):
            if having:
                raise refuse("HAVING without groups", having[0], "use WHERE")
            return step, items, having, qualify
        inline_in_aggregates(items)
        reader = GroupReader(self.queries, self.warnings)
        step, known = reader.keyed(keys or (), step)
        nodes = [each.node for each in items]
        nodes, step = reader.grouped([*nodes, *having, *qualify], step, known)
        count, first = len(items), len(items) + len(having)
        items = [Item(each.name, node) for each, node in zip(items, nodes, strict=False)]
        return step, items, nodes[count:first], nodes[first:]

    def _group_expressions(
        self, group: exp.Expr | None, items: list[Item]
    ) -> list[exp.Expr] | None:
        from sqlglot import exp

        if group is None:
            return None
        for key in ("all", "rollup", "cube", "grouping_sets", "totals"):
            if group.args.get(key):
                raise refuse(f"GROUP BY {key.upper().replace('_', ' ')}", group, "name the columns")
        aliases = places_of(items)
        found = []
        for each in group.expressions:
            if isinstance(each, exp.Rollup | exp.Cube | exp.GroupingSets):
                raise refuse(f"GROUP BY {each.key.upper()}", each, "union one query per grouping")
            if isinstance(each, exp.Literal) and not each.is_string:
                if each.name not in {str(place + 1) for place in range(len(items))}:
                    raise refuse(f"GROUP BY {each.name}", each, "name the column")
                node = items[int(each.name) - 1].node.copy()
            else:
                node = resolve(each.copy(), self.scope, aliases)
            node = inlined(node, items, is_all=True).unnest()
            check_functions(node)
            found.append(node)
        return found

    def _levels(
        self, step: Step, items: list[Item], qualify: list[exp.Expr]
    ) -> tuple[Step, list[Item], list[exp.Expr]]:
        """Evaluate columns after those whose aliases they read; then the windows of QUALIFY."""
        for each in items:
            read = [items[int(c.meta[ALIAS])] for c in columns_in(each.node) if ALIAS in c.meta]
            each.level = 1 + max((other.level for other in read), default=-1)
        for level in range(1 + max((each.level for each in items), default=0)):
            here = [each for each in items if each.level == level]
            step = self._evaluated(step, here)
            step = self._named(step, here, items)
        qualify, step = WindowReader(self.queries).lifted(qualify, step)
        return step, items, qualify

    def _evaluated(self, step: Step, items: Sequence[Item]) -> Step:
        """Move subqueries, windows and generators of items into steps."""
        for each in items:
            each.node, step = self.subqueries.lifted(each.node, step)
        nodes, after = WindowReader(self.queries).lifted([each.node for each in items], step)
        for each, node in zip(items, nodes, strict=True):
            each.node = node
        for each in items:
            found = [part for part in shallow(each.node) if is_generator(part)]
            is_alone = found == [each.node] and after is step and not isinstance(step, Generate)
            if found and not is_alone:
                raise refuse(f"{found[0].key}() beside other columns", found[0], "move it to a CTE")
            if found:
                name = self.queries.names.new()
                text = expression_of(each.node, self.queries.dialect)
                step = after = Generate(step, (name,), text)
                each.node = plain(name)
        return after

    def _named(self, step: Step, items: Sequence[Item], all_items: Sequence[Item]) -> Step:
        """Make columns of what later items read by its alias."""
        from sqlglot import exp

        read = {
            c.meta[ALIAS] for each in all_items for c in columns_in(each.node) if ALIAS in c.meta
        }
        places = {id(each): place for place, each in enumerate(all_items)}
        added = []
        for each in items:
            if places[id(each)] in read and not isinstance(each.node, exp.Column):
                name = self.queries.names.new()
                added.append((name, expression_of(each.node, self.queries.dialect)))
                each.node = plain(name)
        step = extend(step, tuple(added))
        for each in all_items:
            each.node = inlined(each.node, all_items)
        return step

    def _shown(self, items: Sequence[Item], select: exp.Expr) -> Items:
        shown: dict[str, Expression] = {}
        for each in items:
            if each.name.lower() in {name.lower() for name in shown}:
                raise refuse(f"two columns named {each.name}", select, "name one of them")
            shown[each.name] = expression_of(each.node, self.queries.dialect)
        return tuple(shown.items())
