"""`firn refresh`: tasks -> one process with a warm Spark that runs them when they are due.

It may be killed at any point and started again: what is not built yet is built by the next round.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from tenacity import (
    RetryCallState,
    Retrying,
    retry_if_exception_type,
    stop_after_attempt,
    wait_exponential_jitter,
)
from tenacity.stop import stop_base

from lake.errors import EnvironmentFault, FirnError, LoadError
from lake.lake import Lake, identifier_of
from lake.locks import ProcessLock
from lake.settings import Settings
from operations.dbt.outcome import Outcome as Build
from operations.dbt.project_files import fingerprint
from operations.dbt.resident import ResidentDbt
from operations.preflight.create import create_tables
from operations.refresh.monitor import Monitor
from operations.refresh.narration import Narrator
from operations.refresh.tasks.engine import Dbt, Engine, Surroundings
from operations.refresh.tasks.project import REFRESHER, Project, read_project
from operations.refresh.view import View
from operations.runtime.signals import Stop, held_until_signalled

POLL_SECONDS = 1.0
STEP_SECONDS = 0.2
PROJECT_SECONDS = 10.0  # after which it is looked whether a file of the project changed
LONGEST_WAIT_SECONDS = 30.0
ATTEMPTS_ONCE = 3


@dataclass(frozen=True)
class Choice:
    """Which tasks are run (none named: all), and whether only what is due now.

    `watched` are sources, each with a task more that starts by arrival.
    """

    names: Sequence[str] = ()
    is_once: bool = False
    watched: Sequence[str] = ()


class Inflow(Protocol):
    """What a refresher does between its rounds."""

    def land(self) -> None:
        """Land what is there before a round. Raises nothing that is worth trying again."""
        ...

    def tidy(self) -> None:
        """Put in order what a round has written."""
        ...

    def wait(self, stop: Stop) -> None:
        """Return when it is time to look again, or soon after it was asked to stop."""
        ...


class Elsewhere:
    """The inflow of a lake that others land in: looked at once a second."""

    def __init__(self, view: View) -> None:
        """Tell `view` what is waited for."""
        self._view = view

    def land(self) -> None:
        """Leave it to others."""

    def tidy(self) -> None:
        """Leave it to `firn maintain`."""

    def wait(self, stop: Stop) -> None:
        """Wait a second."""
        self._view.doing("waiting for what is due")
        pause(POLL_SECONDS, stop)


def refresh(settings: Settings, choice: Choice, view: View) -> bool:
    """Run tasks as they are due until SIGINT or SIGTERM; return whether all that ran succeeded.

    Another refresher of the same FIRN_HOME is waited for. With `is_once` it ends when nothing is
    due any more. Raises EnvironmentFault when another one runs and only one round is wanted, and
    ConfigurationError for declarations that are wrong.
    """

    def wait(holder: str) -> None:
        if choice.is_once:
            raise EnvironmentFault(
                f"tasks are run already by {holder}", "that one runs what is due; or end it first"
            )
        view.waits("waits", f"tasks are run already by {holder}; this one takes over when it ends")
        view.doing("waiting for another refresher to end")

    lock = ProcessLock(settings.home, REFRESHER)
    with view.shown(), held_until_signalled(lock, wait) as stop:
        if stop.is_asked:
            return True
        with ResidentDbt(settings, REFRESHER, view.waits) as dbt:
            is_good = Refresher(settings, choice, dbt, Narrator(view)).run(stop)
    view.say("ended", "nothing is due" if choice.is_once else "as asked")
    return is_good


class Refresher:
    """What one refresher knows: the project as it was read last, and an engine for its tasks."""

    def __init__(
        self,
        settings: Settings,
        choice: Choice,
        dbt: Dbt,
        narrator: Narrator,
        inflow: Inflow | None = None,
    ) -> None:
        """Begin with a project that has not been read; without an inflow others land."""
        self._settings = settings
        self._choice = choice
        self._dbt = dbt
        self._narrator = narrator
        self._view = narrator.view
        self._inflow = inflow or Elsewhere(narrator.view)
        self._engine: Engine | None = None
        self._monitor: Monitor | None = None
        self._fingerprint = ""
        self._look_at = 0.0

    def run(self, stop: Stop) -> bool:
        """Run rounds until asked to stop, or nothing is due; what is under way is finished.

        Raises FirnError where the project cannot be used and nothing had been run yet, and for a
        lake that is away when only one round is wanted.
        """
        is_good = True
        while not stop.is_asked:
            ran = self._patiently(lambda: self._round(stop), stop)
            is_good = is_good and ran is not False
            if ran is None and self._choice.is_once:
                break
            if ran is None:
                self._inflow.wait(stop)
        return is_good

    def _round(self, stop: Stop) -> bool | None:
        """Run what is due; None when nothing was, or asked to stop."""
        self._read_project_if_changed()
        if self._engine is None or stop.is_asked:
            return None
        self._inflow.land()
        ran = self._engine.round(is_last=self._choice.is_once)
        if ran:
            self._inflow.tidy()
        if self._monitor:
            self._monitor.show()
        return ran

    def _patiently(self, action: Callable[[], bool | None], stop: Stop) -> bool | None:
        """Do it, again and again later as long as the lake is away."""

        def say(state: RetryCallState) -> None:
            error = state.outcome.exception() if state.outcome else None
            seconds = state.next_action.sleep if state.next_action else 0.0
            self._view.failed("failed", str(error))
            self._view.doing(f"waiting {seconds:.0f} s to try again")

        attempts = Retrying(
            retry=retry_if_exception_type(EnvironmentFault),
            wait=wait_exponential_jitter(initial=1, max=LONGEST_WAIT_SECONDS),
            stop=stop_after_attempt(ATTEMPTS_ONCE) if self._choice.is_once else _Asked(stop),
            sleep=lambda seconds: pause(seconds, stop),
            before_sleep=say,
            retry_error_callback=self._give_up,
        )
        return attempts(action)

    def _give_up(self, state: RetryCallState) -> None:
        """Raise what failed last where somebody waits for the end; nothing if asked to stop."""
        if self._choice.is_once and state.outcome:
            state.outcome.result()

    # the project

    def _read_project_if_changed(self) -> None:
        if time.monotonic() < self._look_at:
            return
        self._look_at = time.monotonic() + PROJECT_SECONDS
        found = fingerprint(self._settings.project_dir)
        if found == self._fingerprint:
            return
        try:
            self._use(self._read_project())
        except EnvironmentFault:
            self._look_at = 0.0
            raise
        except FirnError as error:
            if self._engine is None:
                raise
            self._view.failed("failed", f"{error}\n  the project as it was before is used")
        self._fingerprint = found

    def _read_project(self) -> Project:
        self._view.doing("starting Spark, reading the project")
        self._required(["parse"])
        project = read_project(self._settings, self._choice.names, self._choice.watched)
        there = Lake(self._settings).pointers()
        tasks = project.plan.tasks.values()
        tables = [table for task in tasks for table in (*task.landed, *task.targets)]
        if any(identifier_of(table) not in there for table in tables):
            made = create_tables(self._settings, tables, self._required).made
            self._view.say("made", ", ".join(table.name for table in made))
        return project

    def _use(self, project: Project) -> None:
        surroundings = Surroundings(self._settings, self._dbt, self._narrator)
        self._engine = Engine(surroundings, project)
        if self._view.serves_metrics:
            observer, metrics = self._engine.observer, self._view.metrics
            self._monitor = Monitor(self._settings, project, observer, metrics)
        tasks = project.plan.tasks
        if not self._choice.watched:
            said = f"{len(tasks)} tasks: {', '.join(tasks)}" if tasks else "none"
            self._view.say("refreshes", said)
        for key in sorted({key for task in tasks.values() for key in task.unused_keys}):
            self._view.say("note", f"{key} has no effect here: this process runs all", "yellow")

    def _required(self, arguments: list[str]) -> Build:
        outcome = self._dbt.run(arguments)
        if not outcome.success:
            said = "\n".join(outcome.complaints)
            raise LoadError(f"dbt {' '.join(arguments)} failed:\n{said}", "correct what is said")
        return outcome


class _Asked(stop_base):
    """Ends attempts when the command was asked to end."""

    def __init__(self, stop: Stop) -> None:
        self._stop = stop

    def __call__(self, _: RetryCallState) -> bool:
        return self._stop.is_asked


def pause(seconds: float, stop: Stop) -> None:
    """Return after so many seconds, or soon after it was asked to stop."""
    until = time.monotonic() + seconds
    while not stop.is_asked and (left := until - time.monotonic()) > 0:
        time.sleep(min(left, STEP_SECONDS))
