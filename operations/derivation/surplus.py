"""Which rows of a step a change can reach: a step and a world -> a superset of its surplus.

The surplus of a step in a world are the rows that occur more often there than in the other one. By
induction over the steps: a product of two counts grows only if one of them does, a sum only if a
summand does, and a group, partition or subquery has another result only if its rows are others.
Partners of a join are always those of the same world; only the path from the changed table may
hold more rows than the surplus, so conditions and joins that would cost much are left out there.

Of a step some columns are `needed`; others are `welcome`, for conditions, where no table more has
to be read for them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import chain

from operations.derivation.expressions import Expression, column, columns_read, literal
from operations.derivation.loosening import loosened
from operations.derivation.merging import merged
from operations.derivation.names import Names
from operations.derivation.plan import (
    Aggregate,
    Distinct,
    Filter,
    Generate,
    Items,
    Join,
    Lookup,
    Project,
    SetOperation,
    Step,
    Table,
    Window,
    lookup_matches,
    lookup_reads,
    reads_changes_only,
    rename,
    semi_join,
)
from operations.derivation.restriction import restricted
from operations.derivation.tracing import direct, equal_columns, flipped
from operations.derivation.worlds import World, Worlds

Columns = frozenset[str]
Branches = tuple[Step, ...]
Changes = Callable[[Step, Columns], Branches]


class Surplus:
    """The surplus of the steps of one plan; `of` gives branches whose union it is."""

    def __init__(self, worlds: Worlds, names: Names) -> None:
        """Take the steps in both worlds and the source of new names."""
        self._worlds = worlds
        self._names = names
        self._known: dict[tuple[Step, World, Columns, Columns], Branches] = {}
        self._made: dict[Step, dict[object, Step]] = {}
        self._unions: dict[tuple[Branches, tuple[str, ...]], Step] = {}

    def of(
        self, step: Step, world: World, needed: Columns, welcome: Columns = frozenset()
    ) -> Branches:
        """Return branches that hold the surplus of a step; each has at least the needed columns."""
        if not self._worlds.is_changed(step):
            return ()
        key = (step, world, needed, welcome - needed)
        if key not in self._known:
            self._known[key] = self._of(step, world, needed, welcome - needed)
        return self._known[key]

    def both(self, step: Step, needed: Columns, welcome: Columns = frozenset()) -> Branches:
        """Return the surplus in either world: the rows in which the two worlds differ."""
        worlds = (self.of(step, world, needed, welcome) for world in World)
        return tuple(dict.fromkeys(chain.from_iterable(worlds)))

    def union(self, branches: Branches, columns: Sequence[str]) -> Step | None:
        """Return branches as one step with these columns, None if there are none.

        Of the same ones it is the same step, so that both worlds ask for one and the same.
        """
        if not branches:
            return None
        key = (branches, tuple(columns))
        if key not in self._unions:
            self._unions[key] = self._union(branches, columns)
        return self._unions[key]

    def _union(self, branches: Branches, columns: Sequence[str]) -> Step:
        if columns:
            shown = merged(branches, columns, self._names, self._worlds)
        else:
            shown = [_rows(each) for each in branches]
        return shown[0] if len(shown) == 1 else SetOperation("union all", tuple(shown))

    def _of(  # noqa: C901, PLR0911 - a line per kind
        self, step: Step, world: World, needed: Columns, welcome: Columns
    ) -> Branches:
        match step:
            case Table():
                return self._table(step, world)
            case Filter():
                return self._filter(step, world, needed, welcome)
            case Project():
                return self._project(step, world, needed, welcome)
            case Distinct():  # a row is new among the distinct ones only if it is new among all
                return self.of(step.input, world, needed, welcome)
            case Generate():
                return self._generate(step, world, needed, welcome)
            case SetOperation():
                return self._set_operation(step, world, needed, welcome)
            case Join():
                return self._join(step, world, needed, welcome)
            case Aggregate():
                return self._aggregate(step, world, needed, welcome)
            case Window():
                return self._window(step, world, needed, welcome)
            case Lookup():
                return self._lookup(step, world, needed, welcome)
            case _:
                return ()

    def _table(self, step: Table, world: World) -> Branches:
        """A table: the rows inserted are in the new world only, those deleted in the old one."""
        changed = self._worlds.changed(step, world)
        return (changed,) if changed else ()

    def _filter(self, step: Filter, world: World, needed: Columns, welcome: Columns) -> Branches:
        """A filter passes each row or not, in both worlds alike; it is left out where it costs."""
        read = columns_read(step.conditions) & direct(step.input)
        branches = self.of(step.input, world, needed, welcome | read)
        conditions = [each for each in step.conditions if each.reads <= needed | read]
        return tuple(self._passing(each, conditions) for each in branches)

    def _passing(self, branch: Step, conditions: Sequence[Expression]) -> Step:
        at_hand = frozenset(branch.columns)
        kept = tuple(each for each in conditions if each.reads <= at_hand)
        return self._once(branch, kept, Filter(branch, kept)) if kept else branch

    def _project(self, step: Project, world: World, needed: Columns, welcome: Columns) -> Branches:
        """A projection makes one row of each row; only the needed columns are computed."""
        items = tuple(each for each in step.items if each[0] in needed)
        more = tuple(each for each in step.items if each[0] in welcome)
        below = [columns_read(each for _, each in some) for some in (items, more)]
        branches = self.of(step.input, world, *below)
        return tuple(self._shown(each, items, more) for each in branches)

    def _shown(self, branch: Step, items: Items, more: Items = ()) -> Step:
        """Return a branch that shows items, and those of `more` that it has the columns for."""
        at_hand = frozenset(branch.columns)
        items += tuple(each for each in more if each[1].reads <= at_hand)
        return self._once(branch, items, Project(branch, items)) if items else _rows(branch)

    def _once(self, below: Step, what: object, step: Step) -> Step:
        """Return the step that does the same to the same one, if there is one already."""
        return self._made.setdefault(below, {}).setdefault(what, step)

    def _generate(
        self, step: Generate, world: World, needed: Columns, welcome: Columns
    ) -> Branches:
        """The elements of a row follow from the row; they are made only where needed."""
        welcome -= {*step.names}
        if needed.isdisjoint(step.names):
            return self.of(step.input, world, needed, welcome)
        wanted = (needed - {*step.names}) | step.expression.reads
        branches = self.of(step.input, world, wanted, welcome)
        return tuple(
            self._once(each, step.names, Generate(each, step.names, step.expression))
            for each in branches
        )

    def _set_operation(
        self, step: SetOperation, world: World, needed: Columns, welcome: Columns
    ) -> Branches:
        """UNION ALL adds counts. EXCEPT and INTERSECT count a row anew if either side does."""
        branches: list[Step] = []
        for each in step.inputs:
            if step.kind == "union all":
                branches += self.of(each, world, needed, welcome)
            else:
                branches += self.both(each, needed, welcome)
        return tuple(branches)

    def _join(self, step: Join, world: World, needed: Columns, welcome: Columns) -> Branches:
        match step.kind:
            case "inner":
                return (
                    *self._driven(step, world, needed, "inner", welcome),
                    *self._driven(flipped(step), world, needed, "inner", welcome),
                )
            case "left":
                return (
                    *self._driven(step, world, needed, "left", welcome),
                    *self._matched(step, world, needed, self.both),
                )
            case "full":
                other = flipped(step)
                return (
                    *self._driven(step, world, needed, "left"),
                    *self._driven(other, world, needed, "left"),
                    *self._matched(step, world, needed, self.both),
                    *self._matched(other, world, needed, self.both),
                )
            case _:
                return self._half_join(step, world, needed, welcome)

    def _driven(
        self,
        step: Join,
        world: World,
        needed: Columns,
        kind: str,
        welcome: Columns = frozenset(),
    ) -> Branches:
        """The left side drives: its surplus, joined with the right side as it is in the world.

        An outer join keeps each driving row. Where no column of the right side is needed, the join
        is left out: it can only take rows away or repeat them.
        """
        left = frozenset(step.left.columns)
        needed_right = needed - left
        given = equal_columns(step.on, left) if kind == "inner" else {}
        if needed_right <= given.keys():
            wanted = (needed & left) | {given[each] for each in needed_right}
            branches = self.of(step.left, world, wanted, welcome & left)
            items = tuple((each, column(given.get(each, each))) for each in sorted(needed))
            more = tuple((each, column(each)) for each in sorted(welcome & left))
            return tuple(self._shown(each, items, more) for each in branches)
        wanted = (needed | columns_read(step.on)) & left
        right = self._worlds.of(step.right, world)
        branches = self.of(step.left, world, wanted, welcome & left)
        return tuple(Join(kind, each, right, step.on) for each in branches)

    def _matched(self, step: Join, world: World, needed: Columns, changes: Changes) -> Branches:
        """The right side of an outer join drives: the left rows that match one of its changes.

        A left row is matched in one world and stands beside nulls in the other. Both of its rows
        appear, each in its own world, as the join is evaluated there as it is; an inner join with
        the changes would never show the nulls.
        """
        left = frozenset(step.left.columns)
        met = self._meeting(step, needed & left if needed <= left else None, changes)
        if met is not None:
            return met
        reads = sorted(columns_read(step.on) - left)
        changed = self.union(changes(step.right, frozenset(reads)), reads)
        if changed is None:
            return ()
        if needed <= left:
            reads_left = needed | (columns_read(step.on) & left)
            rows = self._worlds.of(loosened(step.left, reads_left), world)
            return (semi_join(rows, changed, step.on),)
        rows = semi_join(self._worlds.of(step.left, world), changed, step.on)
        return (Join("left", rows, self._worlds.of(step.right, world), step.on),)

    def _half_join(self, step: Join, world: World, needed: Columns, welcome: Columns) -> Branches:
        """SEMI and ANTI: left rows are new, or their match is; of ANTI, a match has gone."""
        where = world if step.kind == "semi" else world.other

        def changes(right: Step, reads: Columns) -> Branches:
            return self.of(right, where, reads)

        return (
            *self.of(step.left, world, needed, welcome),
            *self._matched(step, world, needed, changes),
        )

    def _meeting(self, step: Join, needed: Columns | None, changes: Changes) -> Branches | None:
        """Of equal columns, the changes themselves have all that is needed of the left side."""
        if not needed:
            return None
        right = frozenset(step.right.columns)
        given = equal_columns(step.on, right)
        if not needed <= given.keys():
            return None
        items = tuple((each, column(given[each])) for each in sorted(needed))
        branches = changes(step.right, frozenset(given[each] for each in needed))
        return tuple(self._shown(each, items) for each in branches)

    def _aggregate(
        self, step: Aggregate, world: World, needed: Columns, welcome: Columns
    ) -> Branches:
        """Groups whose rows changed. Their keys suffice, or the groups are made in the world."""
        if not step.keys:
            return self._total(step, world)
        if needed <= {*step.keys}:
            return self.both(step.input, needed, welcome & {*step.keys})
        groups = self.union(self.both(step.input, frozenset(step.keys)), step.keys)
        return self._within(step, world, step.keys, groups)

    def _total(self, step: Aggregate, world: World) -> Branches:
        """A total without GROUP BY is one row in each world: it is compared by value."""
        here, there = self._worlds.of(step, world), self._worlds.of(step, world.other)
        return (SetOperation("except all", (here, there)),)

    def _window(self, step: Window, world: World, needed: Columns, welcome: Columns) -> Branches:
        """All rows of the partitions in which a row changed, for each PARTITION BY."""
        reached = dict.fromkeys(each.partition for each in step.items)
        if needed <= step.common:
            return self.both(step.input, needed, welcome & step.common)
        items = tuple(each for each in step.items if each.name in needed)
        shown: Step = Window(step.input, items) if items else step.input
        branches: list[Step] = []
        for partition in reached:
            columns = sorted(partition)
            touched = self.union(self.both(step.input, partition), columns)
            rows = loosened(shown, needed | partition)
            branches += self._within(rows, world, columns, touched)
        return tuple(branches)

    def _within(
        self, step: Step, world: World, columns: Sequence[str], values: Step | None
    ) -> Branches:
        if values is None:
            return ()
        few = values if reads_changes_only(values) else Distinct(values)
        given = self._once(values, "keys", rename(few, [self._names.new() for _ in columns]))
        pairs = tuple(zip(columns, given.columns, strict=True))
        return (restricted(self._worlds.of(step, world), pairs, given, self._names),)

    def _lookup(self, step: Lookup, world: World, needed: Columns, welcome: Columns) -> Branches:
        """Rows that are new, and rows that see a changed row of the subquery's body."""
        wanted = needed | lookup_reads(step) if step.name in needed else needed
        wanted -= {step.name}
        rows = list(self.of(step.input, world, wanted, welcome - {step.name}))
        on = lookup_matches(step)
        reads = sorted(columns_read(on) & frozenset(step.body.columns))
        changed = self.union(self.both(step.body, frozenset(reads)), reads)
        if changed is not None:
            reads_input = wanted | (columns_read(on) & frozenset(step.input.columns))
            seen = self._worlds.of(loosened(step.input, reads_input), world)
            rows.append(semi_join(seen, changed, on))
        if step.name not in needed:
            return tuple(rows)
        body = self._worlds.of(step.body, world)
        return tuple(_looked_up(step, each, body) for each in rows)


def _rows(step: Step) -> Step:
    """Return a step of which nothing but the number of its rows is of interest."""
    return Project(step, (("_row", literal("1")),))


def _looked_up(step: Lookup, rows: Step, body: Step) -> Lookup:
    return Lookup(rows, step.name, step.kind, body, step.on, step.value, step.operand)
