"""Where the columns of a step come from: equal columns, direct ones, those windows run across."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from operations.derivation.expressions import Expression
from operations.derivation.plan import (
    Aggregate,
    Distinct,
    Filter,
    Generate,
    Join,
    Lookup,
    Project,
    SetOperation,
    Step,
    Window,
)


def flipped(step: Join) -> Join:
    """Return an inner or full join with its sides exchanged."""
    return Join(step.kind, step.right, step.left, step.on)


def equal_columns(on: Iterable[Expression], side: frozenset[str]) -> dict[str, str]:
    """Return columns of the other side, each with the column of this side that it must equal."""
    found: dict[str, str] = {}
    for each in on:
        if each.equates:
            one, two = each.equates
            if one in side and two not in side:
                found.setdefault(two, one)
            elif two in side and one not in side:
                found.setdefault(one, two)
    return found


def direct(step: Step) -> frozenset[str]:  # noqa: PLR0911 - a case per kind
    """Return the columns that a changed row brings along: no group, window or outer partner."""
    match step:
        case Filter() | Distinct():
            return direct(step.input)
        case Generate() | Lookup():
            return direct(step.input)
        case Project():
            below = direct(step.input)
            return frozenset(name for name, each in step.items if each.reads <= below)
        case Join():
            left = direct(step.left)
            return left | direct(step.right) if step.kind == "inner" else left
        case Aggregate():
            return direct(step.input) & frozenset(step.keys)
        case Window():
            return direct(step.input) & step.common
        case SetOperation():
            return frozenset.intersection(*(direct(each) for each in step.inputs))
        case _:
            return frozenset(step.columns)


def runs_across(  # noqa: C901, PLR0911 - a case per kind
    step: Step, name: str, is_changed: Callable[[Step], bool]
) -> bool:
    """Return whether a window that a change can reach runs across the values of a column.

    A change in one row of a partition then reaches rows with other values of it, so that naming
    them one by one is no finer than naming the partition.
    """

    def visit(below: Step, names: Iterable[str]) -> bool:
        return any(runs_across(below, each, is_changed) for each in names)

    if not is_changed(step):
        return False
    match step:
        case Project():
            return visit(step.input, dict(step.items)[name].columns)
        case Join():
            return visit(step.left if name in step.left.columns else step.right, (name,))
        case Aggregate():
            names = (name,) if name in step.keys else dict(step.items)[name].columns
            return visit(step.input, names)
        case Window():
            return name not in step.common or visit(step.input, (name,))
        case Generate() if name in step.names:
            return visit(step.input, step.expression.columns)
        case Lookup() if name == step.name:
            return visit(step.body, [c for v in step.value for c in v.columns])
        case Filter() | Distinct() | Generate() | Lookup():
            return visit(step.input, (name,))
        case SetOperation():
            return any(visit(each, (name,)) for each in step.inputs)
        case _:
            return False
