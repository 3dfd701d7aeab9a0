"""Rows of one table that match one of several sets: branches -> those that read it once for all.

Each branch is the rows of a step that match a set of what changed. Where several read the same
step by the same columns, one with the union of their sets has the same rows, and rows that only
conditions of a branch would take away.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from operations.derivation.expressions import column, same
from operations.derivation.names import Names
from operations.derivation.plan import (
    Filter,
    Join,
    Project,
    Relation,
    SetOperation,
    Step,
    keep,
    semi_join,
    walk,
)


@dataclass(frozen=True)
class Matching:
    """The rows of a step that match a set: what is shown of them, and the columns compared."""

    step: Step
    shown: tuple[str, ...]
    by: tuple[str, ...]
    values: Step
    value_columns: tuple[str, ...]

    def as_values(self, names: Sequence[str]) -> Step:
        """Return the set, its columns under these names."""
        pairs = zip(names, self.value_columns, strict=True)
        return Project(self.values, tuple((name, column(below)) for name, below in pairs))

    def order(self) -> tuple[object, ...]:
        """Return what sorts sets by what they are made from."""
        read = sorted(each.text for each in walk(self.values) if isinstance(each, Relation))
        return len(read), read, self.value_columns


def merged(branches: Sequence[Step], columns: Sequence[str], names: Names) -> list[Step]:
    """Return steps with these columns, which together have at least the rows of the branches."""
    alike: dict[object, list[Matching]] = {}
    branch_of: dict[object, Step] = {}
    for branch in branches:
        found = _matching(branch, columns)
        what = (found.step, found.shown, found.by) if found else branch
        branch_of.setdefault(what, branch)
        alike.setdefault(what, []).extend([found] if found else [])
    return [
        _together(matching, columns, names) if len(matching) > 1 else keep(branch_of[what], columns)
        for what, matching in alike.items()
    ]


def _together(found: Sequence[Matching], columns: Sequence[str], names: Names) -> Step:
    """Return the rows that match any of the sets, which stand in an order of their own.

    So both worlds, which meet them in different order, ask for one and the same union.
    """
    first = found[0]
    given = names.of_values(len(first.by))
    sets = tuple(each.as_values(given) for each in sorted(found, key=Matching.order))
    on = [same(*pair) for pair in zip(first.by, given, strict=True)]
    rows = semi_join(first.step, SetOperation("union all", sets), on)
    items = zip(columns, first.shown, strict=True)
    return Project(rows, tuple((name, column(below)) for name, below in items))


def _matching(branch: Step, columns: Sequence[str]) -> Matching | None:
    """Return what a branch is, without its conditions; None where it is something else."""
    step, shown = _below(branch, list(columns))
    if not isinstance(step, Join) or step.kind != "semi" or not step.right_is_few:
        return None
    left = frozenset(step.left.columns)
    pairs = [each.equates for each in step.on if each.equates]
    if len(pairs) < len(step.on) or not {*shown} <= left:
        return None
    sides = sorted((pair if pair[0] in left else pair[::-1]) for pair in pairs)
    by, values = [mine for mine, _ in sides], [theirs for _, theirs in sides]
    below, passed = _below(step.left, [*shown, *by])
    return Matching(
        below,
        tuple(passed[: len(shown)]),
        tuple(passed[len(shown) :]),
        step.right,
        tuple(values),
    )


def _below(step: Step, names: list[str]) -> tuple[Step, list[str]]:
    """Return the step below conditions and renamings, and what the columns are called there."""
    while True:
        match step:
            case Filter():
                step = step.input
            case Project() if all(dict(step.items)[each].is_column for each in names):
                items = dict(step.items)
                names = [items[each].columns[0] for each in names]
                step = step.input
            case _:
                return step, names
