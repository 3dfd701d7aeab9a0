"""At least the rows of a step, from fewer tables: a step and the needed columns -> a looser step.

It is for the path of a change, where rows too many do no harm: joins that only take rows away or
repeat them are left out, and with them the conditions that read them.
"""

from __future__ import annotations

from operations.derivation.expressions import columns_read
from operations.derivation.plan import Filter, Join, Lookup, Project, Step, Window, with_inputs


def loosened(step: Step, needed: frozenset[str]) -> Step:
    """Return a step that has the needed columns of at least the same rows, however often each.

    A step of which nothing is left out stays the same one.
    """
    match step:
        case _ if not needed:
            return step
        case Filter():
            return _filter(step, needed)
        case Project():
            return _project(step, needed)
        case Join():
            return _join(step, needed)
        case Window() | Lookup() if needed <= frozenset(step.input.columns):
            return loosened(step.input, needed)
        case _:
            return step


def _filter(step: Filter, needed: frozenset[str]) -> Step:
    below = loosened(step.input, needed)
    at_hand = frozenset(below.columns)
    kept = tuple(each for each in step.conditions if each.reads <= at_hand)
    if not kept:
        return below
    return step if below is step.input else Filter(below, kept)


def _project(step: Project, needed: frozenset[str]) -> Step:
    below = loosened(step.input, columns_read(each for name, each in step.items if name in needed))
    if below is step.input:
        return step
    at_hand = frozenset(below.columns)
    return Project(below, tuple(each for each in step.items if each[1].reads <= at_hand))


def _join(step: Join, needed: frozenset[str]) -> Step:
    """Leave the side of a join out that is not needed, where rows of the other stay without it."""
    left, right = frozenset(step.left.columns), frozenset(step.right.columns)
    if step.kind in {"inner", "left"} and needed <= left:
        return loosened(step.left, needed)
    if step.kind == "inner" and needed <= right:
        return loosened(step.right, needed)
    if step.kind != "inner":
        return step
    read = needed | columns_read(step.on)
    return with_inputs(step, [loosened(step.left, read & left), loosened(step.right, read & right)])
