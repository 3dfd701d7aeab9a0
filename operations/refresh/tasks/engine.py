"""Runs what is due: heads of tables, states -> decisions -> one dbt build a group -> states.

Everything that is to be built follows from what tables say they consumed, so that the process may
be killed at any point: what is not built then is built by the next round.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from lake.errors import FirnError, LoadError
from lake.lake import Lake
from lake.settings import Failpoint, Settings
from operations.dbt.outcome import Outcome as Build
from operations.dbt.runner import Progress
from operations.refresh.history import TASK_VARIABLE, TRIGGER_VARIABLE, Outcome, Trigger
from operations.refresh.tasks.deadline import Deadline
from operations.refresh.tasks.lags import RowLag, row_lags, worst_from_roots
from operations.refresh.tasks.observer import Observer
from operations.refresh.tasks.project import Project
from operations.refresh.tasks.records import Records, refresh_of, rows_of
from operations.refresh.tasks.results import (
    Ended,
    TaskRun,
    is_suspended_by,
    remembered,
    results_of,
)
from operations.refresh.tasks.schedule import (
    Action,
    Decision,
    Moment,
    batches,
    decide,
    retry_seconds,
)
from operations.refresh.tasks.state import Built, State, StateFile
from operations.refresh.tasks.task import Task, spoken
from operations.runtime.environment import dbt_environment


class Dbt(Protocol):
    """What runs dbt: the resident process, or what stands in for it."""

    def run(
        self,
        arguments: Sequence[str],
        on_progress: Progress | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> Build:
        """Run `dbt <arguments>`. Raises LoadError when the process died."""
        ...

    def interrupt(self) -> None:
        """End the process that runs dbt, from another thread."""
        ...


class Listener(Protocol):
    """Who is told what goes on."""

    def doing(self, text: str) -> None:
        """Say what goes on now."""
        ...

    def decided(self, decision: Decision) -> None:
        """Say that a task is skipped."""
        ...

    def ran(self, run: TaskRun) -> None:
        """Say how a task's run ended."""
        ...

    def retries(self, task: Task, seconds: float) -> None:
        """Say when a task that failed is tried again."""
        ...

    def suspended(self, task: Task, reason: str) -> None:
        """Say that a task is suspended."""
        ...

    def failed(self, what: str, message: str) -> None:
        """Say what failed, with its message."""
        ...


@dataclass(frozen=True)
class Surroundings:
    """What an engine works with. `clock` gives seconds of the system's clock."""

    settings: Settings
    dbt: Dbt
    listener: Listener
    clock: Callable[[], float] = time.time


