"""What is due: decisions without a lake, a clock or dbt; then whole days of them, invented."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Literal

from hypothesis import given
from hypothesis import strategies as st

from operations.refresh.history import Outcome, Trigger
from operations.refresh.tasks.results import Ended, Result, remembered
from operations.refresh.tasks.schedule import (
    Action,
    Decision,
    Moment,
    batches,
    decide,
    head_start,
    why_suspended,
)
from operations.refresh.tasks.state import State, TaskState
from operations.refresh.tasks.task import Plan, Task

MINUTE = timedelta(minutes=1)
SUCCESS = Result(Outcome.SUCCESS, seconds=2.0)
FAILED = Result(Outcome.FAILED, "no such column", seconds=1.0)


def lag_task(
    name: str, lag: timedelta | Literal["downstream"] = MINUTE, upstream: tuple[str, ...] = ()
) -> Task:
    return Task(name, f"gold.{name}", {f"gold.{name}": name}, upstream, target_lag=lag)


def plan_of(*tasks: Task) -> Plan:
    return Plan({task.name: task for task in tasks})


def due(plan: Plan, state: State, waiting: Mapping[str, float | None], now: float) -> list[str]:
    known = {name: waiting.get(name) for name in plan.tasks}
    decisions = decide(plan, state, known, Moment(now))
    return [name for name, decision in decisions.items() if decision.action is Action.RUN]


def one(plan: Plan, state: State, waiting: float | None, now: float) -> Decision:
    [decision] = decide(plan, state, dict.fromkeys(plan.tasks, waiting), Moment(now)).values()
    return decision


def after_runs(plan: Plan, *results: Result, trigger: Trigger = Trigger.SCHEDULE) -> State:
    """Return the state after the plan's only task ended so, each at its number of seconds."""
    state = State()
    for number, result in enumerate(results):
        group = [Decision(name, Action.RUN, trigger=trigger) for name in plan.tasks]
        ended = Ended(float(number), number + 1.0, dict.fromkeys(plan.tasks, result))
        state = remembered(plan, state, group, ended)
    return state


def test_a_table_is_refreshed_so_early_that_its_lag_is_kept() -> None:
    plan = plan_of(lag_task("live"))
    slow = State(tasks={"live": TaskState(seconds=(20.0, 10.0))})
    assert one(plan, slow, None, 1000).action is Action.WAIT
    assert one(plan, slow, 1000, 1017).due_at == 1018, "twice 20 seconds, and a margin"
    assert one(plan, slow, 1000, 1018).action is Action.RUN
    quick = State(tasks={"live": TaskState(seconds=(1.0,))})
    assert one(plan, quick, 1000, 1029).due_at == 1030, "half of the lag"
    assert one(plan, State(), 1000, 1000).action is Action.RUN, "nobody knows what it takes"


def test_who_comes_only_once_runs_what_has_data() -> None:
    plan = plan_of(lag_task("live"))
    quick = State(tasks={"live": TaskState(seconds=(1.0,))})
    [decision] = decide(plan, quick, {"live": 1000.0}, Moment(1000, is_last=True)).values()
    assert decision.action is Action.RUN


def test_downstream_takes_the_shortest_lag_of_its_consumers_and_runs_with_them() -> None:
    plan = plan_of(
        lag_task("base", "downstream"),
        lag_task("slow", timedelta(hours=1), ("base",)),
        lag_task("quick", MINUTE, ("base",)),
    )
    assert plan.lags == {"base": MINUTE, "slow": timedelta(hours=1), "quick": MINUTE}
    known = State(tasks={name: TaskState(seconds=(1.0,)) for name in plan.tasks})
    waiting = dict.fromkeys(plan.tasks, 1000.0)
    assert due(plan, known, waiting, 1029) == []
    assert due(plan, known, waiting, 1030) == ["base", "quick"]


def test_downstream_of_nothing_is_never_scheduled() -> None:
    plan = plan_of(lag_task("base", "downstream"))
    assert plan.lags == {"base": None}
    assert one(plan, State(), 1000, 10**9).reason == "downstream of nothing"


def test_every_is_kept_from_begin_to_begin() -> None:
    plan = plan_of(Task("t", "gold.t", every=MINUTE))
    ran = State(tasks={"t": TaskState(started_at=1000.0, ended_at=1010.0, last_run=1)})
    assert one(plan, ran, None, 1059).due_at == 1060
    assert one(plan, ran, None, 1060).action is Action.RUN


def test_a_task_of_a_stream_waits_for_data() -> None:
    plan = plan_of(Task("t", "gold.t", every=MINUTE, needs_data=True))
    assert one(plan, State(), None, 1000).reason == "nothing new"
    assert one(plan, State(), 999, 1000).action is Action.RUN


def test_an_hour_of_sleep_makes_one_run_and_says_what_was_missed() -> None:
    plan = plan_of(Task("t", "gold.t", every=MINUTE))
    ran = State(tasks={"t": TaskState(started_at=1000.0, ended_at=1010.0, last_run=1)})
    decision = one(plan, ran, None, 1000 + 3600)
    assert (decision.action, decision.missed) == (Action.RUN, 59)
    caught_up = State(tasks={"t": TaskState(started_at=4600.0, ended_at=4610.0, last_run=2)})
    assert one(plan, caught_up, None, 4611).action is Action.WAIT


