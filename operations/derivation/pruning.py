"""Columns that nothing reads are left out: a step and the wanted columns -> a smaller step."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from operations.derivation.expressions import columns_read
from operations.derivation.plan import (
    Aggregate,
    Distinct,
    Filter,
    Generate,
    Items,
    Join,
    Lookup,
    Project,
    Relation,
    SetOperation,
    Step,
    Table,
    Window,
    inputs_of,
    keep,
    walk,
    with_inputs,
)

Needs = list[tuple[Step, frozenset[str]]]


def pruned(step: Step, wanted: Iterable[str]) -> Step:
    """Return a step that has the wanted columns, perhaps others, and makes little else.

    A step that is read twice has what either reader wants.
    """
    needed: dict[Step, frozenset[str]] = {step: frozenset(wanted)}
    order = list(walk(step))
    for each in reversed(order):
        for below, columns in _needs(each, needed.get(each, frozenset())):
            needed[below] = needed.get(below, frozenset()) | columns
    made: dict[Step, Step] = {}
    for each in order:
        made[each] = _rebuilt(each, needed.get(each, frozenset()), made)
    return made[step]


def _needs(step: Step, wanted: frozenset[str]) -> Needs:  # noqa: PLR0911 - a case per kind
    """Return what a step reads of each of its inputs."""
    match step:
        case Filter():
            return [(step.input, wanted | columns_read(step.conditions))]
        case Project():
            return [(step.input, columns_read(each for name, each in step.items if name in wanted))]
        case Aggregate():
            read = columns_read(each for _, each in _aggregates(step, wanted))
            return [(step.input, read | frozenset(step.keys))]
        case Window():
            items = [each for each in step.items if each.name in wanted]
            read = columns_read(each.expression for each in items)
            return [(step.input, read | (wanted & frozenset(step.input.columns)))]
        case Generate():
            read = step.expression.reads | (wanted & frozenset(step.input.columns))
            return [(step.input, read)]
        case Join():
            read = wanted | columns_read(step.on)
            return [(each, read & frozenset(each.columns)) for each in inputs_of(step)]
        case Lookup():
            return _lookup_needs(step, wanted)
        case SetOperation():
            return [(each, _placed(step, each, wanted)) for each in step.inputs]
        case Distinct():
            return [(step.input, frozenset(step.columns))]
        case _:
            return []


def _aggregates(step: Aggregate, wanted: frozenset[str]) -> Items:
    """Return the aggregates to make: without groups at least one, for a total is a row."""
    items = tuple(each for each in step.items if each[0] in wanted)
    return items if items or step.keys else step.items[:1]


def _lookup_needs(step: Lookup, wanted: frozenset[str]) -> Needs:
    inside = wanted & frozenset(step.input.columns)
    if step.name not in wanted:
        return [(step.input, inside)]
    read = columns_read((*step.on, *step.operand, *step.value))
    return [
        (step.input, inside | (read & frozenset(step.input.columns))),
        (step.body, read & frozenset(step.body.columns)),
    ]


def _placed(step: SetOperation, operand: Step, wanted: frozenset[str]) -> frozenset[str]:
    """EXCEPT and INTERSECT compare whole rows; a union is read column by column."""
    if step.kind != "union all":
        return frozenset(operand.columns)
    return frozenset(
        mine for mine, name in zip(operand.columns, step.columns, strict=True) if name in wanted
    )


def _rebuilt(  # noqa: PLR0911 - a case per kind
    step: Step, wanted: frozenset[str], made: dict[Step, Step]
) -> Step:
    inputs = [made[each] for each in inputs_of(step)]
    match step:
        case Relation():
            columns = tuple(each for each in step.columns if each in wanted)
            return step if columns == step.columns else replace(step, columns=columns)
        case Project():
            return Project(inputs[0], tuple(each for each in step.items if each[0] in wanted))
        case Aggregate():
            return Aggregate(inputs[0], step.keys, _aggregates(step, wanted))
        case Window():
            windows = tuple(each for each in step.items if each.name in wanted)
            return Window(inputs[0], windows) if windows else inputs[0]
        case Lookup() if step.name not in wanted:
            return inputs[0]
        case SetOperation() if step.kind == "union all":
            places = [place for place, name in enumerate(step.columns) if name in wanted]
            pairs = zip(step.inputs, inputs, strict=True)
            return SetOperation(
                step.kind,
                tuple(keep(new, [old.columns[each] for each in places]) for old, new in pairs),
            )
        case SetOperation():
            pairs = zip(step.inputs, inputs, strict=True)
            return SetOperation(step.kind, tuple(keep(new, old.columns) for old, new in pairs))
        case Distinct():
            return Distinct(keep(inputs[0], step.columns))
        case Table():
            return step
        case _:
            return with_inputs(step, inputs)
