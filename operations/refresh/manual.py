"""`firn tasks run`: a task -> one run now, by the refresher that is there, else by this process."""

from __future__ import annotations

from lake.locks import ProcessLock
from lake.settings import Settings
from operations.dbt.resident import ResidentDbt
from operations.refresh.narration import Narrator
from operations.refresh.tasks.control import (
    answer,
    request,
    require_success,
    wait_for_answer,
    withdraw,
)
from operations.refresh.tasks.engine import Engine, Surroundings
from operations.refresh.tasks.project import (
    Project,
    read_all_tasks,
    runner_of,
)
from operations.refresh.tasks.state import Answer
from operations.refresh.view import View

GRACE_SECONDS = 600.0


def run_now(settings: Settings, name: str, view: View) -> Answer:
    """Run a task by hand, whatever its schedule and state; return how it ended.

    Raises ConfigurationError for a name of no task, LoadError when the run failed.
    """
    project = read_all_tasks(settings)
    number = request(settings, project, name)
    lock = ProcessLock(settings.home, runner_of(name))
    try:
        if lock.acquire(0):
            try:
                found = _run_here(settings, project, (name, number), view)
            finally:
                lock.release()
        else:
            view.waits("waits", f"for the process that runs it, {lock.holder}")
            patience = GRACE_SECONDS + project.plan.tasks[name].timeout.total_seconds()
            found = wait_for_answer(settings, number, patience)
    except BaseException:
        withdraw(settings, number)
        raise
    require_success(name, found)
    return found


def _run_here(settings: Settings, project: Project, asked: tuple[str, str], view: View) -> Answer:
    """Run a task, by a request, in this process: it alone, and what of its upstream has data."""
    name, number = asked
    with ResidentDbt(settings, runner_of(name), view.waits) as dbt:
        engine = Engine(Surroundings(settings, dbt, Narrator(view)), project)
        while (found := answer(settings, number)) is None:
            engine.round(is_manual=True)
    return found
