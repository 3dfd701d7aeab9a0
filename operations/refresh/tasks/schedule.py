"""What is due: tasks, their states, what waits for each, the time -> a decision for each task.

Nothing is read or written here. Times are seconds of the system's clock, which may be set back or
forth: a run in the future is one that the clock was set back behind, and counts as long ago.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from zlib import crc32

from operations.refresh.history import Trigger
from operations.refresh.tasks.state import BY_HAND, State, TaskState
from operations.refresh.tasks.task import Plan, Task, spoken

RETRY_SECONDS = 10.0
LONGEST_RETRY_SECONDS = 300.0
STAGGER = 0.25  # of the wait, by which tasks that failed together are tried apart
# What clocks of machines are apart. A change from a later time came before the clock was set back.
SKEW_SECONDS = 60.0
HABIT = 3  # runs after which it is known how long they take
# A refresh starts this much before the lag is over, beside what refreshes take.
MARGIN_SECONDS = 2.0


class Action(StrEnum):
    """What happens to a task now."""

    RUN = "run"
    SKIP = "skip"  # it is due and does not run; recorded
    WAIT = "wait"


@dataclass(frozen=True)
class Decision:
    """What happens to a task and why. `due_at` is when it will be due, where that is known.

    `missed` counts the times at which it was due while it could not run. `requests` are the numbers
    of the requests that a run answers. What has the same `group` is built together; the one without
    a name holds all that failed nowhere and nobody asked for.
    """

    task: str
    action: Action
    reason: str = ""
    due_at: float | None = None
    missed: int = 0
    trigger: Trigger = Trigger.SCHEDULE
    requests: tuple[str, ...] = ()
    group: str = ""


# When the oldest change came that a task lacks, in seconds of the clock; None: it lacks none.
Waiting = Mapping[str, float | None]


@dataclass(frozen=True)
class Moment:
    """When it is decided, and since when; `is_last`: nobody comes back to do what is due later.

    `unseen` are the tasks for which something arrived since their last run began.
    """

    now: float
    began: float = 0.0
    is_last: bool = False
    unseen: frozenset[str] = frozenset()


def decide(plan: Plan, state: State, waiting: Waiting, moment: Moment) -> dict[str, Decision]:
    """Return a decision for each task, upstream ones first."""
    return _Deciding(plan, state, waiting, moment).decide()


def why_suspended(plan: Plan, state: State, name: str) -> str:
    """Return why a task is suspended, itself or with an upstream task; empty when it is not."""
    if own := state.of(name).suspended:
        return own
    above = [up for up in plan.ancestors[name] if state.of(up).suspended]
    return f"upstream {above[-1]} is suspended" if above else ""


def batches(decisions: Iterable[Decision]) -> list[list[Decision]]:
    """Return what is to run, in the groups to build together, first all of the schedule.

    What failed, or was asked for, is built by itself: it can hold up or spoil no other.
    """
    running = [decision for decision in decisions if decision.action is Action.RUN]
    names = dict.fromkeys(sorted((d.group for d in running), key=bool))
    return [[d for d in running if d.group == name] for name in names]


class _Deciding:
    """One decision for each task, those upstream before those downstream."""

    def __init__(self, plan: Plan, state: State, waiting: Waiting, moment: Moment) -> None:
        self._plan = plan
        self._state = state
        self._waiting = waiting
        self._moment = moment
        self._decided: dict[str, Decision] = {}

    def decide(self) -> dict[str, Decision]:
        for task in self._plan.tasks.values():
            self._decided[task.name] = self._of(task)
        self._join_those_due_soon()
        self._pull_upstream()
        return self._decided

    def _of(self, task: Task) -> Decision:
        name, state = task.name, self._state.of(task.name)
        if requests := tuple(n for n, asked in self._state.requests.items() if asked == name):
            return Decision(
                name, Action.RUN, "asked for", trigger=Trigger.MANUAL, requests=requests, group=name
            )
        is_tried_again = name in self._moment.unseen and state.suspended != BY_HAND
        if not is_tried_again and (why := why_suspended(self._plan, self._state, name)):
            return Decision(name, Action.WAIT, f"suspended: {why}")
        if not task.is_scheduled:
            return Decision(name, Action.WAIT, "only by hand")
        decision = self._by_schedule(task, state)
        return (
            self._unless_kept(task, state, decision) if decision.action is Action.RUN else decision
        )

    def _unless_kept(self, task: Task, state: TaskState, decision: Decision) -> Decision:
        """Let a task that is due wait for its next attempt, or for what it reads."""
        again = 0.0 if task.name in self._moment.unseen else _retry_at(task, state)
        if again > self._moment.now >= (state.ended_at or 0.0):
            return Decision(task.name, Action.WAIT, "failed, tried again later", again)
        if reason := self._blocked(task):
            return replace(decision, action=Action.SKIP, reason=reason, missed=0)
        is_alone = state.has_failed or state.is_alone
        return replace(decision, group=task.name if is_alone else "")

    def _by_schedule(self, task: Task, state: TaskState) -> Decision:
        """Decide by a task's own schedule alone."""
        if task.starts_by_arrival:
            return self._by_arrival(task)
        if task.every is not None:
            return self._by_interval(task, state)
        if task.target_lag is not None:
            return self._by_lag(task, state)
        return self._by_root(task, task.finalize) if task.finalize else self._by_order(task, state)

    def _by_interval(self, task: Task, state: TaskState) -> Decision:
        now = self._moment.now
        every = task.every.total_seconds() if task.every else 0.0
        due = (
            now if state.started_at is None or state.started_at > now else state.started_at + every
        )
        if task.needs_data and self._waiting[task.name] is None:
            return Decision(task.name, Action.WAIT, "nothing new", None)
        if now < due:
            return Decision(task.name, Action.WAIT, "not yet", due)
        # The times passed by count from the first at which it had something to do.
        since = max(due, self._waiting[task.name] or due) if task.needs_data else due
        missed = int(max(0.0, now - since) // every) if every else 0
        return Decision(task.name, Action.RUN, f"every {spoken(task.every)}", due, missed)

    def _by_arrival(self, task: Task) -> Decision:
        if self._waiting[task.name] is None:
            return Decision(task.name, Action.WAIT, "nothing new")
        return Decision(task.name, Action.RUN, "on arrival", trigger=Trigger.ARRIVAL)

    def _by_lag(self, task: Task, state: TaskState) -> Decision:
        waiting, now = self._waiting[task.name], self._moment.now
        if waiting is None:
            return Decision(task.name, Action.WAIT, "nothing new")
        lag = self._plan.lags[task.name]
        if task.target_lag == "downstream" or lag is None:
            why = "with its consumers" if lag else "downstream of nothing"
            return Decision(task.name, Action.WAIT, why)
        target = lag.total_seconds()
        due = arrived(waiting, now) + head_start(target, state)
        if not (task.fills_at_once or state.last_run):
            due = min(self._moment.began, now) + target / 2
        if now < due and not self._moment.is_last:
            return Decision(task.name, Action.WAIT, "within its lag", due)
        if self._is_too_slow(state, target):
            said = f"its refreshes take {state.usual:.0f} s, longer than its lag"
            return Decision(task.name, Action.SKIP, said, (state.ended_at or now) + state.usual)
        return Decision(task.name, Action.RUN, f"lag {spoken(lag)}", due)

    def _is_too_slow(self, state: TaskState, target: float) -> bool:
        """Whether a task that takes longer than its lag has still to leave time to the others."""
        since = self._moment.now - (state.ended_at or 0.0)
        is_habit = len(state.seconds) >= HABIT and state.usual > target
        return is_habit and 0 <= since < state.usual and not self._moment.is_last

    def _by_order(self, task: Task, state: TaskState) -> Decision:
        before = [self._state.of(name) for name in task.after]
        said = f"after {', '.join(task.after)}"
        if min(other.last_run for other in before) <= state.last_run:
            return Decision(task.name, Action.WAIT, said)
        if failed := [
            n for n, s in zip(task.after, before, strict=True) if _failed_since(s, state)
        ]:
            return Decision(task.name, Action.SKIP, f"upstream {failed[0]} did not succeed")
        if task.needs_data and self._waiting[task.name] is None:
            return Decision(task.name, Action.WAIT, "nothing new")
        return Decision(task.name, Action.RUN, said, self._moment.now)

    def _by_root(self, task: Task, root: str) -> Decision:
        state, first = self._state.of(task.name), self._state.of(root)
        said = f"when {root} and all after it ended"
        graph = [name for name in self._plan.graph_of(root) if name != task.name]
        if first.last_run <= state.last_run or not self._have_ended(graph, first.last_run):
            return Decision(task.name, Action.WAIT, said)
        return Decision(task.name, Action.RUN, said, self._moment.now)

    def _have_ended(self, graph: Iterable[str], run: int) -> bool:
        """Whether each task of a graph ran since its first one did, or cannot run any more."""
        over: set[str] = set()
        for name in graph:
            state, task = self._state.of(name), self._plan.tasks[name]
            is_idle = task.needs_data and self._waiting[name] is None
            is_cut_off = any(
                up in over and self._state.of(up).last_success < run for up in task.after
            )
            if state.last_run >= run or is_idle or is_cut_off or self._suspended(name):
                over.add(name)
            else:
                return False
        return True

    def _suspended(self, name: str) -> bool:
        return bool(why_suspended(self._plan, self._state, name))

    def _blocked(self, task: Task) -> str:
        """Say which upstream task keeps a task from running: it failed, or was skipped."""
        if task.finalize:
            return ""
        for name in reversed(self._plan.ancestors[task.name]):
            if self._state.of(name).has_failed:
                return f"upstream {name} failed"
            if self._decided[name].action is Action.SKIP:
                return f"upstream {name} was skipped"
        return ""

    def _join_those_due_soon(self) -> None:
        """Let what would be due while the others are built be built with them."""
        running = [d.task for d in self._decided.values() if d.action is Action.RUN]
        if not running:
            return
        until = self._moment.now + max(self._state.of(name).longest for name in running)
        for name, decision in self._decided.items():
            is_soon = decision.due_at is not None and decision.due_at <= until
            if (
                decision.reason == "within its lag"
                and is_soon
                and not self._state.of(name).is_alone
            ):
                blocked = self._blocked(self._plan.tasks[name]) or self._state.of(name).has_failed
                if not blocked:
                    said = "due while others are built"
                    self._decided[name] = replace(decision, action=Action.RUN, reason=said)

    def _pull_upstream(self) -> None:
        """Refresh first what a task reads and that has data; both show the same moment then."""
        running = [d for d in self._decided.values() if d.action is Action.RUN]
        for decision in sorted(running, key=lambda d: bool(d.group)):
            for upstream in self._plan.pulled[decision.task]:
                is_idle = self._waiting[upstream] is None or self._suspended(upstream)
                if not is_idle and self._decided[upstream].action is not Action.RUN:
                    said = f"data for {decision.task}"
                    self._decided[upstream] = Decision(
                        upstream, Action.RUN, said, trigger=decision.trigger, group=decision.group
                    )


def arrived(at: float, now: float) -> float:
    """Return when a change came, as a clock knows it that was set back since: long ago then."""
    return 0.0 if at > now + SKEW_SECONDS else min(at, now)


def head_start(target: float, state: TaskState) -> float:
    """Return how long a change may wait before its refresh starts, in seconds.

    Half of the lag at most, and early enough for twice what the longest of the last refreshes took;
    0 as long as nobody knows that.
    """
    if not state.seconds:
        return 0.0
    return max(0.0, min(target / 2, target - 2 * state.longest - MARGIN_SECONDS))


def retry_seconds(task: Task, state: TaskState) -> float:
    """Return how long a task that failed waits: longer each time, and not all tasks the same."""
    wait = min(RETRY_SECONDS * 2.0 ** max(0, state.failures - 1), LONGEST_RETRY_SECONDS)
    apart = (crc32(task.name.encode()) % 1000) / 1000 * STAGGER
    return wait * (1 + apart)


def _retry_at(task: Task, state: TaskState) -> float:
    """Return when a task that failed is tried again."""
    if not state.has_failed or state.ended_at is None:
        return 0.0
    return state.ended_at + retry_seconds(task, state)


def _failed_since(other: TaskState, state: TaskState) -> bool:
    return other.last_run > state.last_run and other.last_success < other.last_run
