"""What Prometheus sees of tasks: states and what waits -> gauges."""

from __future__ import annotations

import time

from lake.settings import Settings
from operations.monitoring.metrics import Metrics, TaskFigures
from operations.refresh.tasks.observer import Observer
from operations.refresh.tasks.project import Project
from operations.refresh.tasks.schedule import why_suspended
from operations.refresh.tasks.state import StateFile


class Monitor:
    """Shows the tasks of a project as they are now."""

    def __init__(
        self, settings: Settings, project: Project, observer: Observer, metrics: Metrics
    ) -> None:
        """Show them by `metrics`."""
        self._states = StateFile(settings.home)
        self._plan = project.plan
        self._observer = observer
        self._metrics = metrics

    def show(self) -> None:
        """Set the gauges of each task. Raises EnvironmentFault when the lake cannot be read."""
        state, now = self._states.read(), time.time()
        waiting = self._observer.waiting(state)
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
