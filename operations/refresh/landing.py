"""What a watcher does beside refreshing: stable files -> a load, few files in what it writes."""

from __future__ import annotations

import time
from collections.abc import Sequence

from ingestion.api import ingest
from ingestion.connectors.base import Arrivals, Arrived
from ingestion.declarations import SourceDeclaration
from ingestion.results import IngestOptions, LoadResult, LoadsFailedError
from lake.errors import FirnError, LoadError
from lake.settings import Settings
from lake.unexpected import unexpected
from operations.refresh.maintenance import CompactionTurns
from operations.refresh.view import View
from operations.runtime.signals import Stop

RETRY_SECONDS = 10.0


class Landing:
    """A source that is watched: what was landed since the last build, what failed."""

    def __init__(
        self,
        settings: Settings,
        source: SourceDeclaration,
        arrivals: Arrivals,
        compaction: CompactionTurns,
        view: View,
    ) -> None:
        """Begin with nothing landed."""
        self._settings = settings
        self._source = source
        self._arrivals = arrivals
        self._compaction = compaction
        self._view = view
        self._not_before = 0.0
        self._noted: set[str] = set()
        self._built: list[str] = []
        self._oldest: float | None = None

    def land(self) -> None:
        """Land what is stable; a failure leaves it to be tried again."""
        try:
            arrived = self._arrivals.stable()
            if arrived is None or time.monotonic() < self._not_before:
                return
            self._view.doing("landing")
            self._note(arrived, *self._ingest())
        except FirnError as error:
            self._later(error)
        except Exception as error:  # noqa: BLE001 - a watcher lives on
            self._later(unexpected(self._settings.home, self._source.name, error))

    def _later(self, error: FirnError) -> None:
        """Tell what went wrong, and try again after a while."""
        self._view.failed("failed", str(error))
        self._not_before = time.monotonic() + RETRY_SECONDS

    def built(self, tables: Sequence[str]) -> float | None:
        """Note that all that was landed is built; return when the first of it was seen.

        The time is monotonic, None where nothing was landed since the last build.
        """
        self._built = list(tables)
        oldest, self._oldest = self._oldest, None
        return oldest

    def tidy(self) -> None:
        """Compact one of the tables written; what cannot be compacted now can be later."""
        self._view.doing("compacting")
        landed = [".".join(table.identifier) for table in self._source.tables]
        try:
            done = self._compaction.of_next([*landed, *self._built])
        except FirnError as error:
            self._say_once(f"not compacted: {error.message}")
            return
        except Exception as error:  # noqa: BLE001 - a watcher lives on
            fault = unexpected(self._settings.home, self._source.name, error)
            self._say_once(f"not compacted: {fault.message}; {fault.fix}")
            return
        if done:
            work, seconds = done
            self._view.compacted(work.name, work.compacted_files, work.written_files, seconds)

    def wait(self, stop: Stop) -> None:
        """Return when something may have arrived, or soon after it was asked to stop."""
        self._view.doing("waiting for files")
        until_landing = self._not_before - time.monotonic()
        seconds = max(self._arrivals.seconds_to_look(), until_landing)
        self._arrivals.wait(seconds, lambda: stop.is_asked)

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
