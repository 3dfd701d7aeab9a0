"""Window functions of a SELECT: nodes -> items of a Window step, with named windows written out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from operations.derivation.expressions import expression_of
from operations.derivation.plan import Step, Window, WindowItem, extend
from operations.derivation.refusals import refuse
from operations.derivation.scope import plain, replaced
from operations.derivation.sources import Queries

if TYPE_CHECKING:
    from sqlglot import exp

PARTITION = "partition it by columns of the unique key, or rebuild the model"


def named_windows(select: exp.Expr) -> dict[str, exp.Expr]:
    """Return the windows of a SELECT's WINDOW clause by name."""
    return {each.this.name.lower(): each for each in select.args.get("windows") or ()}


def written_out(node: exp.Expr, named: Mapping[str, exp.Expr]) -> exp.Expr:
    """Return an expression in which each window says what it is instead of a name.

    Raises NotDerivableError for a window without PARTITION BY: each change moves all of its rows.
    """
    from sqlglot import exp

    for each in [node] if isinstance(node, exp.Window) else []:
        _write_out(each, named)
    for each in list(node.find_all(exp.Window)):
        _write_out(each, named)
    return node


def _write_out(window: exp.Expr, named: Mapping[str, exp.Expr]) -> None:
    base = window.args.get("alias")
    while base is not None:
        origin = named.get(base.name.lower())
        if origin is None:
            raise refuse(f"window {base.name}, which is not declared", window)
        for key in ("partition_by", "order", "spec"):
            if not window.args.get(key) and origin.args.get(key):
                value = origin.args[key]
                copies = (
                    [each.copy() for each in value] if isinstance(value, list) else value.copy()
                )
                window.set(key, copies)
        base = origin.args.get("alias")
    window.set("alias", None)
    window.set("over", "OVER")
    if not window.args.get("partition_by"):
        raise refuse("a window without PARTITION BY", window, PARTITION)


@dataclass
class WindowReader:
    """Moves the window functions of expressions into one step."""

    queries: Queries

    def lifted(self, nodes: list[exp.Expr], step: Step) -> tuple[list[exp.Expr], Step]:
        """Return resolved expressions in which windows are columns, and the step that has them."""
        from sqlglot import exp

        found: dict[str, tuple[str, exp.Expr]] = {}

        def change(node: exp.Expr) -> exp.Expr | None:
            if not isinstance(node, exp.Window):
                return None
            text = node.sql(self.queries.dialect)
            name, _ = found.setdefault(text, (self.queries.names.new(), node.copy()))
            return plain(name)

        nodes = [replaced(each, change) for each in nodes]
        if not found:
            return nodes, step
        items = []
        for name, window in found.values():
            step, partition = self._partition(window, step)
            expression = expression_of(window, self.queries.dialect)
            items.append(WindowItem(name, expression, partition))
        return nodes, Window(step, tuple(items))

    def _partition(self, window: exp.Expr, step: Step) -> tuple[Step, frozenset[str]]:
        """Make the columns that a window is partitioned by, where they are computed."""
        from sqlglot import exp

        columns = []
        for each in list(window.args["partition_by"]):
            if isinstance(each, exp.Column):
                columns.append(each.name)
                continue
            name = self.queries.names.new()
            step = extend(step, ((name, expression_of(each, self.queries.dialect)),))
            each.replace(plain(name))
            columns.append(name)
        return step, frozenset(columns)
