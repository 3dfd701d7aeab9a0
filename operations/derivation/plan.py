"""Plans: a query as a tree of small steps, each with columns of names of its own.

Steps are compared by identity: one that is read twice (a CTE) is one object, so that what is
derived from it is derived once. The columns of the two inputs of a join differ in their names.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from operations.derivation.expressions import Expression, column, columns_read

Items = tuple[tuple[str, Expression], ...]


@dataclass(frozen=True, eq=False)
class Table:
    """A table of the lake, in no world yet."""

    name: str
    columns: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Relation:
    """What stands in FROM, the same whenever it is read; `is_change`: rows that came or went."""

    text: str
    columns: tuple[str, ...]
    is_change: bool = False


@dataclass(frozen=True, eq=False)
class Filter:
    """The rows that satisfy all conditions."""

    input: Step
    conditions: tuple[Expression, ...]

    @property
    def columns(self) -> tuple[str, ...]:
        """Those of the input."""
        return self.input.columns


@dataclass(frozen=True, eq=False)
class Project:
    """Each row as the items say."""

    input: Step
    items: Items

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """The names of the items."""
        return tuple(name for name, _ in self.items)


@dataclass(frozen=True, eq=False)
class Join:
    """`kind`: inner, left, full, semi or anti; a cross join is an inner one without conditions.

    `right_is_few`: it holds what a change reaches, and is no step of the query itself.
    """

    kind: str
    left: Step
    right: Step
    on: tuple[Expression, ...]
    right_is_few: bool = False

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """Those of both sides, of the left one only for semi and anti."""
        if self.kind in {"semi", "anti"}:
            return self.left.columns
        return (*self.left.columns, *self.right.columns)


@dataclass(frozen=True, eq=False)
class Aggregate:
    """One row per group; without keys, one row in any case."""

    input: Step
    keys: tuple[str, ...]
    items: Items

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """The keys and the names of the items."""
        return (*self.keys, *(name for name, _ in self.items))


@dataclass(frozen=True)
class WindowItem:
    """A window function; `partition` are columns of the input and never empty."""

    name: str
    expression: Expression
    partition: frozenset[str]


@dataclass(frozen=True, eq=False)
class Window:
    """The input with window functions added."""

    input: Step
    items: tuple[WindowItem, ...]

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """Those of the input and the names of the items."""
        return (*self.input.columns, *(each.name for each in self.items))

    @cached_property
    def common(self) -> frozenset[str]:
        """The columns that stand in every PARTITION BY."""
        return frozenset.intersection(*(each.partition for each in self.items))


@dataclass(frozen=True, eq=False)
class Generate:
    """Each row once per element of an array, with the element added."""

    input: Step
    names: tuple[str, ...]
    expression: Expression

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """Those of the input and the generated ones."""
        return (*self.input.columns, *self.names)


@dataclass(frozen=True, eq=False)
class Distinct:
    """Each row once."""

    input: Step

    @property
    def columns(self) -> tuple[str, ...]:
        """Those of the input."""
        return self.input.columns


@dataclass(frozen=True, eq=False)
class SetOperation:
    """`kind`: union all, intersect, intersect all, except or except all, by position."""

    kind: str
    inputs: tuple[Step, ...]

    @property
    def columns(self) -> tuple[str, ...]:
        """Those of the first input, which all inputs have."""
        return self.inputs[0].columns


@dataclass(frozen=True, eq=False)
class Lookup:
    """The input with the value of a subquery added as `name`.

    `kind`: exists, in or scalar. The rows of `body` that satisfy `on` are those the subquery sees;
    `value` is what it selects of them, `operand` what IN looks for.
    """

    input: Step
    name: str
    kind: str
    body: Step
    on: tuple[Expression, ...]
    value: tuple[Expression, ...] = ()
    operand: tuple[Expression, ...] = ()

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """Those of the input and the value."""
        return (*self.input.columns, self.name)


Step = (
    Table
    | Relation
    | Filter
    | Project
    | Join
    | Aggregate
    | Window
    | Generate
    | Distinct
    | SetOperation
    | Lookup
)


def inputs_of(step: Step) -> tuple[Step, ...]:
    """Return the steps that a step reads."""
    match step:
        case Table() | Relation():
            return ()
        case Join():
            return step.left, step.right
        case SetOperation():
            return step.inputs
        case Lookup():
            return step.input, step.body
        case _:
            return (step.input,)


def with_inputs(step: Step, inputs: Sequence[Step]) -> Step:
    """Return a step that does the same with other inputs, itself where they are the same."""
    if all(new is old for new, old in zip(inputs, inputs_of(step), strict=True)):
        return step
    match step:
        case Table() | Relation():
            return step
        case Join():
            return replace(step, left=inputs[0], right=inputs[1])
        case SetOperation():
            return replace(step, inputs=tuple(inputs))
        case Lookup():
            return replace(step, input=inputs[0], body=inputs[1])
        case _:
            return replace(step, input=inputs[0])


def walk(step: Step) -> Iterator[Step]:
    """Yield a step and all below it, each once, inputs first."""
    seen: set[int] = set()

    def visit(each: Step) -> Iterator[Step]:
        if id(each) in seen:
            return
        seen.add(id(each))
        for below in inputs_of(each):
            yield from visit(below)
        yield each

    yield from visit(step)


def reads_changes_only(step: Step) -> bool:
    """Whether a step shows rows that changed, as they are or some of their columns."""
    match step:
        case Relation():
            return step.is_change
        case Filter() | Project():
            return reads_changes_only(step.input)
        case SetOperation():
            return step.kind == "union all" and all(map(reads_changes_only, step.inputs))
        case _:
            return False


def keep(step: Step, names: Sequence[str]) -> Step:
    """Return a step with these of its columns only."""
    if tuple(names) == step.columns:
        return step
    return Project(step, tuple((name, column(name)) for name in names))


def rename(step: Step, names: Sequence[str]) -> Step:
    """Return a step with other names for its columns, in their order."""
    if tuple(names) == step.columns:
        return step
    return Project(
        step, tuple((new, column(old)) for new, old in zip(names, step.columns, strict=True))
    )


def extend(step: Step, items: Items) -> Step:
    """Return a step with more columns."""
    if not items:
        return step
    return Project(step, (*((name, column(name)) for name in step.columns), *items))


def semi_join(left: Step, right: Step, on: Sequence[Expression]) -> Step:
    """Return the rows of `left` that match one of `right`, which is what a change reaches."""
    return Join("semi", left, right, tuple(on), right_is_few=True)


def lookup_reads(step: Lookup) -> frozenset[str]:
    """Return the columns of the input that decide which rows of the body are seen."""
    wanted = columns_read((*step.on, *step.operand))
    return wanted & frozenset(step.input.columns)


def lookup_matches(step: Lookup) -> tuple[Expression, ...]:
    """Return when a row of the body can decide the value for a row of the input.

    Of IN and NOT IN, also where either side is null: the answer is then unknown instead of false.
    """
    if step.kind != "in":
        return step.on
    pairs = zip(step.operand, step.value, strict=True)
    return (*step.on, *(maybe_equal(*pair) for pair in pairs))


def maybe_equal(left: Expression, right: Expression) -> Expression:
    """Return `left = right or left is null or right is null`."""
    texts = ("((", ") = (", ") or (", ") is null or (", ") is null)")
    parts: list[str] = [texts[0]]
    columns: list[str] = []
    for each, after in zip((left, right, left, right), texts[1:], strict=True):
        parts[-1] += each.parts[0]
        parts += each.parts[1:]
        parts[-1] += after
        columns += each.columns
    return Expression(tuple(parts), tuple(columns))
