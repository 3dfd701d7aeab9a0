"""Rows of one table that match one of several sets: branches -> those that read it once for all.

Each branch is the rows of a step that match a set of what changed. Where several read the same
step by the same columns, one with the union of their sets has the same rows, and rows that only
conditions of a branch would take away. A table as it was is not read where it is read as it is, by
the same sets: every row that it had is there still, or among those that have gone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

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
from operations.derivation.worlds import Worlds

What = tuple[Step, tuple[str, ...], tuple[str, ...]]


@dataclass(frozen=True)
class Matching:
    """The rows of a step that match a set: what is shown of them, and the columns compared."""

    step: Step
    shown: tuple[str, ...]
    by: tuple[str, ...]
    values: Step
    value_columns: tuple[str, ...]

    @property
    def what(self) -> What:
        """What is read, and by which columns: the same for what can be read at once."""
        return self.step, self.shown, self.by

    @property
    def value_set(self) -> tuple[Step, tuple[str, ...]]:
        """What the rows match."""
        return self.values, self.value_columns

    def as_values(self, names: Sequence[str]) -> Step:
        """Return the set, its columns under these names."""
        pairs = zip(names, self.value_columns, strict=True)
        return Project(self.values, tuple((name, column(below)) for name, below in pairs))

    def order(self) -> tuple[object, ...]:
        """Return what sorts sets by what they are made from."""
        read = sorted(each.text for each in walk(self.values) if isinstance(each, Relation))
        return len(read), read, self.value_columns


@dataclass
class Group:
    """Branches that can be read at once: the first as it is, and what each of them is."""

    branch: Step
    matching: list[Matching] = field(default_factory=list)
    has_conditions: bool = True

    def as_step(self, columns: Sequence[str], names: Names) -> Step:
        """Return a step with at least the rows of the branches."""
        if len(self.matching) > 1 or not self.has_conditions:
            return _together(self.matching, columns, names)
        return keep(self.branch, columns)


def merged(
    branches: Sequence[Step], columns: Sequence[str], names: Names, worlds: Worlds
) -> list[Step]:
    """Return steps with these columns, which together have at least the rows of the branches."""
    groups: dict[Step | What, Group] = {}
    for branch in branches:
        found = _matching(branch, columns)
        group = groups.setdefault(found.what if found else branch, Group(branch))
        group.matching += [found] if found else []
    whole = [_renamed(branch, list(columns)) for branch in branches]
    for group in [each for each in groups.values() if each.matching]:
        _leave_old_out(group, groups, worlds, whole)
    return [group.as_step(columns, names) for group in groups.values()]


def _leave_old_out(
    group: Group,
    groups: dict[Step | What, Group],
    worlds: Worlds,
    whole: Sequence[tuple[Step, list[str]]],
) -> None:
    """Read what has gone instead of a table as it was, if the table as it is, is read by its sets.

    The latter is read without the conditions of its branch: those of the former may be others.
    Where all that has gone is shown anyway (`whole`), nothing is read.
    """
    first = group.matching[0]
    versions = worlds.versions_since(first.step)
    newer = groups.get(replace(first, step=versions[0]).what) if versions else None
    if newer is None or not _sets(group) <= _sets(newer):
        return
    newer.has_conditions = False
    del groups[first.what]
    for gone in versions[1:]:
        if (gone, list(first.shown)) not in whole:
            found = [replace(each, step=gone) for each in group.matching]
            there = groups.setdefault(found[0].what, Group(group.branch))
            there.matching += found
            there.has_conditions = False


def _sets(group: Group) -> set[tuple[Step, tuple[str, ...]]]:
    return {each.value_set for each in group.matching}


def _together(found: Sequence[Matching], columns: Sequence[str], names: Names) -> Step:
    """Return the rows that match any of the sets, which stand in an order of their own.

    So both worlds, which meet them in different order, ask for one and the same union.
    """
    first = found[0]
    given = names.of_values(len(first.by))
    sets = tuple(each.as_values(given) for each in sorted(found, key=Matching.order))
    on = [same(*pair) for pair in zip(first.by, given, strict=True)]
    values = sets[0] if len(sets) == 1 else SetOperation("union all", sets)
    rows = semi_join(first.step, values, on)
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
    step, names = _renamed(step, names)
    while isinstance(step, Filter):
        step, names = _renamed(step.input, names)
    return step, names


def _renamed(step: Step, names: list[str]) -> tuple[Step, list[str]]:
    """Return the step below renamings, and what the columns are called there."""
    while isinstance(step, Project):
        items = dict(step.items)
        if not all(items[each].is_column for each in names):
            break
        names = [items[each].columns[0] for each in names]
        step = step.input
    return step, names
