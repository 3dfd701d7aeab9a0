"""What waits for each task: the lake's metadata and what builds left -> times of arrival."""

from __future__ import annotations

from collections.abc import Mapping

from lake.lake import Lake
from operations.refresh.history import IDENTIFIER
from operations.refresh.tasks.arrivals import Arrivals
from operations.refresh.tasks.heads import Heads
from operations.refresh.tasks.project import Project
from operations.refresh.tasks.state import State
from operations.refresh.tasks.task import Task

HISTORY = ".".join(IDENTIFIER)


class Observer:
    """Looks at the tables of a project's tasks; what did not change is not read again."""

    def __init__(self, lake: Lake, project: Project) -> None:
        """Prepare to look; nothing is read yet."""
        self._plan = project.plan
        self.heads = Heads(lake, [*project.tables, HISTORY])
        self.arrivals = Arrivals(self.heads, project.plan.reads)
        self._state: State | None = None
        self._waiting: dict[str, float | None] = {}

    def unseen(self, state: State) -> frozenset[str]:
        """Return the tasks that start by arrival and whose last run found something else there."""
        return frozenset(
            name
            for name, task in self._plan.tasks.items()
            if task.starts_by_arrival and self.found(task) != state.of(name).seen
        )

    def found(self, task: Task) -> dict[str, str | None]:
        """Return the newest snapshots of what is landed for a task, as it was looked at last."""
        return {table: self.heads.head(table) for table in task.landed}

    def waiting(self, state: State) -> Mapping[str, float | None]:
        """Return when the oldest change came that each task lacks, in seconds of the clock.

        None for a task that lacks none. Raises EnvironmentFault when the lake cannot be read.
        """
        if self.heads.look() or state is not self._state:
            self._waiting = {
                name: self.arrivals.waiting(task.table, self._plan.made[name], state.built)
                for name, task in self._plan.tasks.items()
            }
            self._state = state
        return self._waiting
