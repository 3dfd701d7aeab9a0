"""What a build means for its tasks: dbt's nodes -> how each task ended -> what is remembered."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from operations.dbt.outcome import NodeRun
from operations.dbt.outcome import Outcome as Build
from operations.refresh.history import Outcome, Trigger
from operations.refresh.tasks.project import Project
from operations.refresh.tasks.schedule import Decision
from operations.refresh.tasks.state import BY_HAND, KEPT_DURATIONS, Answer, Built, State, TaskState
from operations.refresh.tasks.task import Plan, Task

KEPT_ANSWERS = 20

SKIPPED = "skipped"
INTERRUPTED = "the build ended before it was known what became of it"


@dataclass(frozen=True)
class Result:
    """How a task's run ended; `outcome` is None where nobody knows, and it has to run again.

    `has_rows` says whether dbt came to its model, and so recorded the refresh itself.
    """

    outcome: Outcome | None
    message: str = ""
    seconds: float = 0.0
    has_rows: bool = False


@dataclass(frozen=True)
class TaskRun:
    """One run of a task: how it ended, what asked for it, and the build that it was part of."""

    task: Task
    result: Result
    trigger: Trigger
    build: Build


def results_of(
    project: Project, tasks: Iterable[Task], build: Build, timed_out: Mapping[str, str]
) -> dict[str, Result]:
    """Return how each task ended that a build was for.

    `timed_out` says of tasks why the build was ended. A build without results, of several tasks,
    does not say whose fault it was.
    """
    chosen = list(tasks)
    runs = {node.name: node for node in build.nodes if node.kind == "model"}
    blame = _blame(project, build.nodes)
    is_clear = len(chosen) == 1 and not timed_out
    return {
        task.name: Result(Outcome.FAILED, timed_out[task.name], _seconds(build, None))
        if task.name in timed_out
        else _result(task, build, runs, blame, is_clear=is_clear)
        for task in chosen
    }


def _result(
    task: Task,
    build: Build,
    runs: Mapping[str, NodeRun],
    blame: Mapping[str, str],
    *,
    is_clear: bool,
) -> Result:
    if task.starts_by_arrival:
        return _of_all(build)
    own = runs.get(task.name)
    seconds = _seconds(build, own)
    names = task.models.values()
    if said := next((blame[name] for name in names if name in blame), None):
        return Result(Outcome.FAILED, said, seconds, own is not None)
    if own is None:
        said = "; ".join(build.complaints) or INTERRUPTED
        return Result(Outcome.FAILED if is_clear else None, said, seconds)
    if own.status == SKIPPED:
        return Result(Outcome.SKIPPED, "what it reads could not be built", seconds, has_rows=True)
    return Result(Outcome.SUCCESS, own.message, seconds, has_rows=True)


def _of_all(build: Build) -> Result:
    """Return how a run ended that is about each node of a build."""
    said = "; ".join(build.complaints) or ("" if build.success else INTERRUPTED)
    outcome = Outcome.SUCCESS if build.success else Outcome.FAILED
    came_to_models = any(node.kind == "model" for node in build.nodes)
    return Result(outcome, said, _seconds(build, None), came_to_models)


def _blame(project: Project, nodes: Iterable[NodeRun]) -> dict[str, str]:
    """Return by model what failed of it: the model, or a test of it."""
    return {
        name: f"{node.name}: {node.message or node.status}"
        for node in nodes
        if node.has_failed
        for name in project.blamed_models(node.unique_id)
    }


def _seconds(build: Build, node: NodeRun | None) -> float:
    """Return what a task waited for its result: from the build's begin to its model's end."""
    return max(0.0, (node.ended if node and node.ended else build.ended) - build.started)


@dataclass(frozen=True)
class Ended:
    """One build for several tasks: when it ran, how each ended, what was built from what.

    `lags` has by task the longest lag of rows that became readable, None without such rows; `seen`
    what a task that starts by arrival found landed.
    """

    started_at: float
    ended_at: float
    results: Mapping[str, Result]
    built: Mapping[str, Built] = field(default_factory=dict)
    lags: Mapping[str, float | None] = field(default_factory=dict)
    seen: Mapping[str, dict[str, str | None]] = field(default_factory=dict)


def remembered(plan: Plan, state: State, group: Iterable[Decision], run: Ended) -> State:
    """Return what is remembered after a build: tasks, what was built, answers to requests."""
    changed = {}
    answers: dict[str, Answer] = {}
    for decision in group:
        name, result = decision.task, run.results[decision.task]
        changed[name] = _next(plan.tasks[name], state, decision, run)
        if result.outcome is not None:
            said = Answer(outcome=result.outcome, message=result.message, seconds=result.seconds)
            answers |= dict.fromkeys(decision.requests, said)
    return state.with_tasks(changed).model_copy(
        update={
            "runs": state.runs + 1,
            "built": {**state.built, **run.built},
            "requests": {n: t for n, t in state.requests.items() if n not in answers},
            "answers": dict([*state.answers.items(), *answers.items()][-KEPT_ANSWERS:]),
        }
    )


def is_suspended_by(decision: Decision, result: Result, state: State) -> bool:
    """Whether a task is suspended since this run of it."""
    is_counted = result.outcome is Outcome.FAILED and decision.trigger is not Trigger.MANUAL
    return is_counted and bool(state.of(decision.task).suspended)


def _next(task: Task, state: State, decision: Decision, run: Ended) -> TaskState:
    """Return what is remembered of a task after a run."""
    known, result = state.of(task.name), run.results[task.name]
    if result.outcome is None:
        return known.model_copy(update={"is_alone": True})
    number = state.runs + 1
    ended: dict[str, object] = {
        "started_at": run.started_at,
        "ended_at": run.ended_at,
        "skipped": "",
        "last_run": number,
        "outcome": result.outcome,
        "message": result.message,
    }
    was_given_up = task.starts_by_arrival and known.suspended not in {"", BY_HAND}
    if task.starts_by_arrival:
        ended["seen"] = run.seen[task.name]
    if was_given_up:  # and is tried again with what arrived since
        ended["suspended"] = ""
    if (lag := run.lags.get(task.name)) is not None:
        ended["lag_seconds"] = lag
    if result.outcome is Outcome.SUCCESS:
        seconds = (*known.seconds, round(result.seconds, 3))[-KEPT_DURATIONS:]
        ended |= {"last_success": number, "failures": 0, "is_alone": False, "seconds": seconds}
    elif result.outcome is Outcome.FAILED and decision.trigger is not Trigger.MANUAL:
        failures = 1 if was_given_up else known.failures + 1
        ended |= {"failures": failures, "is_alone": False}
        if task.suspend_after_failures and failures >= task.suspend_after_failures:
            ended["suspended"] = f"{failures} failures in a row"
    return known.model_copy(update=ended)
