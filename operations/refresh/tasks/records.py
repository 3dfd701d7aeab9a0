"""What is kept of tasks for those who look later: runs and lags -> ops.refreshes, ops.lags.

dbt records the models that it came to; here stand tasks that came to none, and lags. What cannot be
kept is said, and nothing waits for it: the state of tasks does not rest on it.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from lake.lake import Lake
from lake.system_tables import append_faults
from operations.refresh.history import Mode, Outcome, Refresh, record_refreshes
from operations.refresh.tasks.lags import RowLag, record_lags
from operations.refresh.tasks.results import Ended, is_suspended_by
from operations.refresh.tasks.schedule import Action, Decision, why_suspended
from operations.refresh.tasks.state import State
from operations.refresh.tasks.task import Plan


@dataclass(frozen=True)
class Records:
    """The tables of `lake` that records are added to; `say(what, message)` is told of failures."""

    lake: Lake
    say: Callable[[str, str], None]

    def keep_refreshes(self, rows: Sequence[Refresh]) -> None:
        """Add rows to ops.refreshes."""
        with self._said("ops.refreshes"):
            record_refreshes(self.lake, rows)

    def keep_lags(self, rows: Sequence[RowLag]) -> None:
        """Add rows to ops.lags."""
        with self._said("ops.lags"):
            record_lags(self.lake, rows)

    @contextmanager
    def _said(self, table: str) -> Iterator[None]:
        try:
            yield
        except append_faults() as error:
            self.say("not kept", f"{table}: {error}")


def rows_of(plan: Plan, state: State, group: Sequence[Decision], run: Ended) -> list[Refresh]:
    """Return the rows of a build's tasks that dbt did not record: missed, failed, suspended."""
    return [row for decision in group for row in _rows(plan, state, decision, run)]


def refresh_of(
    decision: Decision, outcome: Outcome, message: str, started: float, ended: float | None = None
) -> Refresh:
    """Return the row of a task that came to no model."""
    has_failed = outcome is Outcome.FAILED
    return Refresh(
        refresh_id=uuid.uuid4().hex,
        run_id=uuid.uuid4().hex,
        started_at=datetime.fromtimestamp(started, UTC),
        finished_at=datetime.fromtimestamp(started if ended is None else ended, UTC),
        outcome=outcome,
        task_name=decision.task,
        trigger=decision.trigger,
        mode=Mode.SKIPPED if outcome is Outcome.SKIPPED else None,
        reason=None if has_failed else message,
        error=message if has_failed else None,
    )


def _rows(plan: Plan, state: State, decision: Decision, run: Ended) -> Iterator[Refresh]:
    result = run.results[decision.task]
    if decision.missed:
        said = f"{decision.missed} scheduled times passed while it could not run"
        yield refresh_of(decision, Outcome.SKIPPED, said, run.started_at)
    if result.outcome is not None and not result.has_rows:
        yield refresh_of(decision, result.outcome, result.message, run.started_at, run.ended_at)
    if is_suspended_by(decision, result, state):
        said = f"suspended: {state.of(decision.task).suspended}"
        yield refresh_of(decision, Outcome.SKIPPED, said, run.ended_at)
        yield from _suspended_with(plan, state, decision.task, run.ended_at)


def _suspended_with(plan: Plan, state: State, name: str, at: float) -> Iterator[Refresh]:
    """Yield a row for each task that is suspended because one upstream of it now is."""
    for other in plan.tasks:
        if name in plan.ancestors[other] and not state.of(other).suspended:
            said = f"suspended: {why_suspended(plan, state, other)}"
            yield refresh_of(Decision(other, Action.SKIP), Outcome.SKIPPED, said, at)
