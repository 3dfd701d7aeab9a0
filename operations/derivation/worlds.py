"""Two worlds: a plan -> the same plan before and after the changes.

Every step is evaluated in one of them, never in a mixture: a row that a change takes away (the null
row of an outer join, the row of NOT EXISTS, a total) stands in one world only, and the current rows
with old ones beside them are neither.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum

from operations.derivation.contract import Upstream
from operations.derivation.plan import Relation, Step, Table, inputs_of, with_inputs


class World(Enum):
    """When a step is evaluated: with the rows of the last refresh, or with those of now."""

    OLD = "old"
    NEW = "new"

    @property
    def other(self) -> World:
        """The other one."""
        return World.NEW if self is World.OLD else World.OLD


class Worlds:
    """The steps of one plan in both worlds; what no change reaches is one step in both."""

    def __init__(self, upstreams: Mapping[str, Upstream]) -> None:
        """Take the relations of each table by its name in the query."""
        self.upstreams = upstreams
        self._known: dict[tuple[Step, World], Step] = {}
        self._relations: dict[str, Relation] = {}
        self._tables: dict[Relation, Table] = {}

    def of(self, step: Step, world: World) -> Step:
        """Return a step as it is in a world."""
        key = (step, world)
        if key not in self._known:
            self._known[key] = self._evaluated(step, world)
        return self._known[key]

    def _evaluated(self, step: Step, world: World) -> Step:
        if isinstance(step, Table):
            relation = self._relation(step, self._text(step.name, world))
            self._tables[relation] = step
            return relation
        return with_inputs(step, [self.of(each, world) for each in inputs_of(step)])

    def _text(self, table: str, world: World) -> str:
        upstream = self.upstreams[table]
        old = upstream.old if world is World.OLD else None
        return old or upstream.now

    def changed(self, table: Table, world: World) -> Relation | None:
        """Return the rows that a table may have in one world only."""
        upstream = self.upstreams[table.name]
        text = upstream.inserted if world is World.NEW else upstream.deleted
        if not text or not upstream.is_changed:
            return None
        return self._relation(table, text, is_change=True)

    def versions_since(self, step: Step) -> tuple[Step, ...]:
        """Return what together has all rows of a table as it was: as it is, and what has gone.

        Nothing for any other step.
        """
        table = self._tables.get(step) if isinstance(step, Relation) else None
        if table is None or self.of(table, World.NEW) is step:
            return ()
        gone = self.changed(table, World.OLD)
        return (self.of(table, World.NEW), *([gone] if gone else []))

    def _relation(self, table: Table, text: str, *, is_change: bool = False) -> Relation:
        key = f"{text} {table.columns}"
        return self._relations.setdefault(key, Relation(text, table.columns, is_change))

    def is_changed(self, step: Step) -> bool:
        """Whether a change can reach a step."""
        return self.of(step, World.OLD) is not self.of(step, World.NEW)
