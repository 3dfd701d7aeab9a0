"""`firn watch`: stable files -> one load -> one build of all that depends on them.

One process in the foreground. Whatever is not built yet is built by the next round, so it may be
killed at any point and started again.
"""

from __future__ import annotations

import time

from ingestion.api import ingest
from ingestion.connectors.base import Arrivals, Arrived
from ingestion.connectors.registry import connector_of
from ingestion.declarations import SourceDeclaration, select_tables
from ingestion.results import IngestOptions, LoadResult, LoadsFailedError
from ingestion.sources import load_sources
from lake.errors import ConfigurationError, FirnError, LoadError
from lake.lake import Lake
from lake.locks import ProcessLock
from lake.settings import Settings
from lake.snapshots import changed_by
from operations.dbt.outcome import Outcome
from operations.dbt.resident import ResidentDbt
from operations.preflight.create import create_tables
from operations.refresh.maintenance import CompactionTurns
from operations.refresh.view import View
from operations.runtime.signals import Stop, held_until_signalled

RETRY_SECONDS = 10.0
FAILURES_IN_A_ROW = 3


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

    lock = ProcessLock(settings.home, f"watch-{name}")
    with view.shown(), held_until_signalled(lock, wait) as stop:
        if stop.is_asked:
            return
        with arrivals.hints(), ResidentDbt(settings, name, view.waits) as dbt:
            Watcher(settings, source, arrivals, dbt, view).run(stop)
    view.say("ended", "as asked")