def test_a_clock_set_back_makes_one_run_more() -> None:
    plan = plan_of(Task("t", "gold.t", every=MINUTE))
    ran = State(tasks={"t": TaskState(started_at=90_000.0, ended_at=90_010.0, last_run=1)})
    assert one(plan, ran, None, 1000).action is Action.RUN


def test_three_scheduled_failures_in_a_row_suspend() -> None:
    plan = plan_of(lag_task("live"))
    assert not after_runs(plan, FAILED, FAILED).of("live").suspended
    assert after_runs(plan, FAILED, FAILED, FAILED).of("live").suspended == "3 failures in a row"
    assert not after_runs(plan, FAILED, FAILED, SUCCESS, FAILED, FAILED).of("live").suspended


def test_failures_of_runs_by_hand_do_not_count() -> None:
    plan = plan_of(lag_task("live"))
    state = after_runs(plan, *[FAILED] * 5, trigger=Trigger.MANUAL)
    assert (state.of("live").failures, state.of("live").suspended) == (0, "")


def test_what_failed_is_tried_again_later_each_time_and_by_itself() -> None:
    plan = plan_of(lag_task("live"))
    once, twice = after_runs(plan, FAILED), after_runs(plan, FAILED, FAILED)
    first, second = one(plan, once, 0, 1), one(plan, twice, 0, 2)
    assert first.action is second.action is Action.WAIT
    assert first.due_at is not None
    assert second.due_at is not None
    assert 11 <= first.due_at <= 14
    assert 22 <= second.due_at <= 27
    again = one(plan, once, 0, first.due_at)
    assert (again.action, again.group) == (Action.RUN, "live")


def test_what_comes_from_a_failed_or_suspended_task_is_skipped_or_suspended() -> None:
    plan = plan_of(lag_task("base"), lag_task("mart", upstream=("base",)))
    failed = State(tasks={"base": TaskState(outcome=Outcome.FAILED, ended_at=999.0, failures=1)})
    decisions = decide(plan, failed, {"base": 0.0, "mart": 0.0}, Moment(1000))
    assert decisions["base"].action is Action.WAIT
    assert decisions["mart"].action is Action.SKIP
    assert decisions["mart"].reason == "upstream base failed"
    suspended = State(tasks={"base": TaskState(suspended="by hand")})
    assert why_suspended(plan, suspended, "mart") == "upstream base is suspended"
    assert due(plan, suspended, {"base": 0.0, "mart": 0.0}, 1000) == []


def test_refreshes_that_take_longer_than_the_lag_leave_time_to_others() -> None:
    plan = plan_of(lag_task("live"))
    known = TaskState(seconds=(70.0, 90.0, 80.0), ended_at=1000.0)
    slow = State(tasks={"live": known})
    decision = one(plan, slow, 900, 1010)
    assert decision.action is Action.SKIP
    assert decision.reason == "its refreshes take 80 s, longer than its lag"
    assert one(plan, slow, 900, 1080).action is Action.RUN


def test_a_run_by_hand_is_never_skipped_and_takes_upstream_along() -> None:
    plan = plan_of(lag_task("base"), lag_task("mart", upstream=("base",)))
    state = State(
        tasks={
            "base": TaskState(outcome=Outcome.FAILED, ended_at=999.0, failures=1),
            "mart": TaskState(suspended="by hand"),
        },
        requests={"1": "mart"},
    )
    decisions = decide(plan, state, {"base": 0.0, "mart": None}, Moment(1000))
    [group] = batches(decisions.values())
    assert [(d.task, d.trigger) for d in group] == [
        ("base", Trigger.MANUAL),
        ("mart", Trigger.MANUAL),
    ]
    assert group[1].requests == ("1",)


def chain() -> Plan:
    return plan_of(
        Task("first", "gold.first", every=MINUTE),
        Task("second", "gold.second", after=("first",)),
        Task("third", "gold.third", after=("second",)),
        Task("last", "gold.last", finalize="first"),
    )


def test_tasks_follow_each_other_and_the_last_runs_whatever_happened() -> None:
    for result, expected in (
        (SUCCESS, ["first", "second", "third", "last"]),
        (FAILED, ["first", "last"]),
    ):
        plan, state, ran = chain(), State(), []
        for number in range(6):
            decisions = decide(plan, state, dict.fromkeys(plan.tasks), Moment(1000 + number / 10))
            for group in batches(decisions.values()):
                ran += [decision.task for decision in group]
                results = {d.task: result if d.task == "first" else SUCCESS for d in group}
                state = remembered(plan, state, group, Ended(1000.0, 1000.0, results))
        assert ran == expected