class Engine:
    """The tasks of a project, as long as the project is as it was read."""

    def __init__(self, surroundings: Surroundings, project: Project) -> None:
        """Prepare to run the tasks of `project`; nothing is read yet."""
        self._settings = surroundings.settings
        self._dbt = surroundings.dbt
        self._listener = surroundings.listener
        self._clock = surroundings.clock
        self._project = project
        self._plan = project.plan
        self._lake = Lake(surroundings.settings)
        self.observer = Observer(self._lake, project)
        self._states = StateFile(surroundings.settings.home)
        self._records = Records(self._lake, surroundings.listener.failed)
        self._began = self._clock()

    def decide(self, *, is_last: bool = False) -> dict[str, Decision]:
        """Return what is to be done now. Raises EnvironmentFault when the lake cannot be read."""
        state = self._states.read()
        waiting = self.observer.waiting(state)
        unseen = self.observer.unseen(state)
        moment = Moment(self._clock(), self._began, is_last, unseen)
        return decide(self._plan, state, waiting, moment)

    @property
    def state(self) -> State:
        """What is remembered of the tasks."""
        return self._states.read()

    def round(self, *, is_last: bool = False, is_manual: bool = False) -> bool | None:
        """Run what is due; return whether all of it succeeded, None when nothing was due.

        With `is_manual` only what somebody asked for runs, with what it reads.

        Raises EnvironmentFault when the lake cannot be read.
        """
        decisions = self.decide(is_last=is_last)
        if is_manual:
            groups = [g for g in batches(decisions.values()) if g[0].trigger is Trigger.MANUAL]
        else:
            self._note_skips(decisions.values())
            groups = batches(decisions.values())
        ended = [self._run(group) for group in groups]
        return all(ended) if ended else None

    # one build

    def _run(self, group: Sequence[Decision]) -> bool:
        tasks = [self._plan.tasks[decision.task] for decision in group]
        trigger = group[0].trigger
        models = self._models_of(tasks)
        before = {table: self._upstream_heads(table) for table in models}
        found = {task.name: self.observer.found(task) for task in tasks}
        since = {table: self.observer.heads.head(table) for t in tasks for table in t.targets}
        started = self._clock()
        Failpoint.BEFORE_BUILD.reached(self._settings.failpoint)
        build, late = self._build(tasks, models, trigger)
        Failpoint.AFTER_BUILD.reached(self._settings.failpoint)
        limits = {task.name: f"ran longer than {spoken(task.timeout)}" for task in tasks}
        said = {name: limits[name] for name in late}
        results = results_of(self._project, tasks, build, said)
        ended = started + max(0.0, build.ended - build.started)
        lags = self._lags(tasks, since)
        built = self._built(before, build)
        built |= {
            task.table: Built(head=None, upstream=found[task.name])
            for task in tasks
            if task.starts_by_arrival and results[task.name].outcome is Outcome.SUCCESS
        }
        run = Ended(
            started,
            ended,
            results,
            built,
            {name: worst_from_roots(of_task) for name, of_task in lags.items()},
            found,
        )
        state = self._states.change(lambda state: remembered(self._plan, state, group, run))
        Failpoint.AFTER_NOTE.reached(self._settings.failpoint)
        self._tell(group, run, state, build)
        self._records.keep_lags([lag for one in lags.values() for lag in one])
        return all(result.outcome is Outcome.SUCCESS for result in results.values())

    def _models_of(self, tasks: Iterable[Task]) -> dict[str, str]:
        """Return the models to build by table: the tasks' own, and others that lack something."""
        built = self._states.read().built
        return {
            table: model
            for task in tasks
            for table, model in task.models.items()
            if table in task.targets
            or not self.observer.heads.is_there(table)
            or self.observer.arrivals.waiting(table, frozenset(task.models), built) is not None
        }

    def _build(
        self, tasks: Sequence[Task], models: Mapping[str, str], trigger: Trigger
    ) -> tuple[Build, list[str]]:
        """Run dbt; return how it ended, and which tasks took longer than they may."""
        names = ",".join(task.name for task in tasks)
        said = {TASK_VARIABLE: names, TRIGGER_VARIABLE: trigger.value}
        deadline = Deadline(
            {task.name: task.timeout.total_seconds() for task in tasks}, self._dbt.interrupt
        )

        def note(name: str, done: int, total: int) -> None:
            deadline.done(name)
            self._listener.doing(f"building {done} of {total}: {name[:50]}")

        self._listener.doing(f"building {names[:60]}")
        started = time.time()
        with deadline.watched():
            try:
                sources = [f"{task.name}+" for task in tasks if task.starts_by_arrival]
                arguments = build_arguments(sources or list(models.values()))
                environment = {**dbt_environment(self._settings), **said}
                build = self._dbt.run(arguments, note, environment)
            except LoadError as error:
                build = Build(False, (), (error.message,), 0, started, time.time())
        return build, deadline.late

    # what is left of it

    def _upstream_heads(self, table: str) -> dict[str, str | None]:
        return {up: self.observer.heads.head(up) for up in self._plan.reads.get(table, ())}

    def _built(self, before: Mapping[str, dict[str, str | None]], build: Build) -> dict[str, Built]:
        """Return what each table that was built is and was built from, as far as that is known."""
        done = {node.table for node in build.nodes if node.kind == "model" and not node.has_failed}
        done -= {node.table for node in build.nodes if node.status == "skipped"}
        try:
            self.observer.heads.look()
            now = {table: self.observer.heads.head(table) for table in before if table in done}
        except FirnError:
            return {}
        return {table: Built(head=now[table], upstream=before[table]) for table in now}

    def _lags(
        self, tasks: Iterable[Task], since: Mapping[str, str | None]
    ) -> dict[str, list[RowLag]]:
        found = {}
        for task in tasks:
            lag = self._plan.lags[task.name]
            target = lag.total_seconds() if lag else None
            tables = [table for table in task.targets if since[table]]
            try:
                self.observer.heads.look()
                found[task.name] = [
                    lag
                    for table in tables
                    for lag in row_lags(self.observer.arrivals, table, since[table], target)
                ]
            except FirnError:
                continue
        return found

    def _tell(self, group: Sequence[Decision], run: Ended, state: State, build: Build) -> None:
        """Say how each task ended, and record those whose model dbt did not come to."""
        for decision in group:
            task, result = self._plan.tasks[decision.task], run.results[decision.task]
            self._listener.ran(TaskRun(task, result, decision.trigger, build))
            known = state.of(task.name)
            if is_suspended_by(decision, result, state):
                self._listener.suspended(task, known.suspended)
            elif result.outcome is Outcome.FAILED and not decision.requests:
                self._listener.retries(task, retry_seconds(task, known))
        self._records.keep_refreshes(rows_of(self._plan, state, group, run))

    def _note_skips(self, decisions: Iterable[Decision]) -> None:
        """Record what is skipped, once for each reason until the task runs again."""
        state = self._states.read()
        skipped = [
            decision
            for decision in decisions
            if decision.action is Action.SKIP and state.of(decision.task).skipped != decision.reason
        ]
        if not skipped:
            return
        now = self._clock()

        def change(state: State) -> State:
            return state.with_tasks(
                {
                    decision.task: state.of(decision.task).model_copy(
                        update={"skipped": decision.reason}
                    )
                    for decision in skipped
                }
            )

        self._states.change(change)
        for decision in skipped:
            self._listener.decided(decision)
        self._records.keep_refreshes(
            [refresh_of(decision, Outcome.SKIPPED, decision.reason, now) for decision in skipped]
        )


def build_arguments(chosen: Sequence[str]) -> list[str]:
    """Return dbt's arguments that build and test what is selected."""
    return ["build", "--select", *chosen, "--exclude-resource-type", "unit_test"]
