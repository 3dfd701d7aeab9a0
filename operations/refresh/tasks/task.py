"""A task: what is refreshed together, when, and what of the project is built with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property
from typing import Literal


@dataclass(frozen=True)
class Task:
    """A model that is refreshed by itself, or all models downstream of a source.

    `models` are the dbt models that are built for it, by their table: those that it is made from
    and that are no tasks, in order, and its own as the last. `upstream` are the tasks whose tables
    these read. One of `every`, `after`, `finalize`, `target_lag` says when, as declared; a task
    with `landed`, the raw tables of a source, starts when something arrives in them, builds all
    models downstream of the source, and has its own name for a table.
    """

    name: str
    table: str
    models: Mapping[str, str] = field(default_factory=dict)
    upstream: tuple[str, ...] = ()
    every: timedelta | None = None
    needs_data: bool = False
    after: tuple[str, ...] = ()
    finalize: str | None = None
    target_lag: timedelta | Literal["downstream"] | None = None
    timeout: timedelta = timedelta(hours=1)
    suspend_after_failures: int = 3
    is_scheduled: bool = True
    fills_at_once: bool = True
    unused_keys: tuple[str, ...] = ()
    landed: tuple[str, ...] = ()

    @property
    def targets(self) -> tuple[str, ...]:
        """The tables that a run of it always builds; others of `models` only if they lack rows."""
        return tuple(self.models) if self.starts_by_arrival else (self.table,)

    @property
    def starts_by_arrival(self) -> bool:
        """Whether it starts as soon as something is landed."""
        return bool(self.landed)

    @property
    def schedule(self) -> str:
        """When it is refreshed, in words."""
        if not self.is_scheduled:
            return "by hand"
        if self.starts_by_arrival:
            return "on arrival"
        if self.target_lag is not None:
            return f"lag {spoken(self.target_lag)}"
        if self.finalize:
            return f"when {self.finalize} and all after it ended"
        said = f"every {spoken(self.every)}" if self.every else f"after {', '.join(self.after)}"
        return f"{said}, with data" if self.needs_data else said


@dataclass(frozen=True)
class Plan:
    """The tasks of a project by name, upstream ones first, and which table reads which.

    `reads` has each model's table with the tables that it reads, views looked through; one that is
    no model's is a root. A task that starts by arrival reads what is landed.
    """

    tasks: Mapping[str, Task]
    reads: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @cached_property
    def consumers(self) -> dict[str, tuple[str, ...]]:
        """The tasks that read each task's table."""
        return {
            name: tuple(other for other, task in self.tasks.items() if name in task.upstream)
            for name in self.tasks
        }

    @cached_property
    def lags(self) -> dict[str, timedelta | None]:
        """What lag each task keeps: its own, or of `downstream` the shortest of its consumers'."""
        found: dict[str, timedelta | None] = {}
        for name, task in reversed(list(self.tasks.items())):
            given = [lag for other in self.consumers[name] if (lag := found.get(other))]
            own = task.target_lag if task.is_scheduled else None
            found[name] = min(given, default=None) if isinstance(own, str) else own
        return found

    @cached_property
    def ancestors(self) -> dict[str, tuple[str, ...]]:
        """All tasks that each task's rows come from or that it runs after, nearest last."""
        found: dict[str, tuple[str, ...]] = {}
        for name, task in self.tasks.items():
            direct = (*task.upstream, *task.after)
            above = [up for one in direct for up in (*found.get(one, ()), one)]
            found[name] = tuple(dict.fromkeys(above))
        return found

    @cached_property
    def pulled(self) -> dict[str, tuple[str, ...]]:
        """The tasks that are refreshed with each task if they have data: those above it with a lag.

        Beyond one of another schedule nothing is pulled: it says itself when it runs.
        """
        found: dict[str, tuple[str, ...]] = {}
        for name, task in self.tasks.items():
            direct = [up for up in task.upstream if self._is_pulled(up)]
            above = [up for one in direct for up in (*found.get(one, ()), one)]
            found[name] = tuple(dict.fromkeys(above))
        return found

    @cached_property
    def made(self) -> dict[str, frozenset[str]]:
        """The tables that a refresh of each task may write."""
        return {
            name: frozenset(table for one in (*self.pulled[name], name) for table in self._of(one))
            for name in self.tasks
        }

    def graph_of(self, root: str) -> tuple[str, ...]:
        """Return a task and all that run after it, in order."""
        found = [root]
        found += [n for n, t in self.tasks.items() if n != root and root in self._waits_for(t)]
        return tuple(found)

    def _waits_for(self, task: Task) -> set[str]:
        seen: set[str] = set()
        waiting = list(task.after)
        while waiting:
            name = waiting.pop()
            if name not in seen:
                seen.add(name)
                waiting += self.tasks[name].after if name in self.tasks else ()
        return seen

    def _is_pulled(self, name: str) -> bool:
        task = self.tasks[name]
        return task.is_scheduled and task.target_lag is not None

    def _of(self, name: str) -> tuple[str, ...]:
        return tuple(self.tasks[name].models)


def spoken(time: timedelta | str | None) -> str:
    """Return a duration as it is declared: 90 seconds, 1 minute, 2 hours."""
    if time is None or isinstance(time, str):
        return time or "none"
    seconds = time.total_seconds()
    for unit, length in (("day", 86_400), ("hour", 3_600), ("minute", 60)):
        if seconds >= length and seconds % length == 0:
            count = int(seconds // length)
            return f"{count} {unit}{'' if count == 1 else 's'}"
    return f"{seconds:g} second{'' if seconds == 1 else 's'}"
