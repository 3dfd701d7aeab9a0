"""`firn watch`: a source -> its landing and the task that builds all that depends on it.

A refresher with one task, which starts by arrival. Whatever is not built yet is built by the next
round, so it may be killed at any point and started again.
"""

from __future__ import annotations

from ingestion.connectors.base import Arrivals
from ingestion.connectors.registry import connector_of
from ingestion.declarations import SourceDeclaration, select_tables
from ingestion.sources import load_sources
from lake.errors import ConfigurationError
from lake.locks import ProcessLock
from lake.settings import Settings
from operations.dbt.resident import ResidentDbt
from operations.refresh.history import Outcome
from operations.refresh.landing import Landing
from operations.refresh.maintenance import CompactionTurns
from operations.refresh.narration import Narrator
from operations.refresh.refresh import Choice, Refresher
from operations.refresh.tasks.control import try_again
from operations.refresh.tasks.project import SOURCE, runner_of
from operations.refresh.tasks.results import TaskRun
from operations.refresh.tasks.task import Task
from operations.refresh.view import View
from operations.runtime.signals import held_until_signalled


def watch(settings: Settings, name: str, view: View) -> None:
    """Watch the source `name` until SIGINT or SIGTERM; another watcher of it is waited for.

    Raises ConfigurationError when the source is unknown or cannot be watched, EnvironmentFault when
    its storage is not there.
    """
    source = _source(settings, name)
    arrivals = connector_of(source).arrivals(source, settings)

    def wait(holder: str) -> None:
        view.waits("waits", f"watched already by {holder}; this one takes over when it ends")
        view.doing("waiting for another watcher to end")

    task = SOURCE + name
    lock = ProcessLock(settings.home, runner_of(task))
    with view.shown(), held_until_signalled(lock, wait) as stop:
        if stop.is_asked:
            return
        if not try_again(settings, task):
            said = f"by hand: files are landed, nothing is built; firn tasks resume {task}"
            view.say("suspended", said, "bold red")
        with arrivals.hints(), ResidentDbt(settings, runner_of(task), view.waits) as dbt:
            watcher_of(settings, source, arrivals, dbt, view).run(stop)
    view.say("ended", "as asked")


def watcher_of(
    settings: Settings,
    source: SourceDeclaration,
    arrivals: Arrivals,
    dbt: ResidentDbt,
    view: View,
) -> Refresher:
    """Return the refresher that lands what arrives in a source and builds what depends on it."""
    landing = Landing(settings, source, arrivals, CompactionTurns(settings, dbt), view)
    view.say("watching", f"{source.name}: {arrivals.place_name}")
    choice = Choice([SOURCE + source.name], watched=[source.name])
    return Refresher(settings, choice, dbt, WatchNarrator(view, landing), landing)


class WatchNarrator(Narrator):
    """Tells what becomes of the task of a source that is watched."""

    def __init__(self, view: View, landing: Landing) -> None:
        """Tell `view` how long after its landing something was built."""
        super().__init__(view)
        self._landing = landing

    def ran(self, run: TaskRun) -> None:
        """Say what was built, or what failed."""
        task, result, build = run.task, run.result, run.build
        self.view.metrics.refreshed(task.name, str(result.outcome), result.seconds)
        if result.outcome is Outcome.SUCCESS:
            tests = build.count("test", "pass", "warn")
            models = build.count("model", "success")
            since = self._landing.built(build.tables)
            self.view.built(models, tests, result.seconds, since)
            return
        for complaint in build.complaints:
            self.view.failed("failed", complaint)

    def retries(self, task: Task, seconds: float) -> None:
        """Say when it is tried again."""
        self.view.say("retry", f"{task.name}, with the next file, or in {seconds:.0f} s", "yellow")

    def suspended(self, task: Task, reason: str) -> None:
        """Say what has to happen before it is tried again."""
        said = f"{reason}; tried again with the next file, or: firn tasks resume {task.name}"
        self.view.say("suspended", said, "bold red")


def _source(settings: Settings, name: str) -> SourceDeclaration:
    (source,) = select_tables(load_sources(settings.project_dir), [name])
    if source.name != name:
        raise ConfigurationError(
            f"{name} is a table; a source is watched with all its tables",
            f"firn watch {source.name}",
        )
    return source
