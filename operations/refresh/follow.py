"""`firn ingest --follow`: a source -> loads at intervals, in the foreground until asked to end."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from ingestion.declarations import SourceDeclaration, select_tables
from ingestion.follow import Follower
from ingestion.loading.session import Run
from ingestion.results import Event, IngestOptions, LoadResult, Retrying, Waiting
from ingestion.sources import load_sources
from lake.errors import ConfigurationError
from lake.expiry import Kept, expire_snapshots
from lake.lake import Lake
from lake.locks import ProcessLock
from lake.settings import Settings
from operations.maintenance.policies import Policies, load_policies
from operations.maintenance.retention import remove_all_consumed
from operations.refresh.view import View
from operations.runtime.signals import held_until_signalled

REPORT_SECONDS = 60.0
REMOVAL_SECONDS = 300.0
# A table that is committed to every few seconds has too many snapshots after the usual seven days.
EXPIRE_AFTER = timedelta(hours=1)


@dataclass(frozen=True)
class Pace:
    """When a follower commits: each so many seconds, sooner when about so many rows wait."""

    seconds: float
    rows: int


def follow(
    settings: Settings, selection: Sequence[str], options: IngestOptions, pace: Pace, view: View
) -> None:
    """Land what arrives in one source until SIGINT or SIGTERM; another follower is waited for.

    Raises ConfigurationError when the selection is not of one source, FirnError for what does not
    pass by itself.
    """
    source = _source(settings, selection)

    def wait(holder: str) -> None:
        view.waits("waits", f"followed already by {holder}; this one takes over when it ends")
        view.doing("waiting for another follower to end")

    lock = ProcessLock(settings.home, f"follow-{source.name}")
    with view.shown(), held_until_signalled(lock, wait) as stop:
        report = Report(view)
        bounded = replace(options, max_rows=pace.rows)
        run = Run(settings, bounded, report.note, lambda: stop.is_asked)
        view.say("following", f"{source.name}, a commit each {pace.seconds:g} s where rows wait")
        upkeep = Upkeep(settings, run.lake, source, load_policies(settings.project_dir))
        try:
            Follower(run, source, pace.seconds, upkeep.run).follow()
        finally:
            report.print()
    view.say("ended", "as asked")


@dataclass
class Upkeep:
    """What a follower does beside landing: rows that every reader has leave, snapshots expire.

    Rows leave every few minutes: each time all manifests of the table are read.
    """

    settings: Settings
    lake: Lake
    source: SourceDeclaration
    policies: Policies
    _next_removal: float = 0.0

    def run(self) -> None:
        """Remove consumed rows when it is time to, and expire old snapshots."""
        if time.monotonic() >= self._next_removal:
            tables = [table.identifier for table in self.source.tables]
            remove_all_consumed(self.settings, self.lake, self.policies, tables)
            self._next_removal = time.monotonic() + REMOVAL_SECONDS
        Expiry(self.lake, self.source, self.policies).run()


@dataclass(frozen=True)
class Expiry:
    """Snapshots of the tables that are followed, old ones of which go by the tables' policies."""

    lake: Lake
    source: SourceDeclaration
    policies: Policies

    def run(self) -> None:
        """Expire what is older than a table's policy says, an hour where none is declared."""
        for table in self.source.tables:
            name = ".".join(table.identifier)
            policy = self.policies.of(name)
            is_declared = "expire_after" in policy.model_fields_set
            after = policy.expire_after if is_declared else EXPIRE_AFTER
            expire_snapshots(self.lake, table.identifier, Kept(after, policy.keep_last))


class Report:
    """What a person is told of the loads: rows now and then, faults and notes at once."""

    def __init__(self, view: View) -> None:
        """Begin with nothing to tell."""
        self._view = view
        self._loads: list[LoadResult] = []
        self._printed = 0.0
        self._said: set[str] = set()

    def note(self, event: Event) -> None:
        """Take notice of an event."""
        self._view.metrics.note(event)
        if isinstance(event, LoadResult):
            self._note_load(event)
        elif isinstance(event, Retrying):
            self._view.failed("failed", str(event.error))
            self._view.doing(f"waiting {event.seconds:.0f} s to try again")
        elif isinstance(event, Waiting):
            self._view.waits("waits", event.reason)

    def print(self) -> None:
        """Print what was landed since the last time."""
        rows = sum(load.rows_landed for load in self._loads)
        aside = sum(load.rows_quarantined for load in self._loads)
        if rows or aside:
            self._view.landed(rows, aside, sum(load.seconds for load in self._loads))
            self._printed = time.monotonic()
        self._loads.clear()

    def _note_load(self, load: LoadResult) -> None:
        self._view.doing("waiting for rows")
        self._loads.append(load)
        for note in load.notes:
            if (said := f"{load.label}: {note}") not in self._said:
                self._said.add(said)
                self._view.say("note", said, "yellow")
        if time.monotonic() - self._printed > REPORT_SECONDS:
            self.print()


def _source(settings: Settings, selection: Sequence[str]) -> SourceDeclaration:
    sources = select_tables(load_sources(settings.project_dir), selection)
    if len(sources) != 1:
        names = ", ".join(source.name for source in sources)
        raise ConfigurationError(
            f"a follower follows one source, selected are {names or 'none'}",
            "name one, and start a process for each: firn ingest NAME --follow",
        )
    return sources[0]
