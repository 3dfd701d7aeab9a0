"""What Prometheus sees of tasks: states, what waits, the history -> figures."""

from __future__ import annotations

import time
from datetime import UTC, datetime

from lake.lake import Lake
from lake.settings import Settings
from operations.monitoring.metrics import Metrics, TaskFigures
from operations.refresh.history import modes_since
from operations.refresh.tasks.observer import HISTORY, Observer
from operations.refresh.tasks.project import Project
from operations.refresh.tasks.schedule import why_suspended
from operations.refresh.tasks.state import StateFile


class Monitor:
    """Shows the tasks of a project as they are now."""

    def __init__(
        self, settings: Settings, project: Project, observer: Observer, metrics: Metrics
    ) -> None:
        """Show them by `metrics`."""
        self._lake = Lake(settings)
        self._states = StateFile(settings.home)
        self._plan = project.plan
        self._observer = observer
        self._metrics = metrics
        self._counted_until = datetime.now(UTC)
        self._history: str | None = None

    def count_modes(self) -> None:
        """Count how models were refreshed since the last time, as ops.refreshes says it."""
        head = self._observer.heads.head(HISTORY)
        if head is None or head == self._history:
            return
        self._history = head
        for row in modes_since(self._lake, self._counted_until):
            self._counted_until = max(self._counted_until, row["finished_at"])
            self._metrics.refreshed_by(row["model_name"].split(".")[-1], row["mode"])

    def show(self) -> None:
        """Set the gauges of each task. Raises EnvironmentFault when the lake cannot be read."""
        state, now = self._states.read(), time.time()
        waiting = self._observer.waiting(state)
        self.count_modes()
        for name in self._plan.tasks:
            known, since, lag = state.of(name), waiting[name], self._plan.lags[name]
            self._metrics.show_task(
                name,
                TaskFigures(
                    waiting_seconds=0.0 if since is None else max(0.0, now - since),
                    lag_seconds=known.lag_seconds,
                    target_seconds=lag.total_seconds() if lag else None,
                    failures=known.failures,
                    is_suspended=bool(why_suspended(self._plan, state, name)),
                ),
            )
