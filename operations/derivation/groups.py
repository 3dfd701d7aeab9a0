"""GROUP BY, aggregates and HAVING of a SELECT -> an Aggregate step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from operations.derivation.expressions import expression_of
from operations.derivation.functions import warning_of
from operations.derivation.plan import Aggregate, Step, extend
from operations.derivation.refusals import refuse
from operations.derivation.scope import columns_in, plain, replaced, shallow
from operations.derivation.sources import Queries

if TYPE_CHECKING:
    from sqlglot import exp

# What may stand around an aggregate and belongs to it.
WRAPPERS = ("Filter", "IgnoreNulls", "RespectNulls", "WithinGroup")


def aggregate_at(node: exp.Expr) -> bool:
    """Whether a node is an aggregate with all that belongs to it, not the function of a window."""
    from sqlglot import exp

    core = node
    while type(core).__name__ in WRAPPERS:
        core = core.this
    if not isinstance(core, exp.AggFunc):
        return False
    return not (isinstance(node.parent, exp.Window) and node.parent.this is node)


def has_aggregate(node: exp.Expr) -> bool:
    """Whether an expression holds an aggregate outside its subqueries."""
    return any(aggregate_at(each) and not _belongs_to_window(each) for each in shallow(node))


def _belongs_to_window(node: exp.Expr) -> bool:
    """Whether a node is the function of a window, inside what belongs to it."""
    from sqlglot import exp

    above = node.parent
    while type(above).__name__ in WRAPPERS:
        node, above = above, above.parent  # type: ignore[assignment, union-attr]
    return isinstance(above, exp.Window) and above.this is node


@dataclass
class GroupReader:
    """Moves the groups and aggregates of one SELECT into steps."""

    queries: Queries
    warnings: list[str]

    def keyed(self, nodes: Sequence[exp.Expr], step: Step) -> tuple[Step, dict[str, str]]:
        """Return a step that has each group expression as a column, and the columns by text."""
        from sqlglot import exp

        known: dict[str, str] = {}
        for each in nodes:
            text = each.sql(self.queries.dialect)
            if isinstance(each, exp.Column):
                known[text] = each.name
            elif text not in known:
                known[text] = self.queries.names.new()
                item = (known[text], expression_of(each, self.queries.dialect))
                step = extend(step, (item,))
        return step, known

    def grouped(
        self, nodes: list[exp.Expr], step: Step, keys: dict[str, str]
    ) -> tuple[list[exp.Expr], Step]:
        """Return expressions over the groups of a step, and the step that makes them."""
        found: dict[str, tuple[str, exp.Expr]] = {}

        def change(node: exp.Expr) -> exp.Expr | None:
            text = node.sql(self.queries.dialect)
            if text in keys:
                return plain(keys[text])
            if not aggregate_at(node):
                return None
            self._warn(node)
            name, _ = found.setdefault(text, (self.queries.names.new(), node.copy()))
            return plain(name)

        nodes = [replaced(each, change) for each in nodes]
        items = tuple(
            (name, expression_of(node, self.queries.dialect)) for name, node in found.values()
        )
        columns = tuple(dict.fromkeys(keys.values()))
        after = Aggregate(step, columns, items)
        self._check(nodes, after)
        return nodes, after

    def _warn(self, node: exp.Expr) -> None:
        for each in node.walk():
            warning = warning_of(each)
            if warning and warning not in self.warnings:
                self.warnings.append(warning)

    def _check(self, nodes: Sequence[exp.Expr], step: Step) -> None:
        from operations.derivation.scope import ALIAS, OUTER

        for node in nodes:
            for each in columns_in(node):
                known = ALIAS in each.meta or OUTER in each.meta or each.name in step.columns
                if not known:
                    raise refuse(
                        f"column {each.name}, which is neither grouped nor aggregated", each
                    )
