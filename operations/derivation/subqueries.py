"""Subqueries in expressions: EXISTS, IN and scalar ones -> joins and lookups of the plan.

As conditions by themselves, EXISTS and IN are semi-joins and NOT EXISTS is an anti-join. Elsewhere,
and for NOT IN, which is unknown where a value is null, the value is looked up for each row.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from operations.derivation.conditions import conditions_of, conjuncts, is_correlated
from operations.derivation.expressions import Expression, expression_of
from operations.derivation.functions import check_functions
from operations.derivation.plan import (
    Filter,
    Join,
    Lookup,
    Step,
    extend,
    rename,
)
from operations.derivation.refusals import refuse
from operations.derivation.scope import OUTER, Scope, columns_in, plain, resolve, shallow
from operations.derivation.sources import Ctes, Queries, SourceReader

if TYPE_CHECKING:
    from sqlglot import exp

AGGREGATED = "aggregate it in a CTE and join that"


@dataclass(frozen=True)
class Body:
    """A subquery's rows before those of the query around decide; `on` says which each row sees."""

    step: Step
    on: tuple[Expression, ...]
    values: tuple[exp.Expr, ...]


@dataclass
class SubqueryReader:
    """Reads the subqueries in the expressions of one SELECT."""

    queries: Queries
    ctes: Ctes
    scope: Scope

    def filtered(self, step: Step, parts: Sequence[exp.Expr]) -> Step:
        """Return a step with resolved conditions applied, those with subqueries last."""
        from sqlglot import exp

        simple = [each for each in parts if not each.find(exp.Query)]
        if simple:
            step = Filter(step, conditions_of(simple, self.queries.dialect))
        for each in parts:
            if each.find(exp.Query):
                step = self._condition(step, each)
        return step

    def _condition(self, step: Step, node: exp.Expr) -> Step:
        from sqlglot import exp

        inner = node.this.unnest() if isinstance(node, exp.Not) else node
        if isinstance(inner, exp.Exists) and isinstance(inner.this, exp.Query):
            body = self._body(inner.this, step)
            return Join("semi" if inner is node else "anti", step, body.step, body.on)
        if isinstance(node, exp.In) and node.args.get("query"):
            body = self._body(node.args["query"].unnest(), step)
            return Join("semi", step, body.step, (*body.on, *self._equal(node, body)))
        node, lifted = self.lifted(node, step)
        return Filter(lifted, conditions_of([node], self.queries.dialect))

    def _equal(self, node: exp.Expr, body: Body) -> tuple[Expression, ...]:
        from sqlglot import exp

        pairs = zip(self._operands(node, body), body.values, strict=True)
        nodes = [exp.EQ(this=one.copy(), expression=two.copy()) for one, two in pairs]
        return conditions_of(nodes, self.queries.dialect)

    def _operands(self, node: exp.Expr, body: Body) -> list[exp.Expr]:
        from sqlglot import exp

        left = node.this.unnest()
        found = list(left.expressions) if isinstance(left, exp.Tuple) else [left]
        if len(found) != len(body.values):
            raise refuse("IN with another number of columns", node)
        return found

    def lifted(self, node: exp.Expr, step: Step) -> tuple[exp.Expr, Step]:
        """Return a resolved expression and its step, each subquery being a column of the step.

        Raises NotDerivableError for a subquery of a form that is not supported.
        """
        from sqlglot import exp

        found = [each for each in shallow(node) if isinstance(each, exp.Query)]
        for each in found:
            name = self.queries.names.new()
            whole, step = self._looked_up(each, name, step)
            if whole is node:
                node = plain(name)
            else:
                whole.replace(plain(name))
        return node, step

    def _looked_up(self, query: exp.Expr, name: str, step: Step) -> tuple[exp.Expr, Step]:
        from sqlglot import exp

        above = query.parent
        dialect = self.queries.dialect
        if isinstance(above, exp.Any | exp.All):
            raise refuse(f"{above.key.upper()} (subquery)", query, "use EXISTS or a minimum")
        body = self._body(query.unnest(), step)
        values = tuple(expression_of(each, dialect) for each in body.values)
        if isinstance(above, exp.Exists):
            return above, Lookup(step, name, "exists", body.step, body.on)
        if isinstance(above, exp.In) and above.args.get("query") is query:
            operand = tuple(expression_of(each, dialect) for each in self._operands(above, body))
            return above, Lookup(step, name, "in", body.step, body.on, values, operand)
        if len(values) != 1:
            raise refuse("a subquery of several columns", query, "select one column")
        return query, Lookup(step, name, "scalar", body.step, body.on, values)

    def _body(self, query: exp.Expr, step: Step) -> Body:
        scope = Scope(outer=self.scope)
        if isinstance(query, _select()) and self._is_correlated(query):
            return self._correlated(query, scope, step)
        whole = self.queries.query(query, self.ctes)
        taken = {*step.columns, *self.scope.taken}
        whole = rename(whole, [self.queries.names.free(each, taken) for each in whole.columns])
        return Body(whole, (), tuple(plain(each) for each in whole.columns))

    def _is_correlated(self, query: exp.Expr) -> bool:
        """Whether names of a subquery are found only in the query around it."""
        from sqlglot import exp

        if query.args.get("with_"):
            return False
        scope = Scope(outer=self.scope)
        SourceReader(self.queries, self.ctes, scope).read(query)
        where = query.args.get("where")
        nodes = [*query.expressions, *([where.this] if where else [])]
        return any(
            isinstance(each, exp.Column)
            and not isinstance(each.this, exp.Star)
            and scope.find(each) is None
            and self.scope.find(each) is not None
            for node in nodes
            for each in columns_in(node)
        )

    def _correlated(self, query: exp.Expr, scope: Scope, step: Step) -> Body:
        """A body that the query around looks into: by conditions of its WHERE and nothing else."""
        from sqlglot import exp

        for key in ("group", "having", "distinct", "qualify", "limit", "offset"):
            if query.args.get(key):
                raise refuse(f"{key.upper()} in a correlated subquery", query, AGGREGATED)
        body = SourceReader(self.queries, self.ctes, scope).read(query)
        where = query.args.get("where")
        parts = [resolve(each.copy(), scope) for each in conjuncts(where.this if where else None)]
        for each in parts:
            check_functions(each)
        inside = [each for each in parts if not is_correlated(each)]
        outside = [each for each in parts if is_correlated(each)]
        if any(each.find(exp.Query) for each in outside):
            raise refuse("a subquery inside a correlated condition", query, AGGREGATED)
        body = SubqueryReader(self.queries, self.ctes, scope).filtered(body, inside)
        self._check_outer(outside, step, query)
        body, values = self._values(query, scope, body)
        return Body(body, conditions_of(outside, self.queries.dialect), values)

    def _values(
        self, query: exp.Expr, scope: Scope, body: Step
    ) -> tuple[Step, tuple[exp.Expr, ...]]:
        """What a correlated subquery selects; EXISTS and IN over plain rows, or one aggregate."""
        from sqlglot import exp

        if isinstance(query.parent, exp.Exists):
            return body, ()
        values = [resolve(each.copy().unalias(), scope) for each in query.expressions]
        for each in values:
            check_functions(each)
            if is_correlated(each) or each.is_star or each.find(exp.Window, exp.Query):
                raise refuse("what a correlated subquery selects", query, AGGREGATED)
        if any(each.find(exp.AggFunc) for each in values):
            if _enclosing(query, exp.In):
                raise refuse("an aggregate in a correlated IN", query, AGGREGATED)
            return body, tuple(values)
        items = tuple(
            (self.queries.names.new(), expression_of(each, self.queries.dialect)) for each in values
        )
        return extend(body, items), tuple(plain(name) for name, _ in items)

    def _check_outer(self, parts: Sequence[exp.Expr], step: Step, query: exp.Expr) -> None:
        for part in parts:
            for each in columns_in(part):
                if each.meta.get(OUTER) and each.name not in step.columns:
                    raise refuse(f"column {each.name} in a correlated subquery", query, AGGREGATED)


def _enclosing(node: exp.Expr, kind: type[exp.Expr]) -> bool:
    from sqlglot import exp

    above = node.parent
    while isinstance(above, exp.Subquery):
        above = above.parent
    return isinstance(above, kind)


def _select() -> type[exp.Expr]:
    from sqlglot import exp

    return exp.Select