def test_a_build_that_says_nothing_of_its_tasks_is_repeated_one_by_one() -> None:
    plan = plan_of(lag_task("one"), lag_task("other"))
    group = [Decision("one", Action.RUN), Decision("other", Action.RUN)]
    unknown = dict.fromkeys(plan.tasks, Result(None, "died"))
    state = remembered(plan, State(), group, Ended(0.0, 1.0, unknown))
    assert state.of("one").failures == 0
    decisions = decide(plan, state, {"one": 0.0, "other": 0.0}, Moment(10))
    assert [[d.task for d in group] for group in batches(decisions.values())] == [
        ["one"],
        ["other"],
    ]


def test_what_is_due_soon_is_built_with_what_is_due_now() -> None:
    plan = plan_of(lag_task("quick", timedelta(seconds=50)), lag_task("slow"))
    known = State(tasks={name: TaskState(seconds=(8.0,)) for name in plan.tasks})
    assert due(plan, known, {"quick": 1000.0, "slow": 1000.0}, 1025) == ["quick", "slow"]
    assert due(plan, known, {"quick": 1000.0, "slow": 1010.0}, 1025) == ["quick"]


@given(st.floats(1, 10_000), st.lists(st.floats(0.1, 10_000), max_size=10))
def test_a_refresh_starts_within_the_lag_and_leaves_room_for_itself(
    target: float, seconds: list[float]
) -> None:
    state = TaskState(seconds=tuple(seconds))
    start = head_start(target, state)
    assert 0 <= start <= target / 2
    assert start == 0 or start + 2 * state.longest <= target


@dataclass
class World:
    """A lake with one root, the tasks above it, and a clock that is set as hypothesis likes."""

    plan: Plan
    now: float = 1_000_000.0
    changed_at: float | None = None
    arrived: int = 0
    state: State = field(default_factory=State)
    seen: dict[str, int] = field(default_factory=dict)
    runs: list[tuple[str, float]] = field(default_factory=list)

    def arrive(self) -> None:
        """Let a change come."""
        self.arrived += 1
        if self.changed_at is None:
            self.changed_at = self.now

    def round(self, result: Result) -> int:
        """Decide once and end what runs so; return how many ran."""
        waiting = {
            name: self.changed_at if self.seen.get(name, 0) < self.arrived else None
            for name in self.plan.tasks
        }
        decisions = decide(self.plan, self.state, waiting, Moment(self.now))
        count = 0
        for group in batches(decisions.values()):
            results = dict.fromkeys((d.task for d in group), result)
            run = Ended(self.now, self.now + result.seconds, results)
            self.state = remembered(self.plan, self.state, group, run)
            for decision in group:
                count += 1
                self.runs.append((decision.task, self.now))
                if result.outcome is Outcome.SUCCESS:
                    self.seen[decision.task] = self.arrived
            self.now += result.seconds
        return count

    def settle(self) -> None:
        """Let time pass in which nothing arrives and nothing fails."""
        for _ in range(12):
            self.now += 900
            self.round(SUCCESS)


def world() -> World:
    return World(
        plan_of(
            lag_task("base", "downstream"),
            lag_task("mart", MINUTE, ("base",)),
            Task("hourly", "gold.hourly", every=timedelta(hours=1), needs_data=True),
            Task("tick", "gold.tick", every=MINUTE),
        )
    )


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("arrive"), st.just(0.0)),
        st.tuples(st.just("pass"), st.floats(0, 120)),
        st.tuples(st.just("sleep"), st.floats(3600, 7200)),
        st.tuples(st.just("clock"), st.floats(-100_000, 100_000)),
        st.tuples(st.just("fail"), st.just(0.0)),
    ),
    max_size=15,
)


@given(STEPS)
def test_whatever_the_clock_and_builds_do_nothing_is_lost_and_no_storm_comes(
    steps: list[tuple[str, float]],
) -> None:
    """Fault clock-set."""
    there = world()
    for kind, value in steps:
        if kind == "arrive":
            there.arrive()
        elif kind in {"pass", "sleep", "clock"}:
            there.now += value
        before = len(there.runs)
        ran = there.round(FAILED if kind == "fail" else SUCCESS)
        assert ran <= len(there.plan.tasks), "each task runs at most once a round"
        if kind in {"sleep", "clock"}:
            for _ in range(10):
                there.now += 0.1
                there.round(SUCCESS)
            assert len(there.runs) - before <= 2 * len(there.plan.tasks), "one run to catch up"
    suspended = [name for name in there.plan.tasks if why_suspended(there.plan, there.state, name)]
    there.settle()
    for name in there.plan.tasks:
        if name not in suspended:
            assert there.seen.get(name, 0) == there.arrived, f"{name} lacks a change"


@given(STEPS)
def test_a_state_that_was_lost_costs_a_run_and_no_change(steps: list[tuple[str, float]]) -> None:
    """As after a kill before the state was written, or with the file gone."""
    there = world()
    for kind, value in steps:
        if kind == "arrive":
            there.arrive()
        there.now += value
        there.round(SUCCESS)
        if kind == "fail":
            there.state = State()
    there.settle()
    assert all(there.seen.get(name, 0) == there.arrived for name in there.plan.tasks)