class Watcher:
    """What one watcher knows: what was built last, what failed since."""

    def __init__(
        self,
        settings: Settings,
        source: SourceDeclaration,
        arrivals: Arrivals,
        dbt: ResidentDbt,
        view: View,
    ) -> None:
        """Begin with everything to be built: whoever watched before may have been killed."""
        self._settings = settings
        self._source = source
        self._arrivals = arrivals
        self._dbt = dbt
        self._view = view
        self._compaction = CompactionTurns(settings, dbt)
        self._built_heads: dict[str, int | None] | None = None
        self._failed_heads: dict[str, int | None] | None = None
        self._failures = 0
        self._land_not_before = 0.0
        self._build_not_before = 0.0
        self._oldest: float | None = None
        self._noted: set[str] = set()

    def run(self, stop: Stop) -> None:
        """Land and build until asked to stop; what is under way is finished."""
        self._view.say("watching", f"{self._source.name}: {self._arrivals.place_name}")
        self._make_tables()
        while not stop.is_asked:
            self._land()
            self._build_if_due()
            self._view.doing(self._waiting_for())
            self._arrivals.wait(self._pause(), lambda: stop.is_asked)

    # steps

    def _make_tables(self) -> None:
        """Make what is missing, empty, so that pre-flight finds it; also reads the project."""
        self._view.doing("starting Spark, reading the project")
        try:
            creation = create_tables(self._settings, [self._source.name], self._required)
        except FirnError as error:
            self._view.failed("failed", str(error))
            return
        if creation.made:
            self._view.say("made", ", ".join(table.name for table in creation.made))

    def _land(self) -> None:
        """Land what is stable; a failure leaves it to be tried again."""
        try:
            arrived = self._arrivals.stable()
            if arrived is None or time.monotonic() < self._land_not_before:
                return
            self._view.doing("landing")
            self._note(arrived, *self._ingest())
        except FirnError as error:
            self._view.failed("failed", str(error))
            self._land_not_before = time.monotonic() + RETRY_SECONDS

    def _ingest(self) -> tuple[list[LoadResult], float]:
        start = time.monotonic()
        try:
            results = ingest(
                [self._source.name], IngestOptions(), self._settings, self._view.metrics.note
            )
        except LoadsFailedError as error:
            for result in error.results:
                if result.error:
                    self._view.failed("failed", str(result.error))
            raise LoadError(
                "not all tables could be landed", "correct what is said above"
            ) from None
        return results, time.monotonic() - start

    def _note(self, arrived: Arrived, results: list[LoadResult], seconds: float) -> None:
        self._arrivals.take(arrived)
        rows = sum(result.rows_landed for result in results)
        set_aside = sum(result.rows_quarantined for result in results)
        if rows:
            self._oldest = min(self._oldest or arrived.first_seen, arrived.first_seen)
        if rows or set_aside:
            self._view.landed(rows, set_aside, seconds)
        for result in results:
            for note in result.notes:
                self._say_once(f"{result.label}: {note}")

    def _say_once(self, note: str) -> None:
        if note not in self._noted:
            self._noted.add(note)
            self._view.say("note", note, "yellow")

    def _build_if_due(self) -> None:
        heads = self._heads()
        if heads == self._built_heads:
            self._oldest = None
            return
        if heads != self._failed_heads and self._failures >= FAILURES_IN_A_ROW:
            self._failures = 0
        is_suspended = self._failures >= FAILURES_IN_A_ROW
        is_new = heads != self._failed_heads
        if is_suspended or not (is_new or time.monotonic() >= self._build_not_before):
            return
        outcome = self._build()
        self._view.metrics.built(self._source.name, outcome)
        if outcome.success:
            self._failures, self._built_heads, self._failed_heads = 0, heads, None
            tests = outcome.count("test", "pass", "warn")
            seconds = outcome.ended - outcome.started
            models = outcome.count("model", "success")
            self._view.built(models, tests, seconds, self._oldest)
            self._oldest = None
            self._keep_up(outcome.tables)
        else:
            self._note_failure(heads, outcome)

    def _build(self) -> Outcome:
        def show(name: str, done: int, total: int) -> None:
            self._view.doing(f"building {done} of {total}: {name[:50]}")

        self._view.doing("building")
        try:
            return self._dbt.run(build_arguments(self._source.name), show)
        except LoadError as error:
            now = time.time()
            return Outcome(False, (), (str(error),), 0, now, now)

    def _note_failure(self, heads: dict[str, int | None], outcome: Outcome) -> None:
        self._failures += 1
        self._failed_heads = heads
        self._build_not_before = time.monotonic() + RETRY_SECONDS
        for complaint in outcome.complaints:
            self._view.failed("failed", complaint)
        if self._failures >= FAILURES_IN_A_ROW:
            self._view.say(
                "suspended",
                f"{self._failures} builds failed in a row; the next file that is landed is tried"
                f" again. See {self._dbt.log}",
                "bold red",
            )
        else:
            self._view.say("retry", f"with the next file, or in {RETRY_SECONDS:.0f} s", "yellow")

    def _keep_up(self, built: list[str]) -> None:
        """Compact one table; what cannot be compacted now can be later."""
        self._view.doing("compacting")
        landed = [".".join(table.identifier) for table in self._source.tables]
        try:
            done = self._compaction.of_next([*landed, *built])
        except FirnError as error:
            self._say_once(f"not compacted: {error.message}")
            return
        if done:
            work, seconds = done
            self._view.compacted(work.name, work.compacted_files, work.written_files, seconds)

    # what is asked for in between

    def _heads(self) -> dict[str, int | None]:
        """Return the snapshot that last changed each raw table, whoever landed it."""
        lake = Lake(self._settings)
        return {table.label: changed_by(lake, table.identifier) for table in self._source.tables}

    def _pause(self) -> float:
        """Return when to look again; what has failed is not tried before its time."""
        wanted = self._arrivals.seconds_to_look()
        until_landing = self._land_not_before - time.monotonic()
        return max(wanted, until_landing)

    def _waiting_for(self) -> str:
        if self._failures >= FAILURES_IN_A_ROW:
            return f"suspended after {self._failures} failures, waiting for the next file"
        if self._failures:
            return "waiting to try again"
        return "waiting for files"

    def _required(self, arguments: list[str]) -> Outcome:
        outcome = self._dbt.run(arguments)
        if not outcome.success:
            said = "\n".join(outcome.complaints)
            raise LoadError(f"dbt {' '.join(arguments)} failed:\n{said}", f"read {self._dbt.log}")
        return outcome


def build_arguments(source: str) -> list[str]:
    """Return dbt's arguments that build and test what depends on a source."""
    chosen = ["--select", f"source:{source}+", "--exclude-resource-type", "unit_test"]
    return ["build", *chosen]


def _source(settings: Settings, name: str) -> SourceDeclaration:
    (source,) = select_tables(load_sources(settings.project_dir), [name])
    if source.name != name:
        raise ConfigurationError(
            f"{name} is a table; a source is watched with all its tables",
            f"firn watch {source.name}",
        )
    return source
