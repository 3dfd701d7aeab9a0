"""FROM: tables, derived tables, joins and lateral views -> a step and what names mean there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from operations.derivation.conditions import conditions_of, conjuncts
from operations.derivation.expressions import Expression, expression_of
from operations.derivation.functions import check_functions
from operations.derivation.names import Names
from operations.derivation.plan import Generate, Join, Relation, Step, Table, rename
from operations.derivation.refusals import refuse
from operations.derivation.scope import Scope, Source, resolve

if TYPE_CHECKING:
    from sqlglot import exp

Ctes = Mapping[str, Step]
ODD_TABLES = {"sample": "TABLESAMPLE", "pivots": "PIVOT"}
# What may stand beside the name of a table.
PLAIN_TABLE = frozenset({"this", "alias", "db", "catalog", "joins", "laterals"})


class Queries(Protocol):
    """What reads the queries inside a query."""

    dialect: str
    names: Names

    def table(self, name: str, node: exp.Expr) -> Table:
        """Return a table of the lake; raises NotDerivableError for one that is not known."""

    def query(self, node: exp.Expr, ctes: Ctes) -> Step:
        """Return the plan of a query; raises NotDerivableError."""


@dataclass
class SourceReader:
    """Reads the FROM of one SELECT."""

    queries: Queries
    ctes: Ctes
    scope: Scope

    def read(self, select: exp.Expr) -> Step:
        """Return the step that joins all sources; `scope` then knows their columns.

        Raises NotDerivableError for what cannot be derived.
        """
        from_ = select.args.get("from_")
        if from_ is None:
            return Relation("(select 1 as _one)", ())
        step = self._joined(self._source(from_.this), from_.this.args.get("joins") or ())
        step = self._joined(step, select.args.get("joins") or ())
        laterals = (*(from_.this.args.get("laterals") or ()), *(select.args.get("laterals") or ()))
        for each in laterals:
            step = self._lateral_view(step, each)
        return step

    def _joined(self, step: Step, joins: Sequence[exp.Expr]) -> Step:
        for each in joins:
            step = self._join(step, each)
        return step

    def _source(self, node: exp.Expr) -> Step:
        from sqlglot import exp

        match node:
            case exp.Table():
                return self._named(self._table(node), node.alias_or_name, node)
            case exp.Subquery() if isinstance(node.this, exp.Query):
                for key, name in ODD_TABLES.items():
                    if node.args.get(key):
                        raise refuse(name, node)
                step = self.queries.query(node.this, self._with(node))
                return self._named(step, node.alias, node)
            case exp.Lateral():
                raise refuse("a lateral subquery", node, "write it as a join")
            case _:
                raise refuse(f"{node.key} in FROM", node, "give its rows as a table or a seed")

    def _with(self, node: exp.Expr) -> Ctes:
        if node.args.get("with_"):
            raise refuse("WITH inside parentheses", node, "move it to the top of the query")
        return self.ctes

    def _table(self, node: exp.Table) -> Step:
        from sqlglot import exp

        if not isinstance(node.this, exp.Identifier):
            raise refuse(f"table function {node.this.sql().lower()}", node, "use a seed")
        odd = [key for key, value in node.args.items() if value and key not in PLAIN_TABLE]
        if odd:
            raise refuse(
                {"sample": "TABLESAMPLE", "pivots": "PIVOT"}.get(odd[0], odd[0].upper()), node
            )
        if not node.db and node.name.lower() in self.ctes:
            return self.ctes[node.name.lower()]
        return self.queries.table(table_name(node), node)

    def _named(self, step: Step, alias: str, node: exp.Expr) -> Step:
        """Add a source; its columns get new names where those before it have them."""
        shown = step.columns
        given = node.args.get("alias")
        if given is not None and given.args.get("columns"):
            shown = tuple(each.name for each in given.args["columns"])
            if len(shown) != len(step.columns):
                raise refuse(f"the column names of {alias}", node, "name all columns")
        taken = {each.lower() for each in self.scope.taken}
        names = [self.queries.names.free(each, taken) for each in map(str.lower, shown)]
        names = [old if new == old.lower() else new for new, old in zip(names, shown, strict=True)]
        self.scope.sources.append(Source(alias, dict(zip(shown, names, strict=True))))
        return rename(step, names)

    def _join(self, left: Step, node: exp.Expr) -> Step:
        from sqlglot import exp

        if node.args.get("method") or node.args.get("match_condition"):
            raise refuse(
                f"{node.args.get('method', 'ASOF')} JOIN".upper(), node, "name the columns in ON"
            )
        side, kind = (node.args.get(each) or "" for each in ("side", "kind"))
        if isinstance(node.this, exp.Lateral | exp.Unnest):
            raise refuse("a lateral join", node, "use LATERAL VIEW or explode() in SELECT")
        before = list(self.scope.sources)
        right = self._joined(self._source(node.this), node.this.args.get("joins") or ())
        verb = _kind(side, kind, node)
        on = self._on(node, before)
        if kind in {"SEMI", "ANTI"}:
            self.scope.sources = before
        if verb == "right":
            return Join("left", right, left, on)
        return Join(verb, left, right, on)

    def _on(self, node: exp.Expr, before: list[Source]) -> tuple[Expression, ...]:
        from sqlglot import exp

        if node.args.get("using"):
            return self._using(node, before)
        parts = [resolve(each.copy(), self.scope) for each in conjuncts(node.args.get("on"))]
        for each in parts:
            if each.find(exp.Query):
                raise refuse("a subquery in ON", each, "move it to WHERE or to a join of its own")
            check_functions(each)
        parts = [each for each in parts if each.sql().lower() != "true"]
        return conditions_of(parts, self.queries.dialect)

    def _using(self, node: exp.Expr, before: list[Source]) -> tuple[Expression, ...]:
        """USING shows a column once; which side it is taken from follows from the kind of join."""
        side = node.args.get("side") or ""
        if side == "FULL":
            raise refuse("FULL JOIN … USING", node, "write ON and coalesce()")
        added = Scope(sources=self.scope.sources[len(before) :])
        known = Scope(sources=before, merged=dict(self.scope.merged))
        on: list[Expression] = []
        for each in node.args["using"]:
            wanted = _column(each)
            one, two = known.find(wanted), added.find(wanted)
            if one is None or two is None:
                raise refuse(f"column {each.name} of USING", each)
            on.append(Expression(("", " = ", ""), (one, two), (one, two)))
            kept, other = (two, one) if side == "RIGHT" else (one, two)
            self.scope.merged[each.name.lower()] = kept
            self.scope.hidden.add(other)
        return tuple(on)

    def _lateral_view(self, step: Step, node: exp.Expr) -> Step:
        """LATERAL VIEW adds the elements of an array; OUTER keeps rows whose array is empty."""
        call = resolve(node.this.copy(), self.scope)
        check_functions(call)
        alias = node.args.get("alias")
        names = [each.name for each in (alias.args.get("columns") if alias else None) or ()]
        if not node.args.get("view") or call.key != "explode" or len(names) > 1:
            raise refuse("a lateral view of anything but explode()", node)
        text = expression_of(call, self.queries.dialect)
        if node.args.get("outer"):
            text = Expression(
                (text.parts[0].replace("explode(", "explode_outer(", 1), *text.parts[1:]),
                text.columns,
            )
        shown = names[0] if names else "col"
        name = self.queries.names.free(shown, self.scope.taken)
        self.scope.sources.append(Source(alias.name if alias else "", {shown: name}))
        return Generate(step, (name,), text)


def _column(name: exp.Expr) -> exp.Column:
    from sqlglot import exp

    return exp.Column(this=name.copy())


def _kind(side: str, kind: str, node: exp.Expr) -> str:
    if kind in {"SEMI", "ANTI"}:
        return kind.lower()
    if side in {"LEFT", "RIGHT", "FULL"}:
        return side.lower()
    if kind in {"", "INNER", "CROSS", "OUTER"} and not side:
        return "inner"
    raise refuse(f"{side} {kind} JOIN".strip(), node)


def table_name(node: exp.Table) -> str:
    """Return a table's name as the SQL writes it, its parts joined by dots."""
    return ".".join(each.name for each in node.parts)
