"""An engine on the warm dbt, with a clock that tests set: sales landed -> rounds -> what became."""

import os
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from lake.lake import open_catalog
from lake.settings import Failpoint, Settings
from operations.dbt.outcome import Outcome
from operations.dbt.runner import Progress
from operations.refresh.tasks.engine import Engine, Surroundings
from operations.refresh.tasks.project import Project, read_project
from operations.refresh.tasks.results import TaskRun
from operations.refresh.tasks.schedule import Decision
from operations.refresh.tasks.state import State, StateFile
from operations.refresh.tasks.task import Plan, Task
from tests.integration.streams.till_lake import Sale, TillLake
from tests.warm_dbt import WarmDbt


class Killed(BaseException):
    """The process died."""


def kill(_: int) -> None:
    """Die."""
    raise Killed


class Said:
    """Keeps what an engine tells."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def doing(self, text: str) -> None:
        """Take no notice."""

    def decided(self, decision: Decision) -> None:
        """Note what is skipped."""
        self.lines.append(f"skipped {decision.task}: {decision.reason}")

    def ran(self, run: TaskRun) -> None:
        """Note how a run ended."""
        self.lines.append(f"{run.result.outcome} {run.task.name} {run.trigger}")

    def retries(self, task: Task, seconds: float) -> None:
        """Take no notice."""

    def suspended(self, task: Task, reason: str) -> None:
        """Note what is suspended."""
        self.lines.append(f"suspended {task.name}: {reason}")

    def failed(self, what: str, message: str) -> None:
        """Note what failed."""
        self.lines.append(f"{what}: {message}")


class TillTasks:
    """The tasks of the till's project, and all around them."""

    def __init__(self, settings: Settings, lake: TillLake, dbt: WarmDbt) -> None:
        """Read the project; three sales are landed."""
        self.settings = settings
        self.lake = lake
        self.said = Said()
        self.ahead = 0.0
        self.models: list[str] = []
        self.failpoint: Failpoint | None = None
        self._dbt = dbt
        lake.create_raw()
        self.land(Sale(1, day=1, amount=10), Sale(2, day=1, amount=20), Sale(3, day=2, amount=30))
        lake.dbt("parse")
        self.project: Project = read_project(settings)
        self.restart()

    def restart(self) -> None:
        """Begin with another engine, as a process does that is started."""
        self.engine = Engine(
            Surroundings(
                self.settings.model_copy(update={"failpoint": self.failpoint}),
                self,
                self.said,
                lambda: time.time() + self.ahead,
            ),
            self.project,
        )

    def die_at(self, failpoint: Failpoint) -> None:
        """Run what is due with a refresher, or its dbt, that dies there; then begin with another.

        The death of the refresher is an exception that nothing catches.
        """
        self.failpoint = failpoint
        self.restart()
        with pytest.MonkeyPatch.context() as patch, suppress(Killed):
            patch.setattr(os, "_exit", kill)
            assert self.round(4) is False, "dbt has died, and the refresher goes on"
        self.failpoint = None
        self.restart()

    def limit(self, name: str, seconds: float) -> None:
        """Begin again with another timeout of a task."""
        known = self.project.plan
        task = replace(known.tasks[name], timeout=timedelta(seconds=seconds))
        self.project = replace(self.project, plan=Plan({**known.tasks, name: task}, known.reads))
        self.restart()

    def land(self, *sales: Sale) -> None:
        """Land sales."""
        self.lake.land(*sales)

    def run(
        self,
        arguments: Sequence[str],
        on_progress: Progress | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> Outcome:
        """Run dbt for the engine."""
        names = arguments[
            arguments.index("--select") + 1 : arguments.index("--exclude-resource-type")
        ]
        self.models = list(names)
        failing = {"FIRN_FAILPOINT": self.failpoint.value} if self.failpoint else {}
        return self._dbt.outcome(arguments, {**(environment or {}), **failing}, on_progress)

    def interrupt(self) -> None:
        """End the process that runs dbt."""
        self._dbt.interrupt()

    def round(self, ahead: float = 0.0) -> bool | None:
        """Run what is due so many seconds later than now."""
        self.ahead += ahead
        return self.engine.round()

    @property
    def state(self) -> State:
        """What is remembered."""
        return StateFile(self.settings.home).read()

    def ops(self, name: str, order_by: str) -> list[dict[str, Any]]:
        """Return the rows of a table of ops."""
        table = open_catalog(self.settings).load_table(("ops", name))
        rows: list[dict[str, Any]] = table.scan().to_arrow().sort_by(order_by).to_pylist()
        return rows
