"""What `firn tasks` shows: a plan, states, what waits -> each task as it is now."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from lake.lake import Lake
from lake.settings import Settings
from operations.refresh.tasks.observer import Observer
from operations.refresh.tasks.project import Project
from operations.refresh.tasks.schedule import Decision, Moment, decide, why_suspended
from operations.refresh.tasks.state import StateFile

VERSION = 1


@dataclass(frozen=True)
class TaskStatus:
    """A task now. Times are UTC; `waiting_seconds` is how long the oldest change waits it lacks.

    `state` is active, suspended, failing, or by hand; `reason` why it runs, waits or is skipped.
    `lag_seconds` is the longest lag, from the roots, of what the last refresh made readable.
    """

    name: str
    table: str
    schedule: str
    state: str
    reason: str
    last_run_at: datetime | None = None
    outcome: str | None = None
    message: str = ""
    seconds: float | None = None
    due_at: datetime | None = None
    waiting_seconds: float = 0.0
    lag_seconds: float | None = None
    target_lag_seconds: float | None = None
    failures: int = 0

    @property
    def is_late(self) -> bool:
        """Whether rows are, or were when they became readable, older than the target."""
        lags = (self.waiting_seconds, self.lag_seconds or 0.0)
        return self.target_lag_seconds is not None and max(lags) > self.target_lag_seconds


def task_statuses(
    settings: Settings, project: Project, now: float | None = None
) -> list[TaskStatus]:
    """Return the tasks of a project. Raises EnvironmentFault when the lake cannot be read."""
    now = time.time() if now is None else now
    plan, state = project.plan, StateFile(settings.home).read()
    waiting = Observer(Lake(settings), project).waiting(state)
    decisions = decide(plan, state, waiting, Moment(now, now))
    found = []
    for name, task in plan.tasks.items():
        known, since, lag = state.of(name), waiting[name], plan.lags[name]
        why = why_suspended(plan, state, name)
        found.append(
            TaskStatus(
                name,
                task.table,
                task.schedule,
                "suspended" if why else "failing" if known.has_failed else _active(decisions[name]),
                why or decisions[name].reason,
                last_run_at=_moment(known.started_at),
                outcome=known.outcome.value if known.outcome else None,
                message=known.message if known.has_failed else "",
                seconds=known.seconds[-1] if known.seconds else None,
                due_at=None if why else _moment(decisions[name].due_at),
                waiting_seconds=0.0 if since is None else max(0.0, now - since),
                lag_seconds=known.lag_seconds,
                target_lag_seconds=lag.total_seconds() if lag else None,
                failures=known.failures,
            )
        )
    return found


def as_document(statuses: list[TaskStatus]) -> dict[str, Any]:
    """Return the tasks as plain values; keys stay as they are, times are ISO 8601 in UTC."""
    return {"version": VERSION, "tasks": [_plain(status) for status in statuses]}


def _plain(status: TaskStatus) -> dict[str, Any]:
    values = {**asdict(status), "is_late": status.is_late}
    return {k: v.isoformat() if isinstance(v, datetime) else v for k, v in values.items()}


def _active(decision: Decision) -> str:
    return "by hand" if decision.reason == "only by hand" else "active"


def _moment(seconds: float | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)
