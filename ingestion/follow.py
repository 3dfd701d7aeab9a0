"""Follows a source: loads of what is new, one after the other, until asked to end.

Each round is a load of all tables as `ingest` does it, planned from what the tables hold, so a
follower may be killed at any point, and other loads, replays and maintenance may come in between.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack

from ingestion.declarations import SourceDeclaration
from ingestion.loading.last_loads import note_loads
from ingestion.loading.session import Run, SourceSession
from ingestion.loading.written_tables import written_tables
from ingestion.results import LoadResult, Outcome, Retrying, raise_failures
from lake.errors import CommitFailedError, ConflictError, EnvironmentFault, FirnError
from lake.locks import ProcessLock
from lake.unexpected import UnexpectedError, fault_behind

LONGEST_RETRY_SECONDS = 30.0
UPKEEP_SECONDS = 60.0
POLL_SECONDS = 0.1
# What passes by itself, or may: a source or a disk that is away, another writer, what nobody named
# (a follower that ended would land nothing of the other tables). All else needs somebody.
PASSING = (EnvironmentFault, ConflictError, CommitFailedError, UnexpectedError)


class Follower:
    """Loads a source round after round."""

    def __init__(
        self,
        run: Run,
        source: SourceDeclaration,
        seconds: float,
        upkeep: Callable[[], None] = lambda: None,
    ) -> None:
        """Prepare to begin a round so many seconds after the one before began.

        A round that reached `run.options.max_rows` is followed by the next at once; `run.is_over`
        ends the last one. `upkeep` is done once a minute, between rounds.
        """
        self._run = run
        self._source = source
        self._seconds = seconds
        self._upkeep = upkeep
        self._failures = 0

    def follow(self) -> None:
        """Go on until the run is over; what is under way then is committed.

        A source that is away is tried again, less and less often. Raises FirnError for what does
        not pass by itself: lost messages, too many bad ones, a declaration that does not fit.
        """
        while not self._run.is_over():
            try:
                with ExitStack() as connected:
                    self._follow(self._connect(connected))
            except PASSING as error:
                self._back_off(error)
            except FirnError:
                raise
            except Exception as error:  # noqa: BLE001 - a follower lives on
                self._back_off(self._fault_behind(error))

    def _connect(self, connected: ExitStack) -> SourceSession:
        try:
            return connected.enter_context(SourceSession(self._run, self._source))
        except FirnError as error:
            self._note([LoadResult(self._source.name, Outcome.FAILED, error=error)])
            raise
        except Exception as error:
            fault = self._fault_behind(error)
            self._note([LoadResult(self._source.name, Outcome.FAILED, error=fault)])
            raise fault from error

    def _fault_behind(self, error: Exception) -> FirnError:
        tables = written_tables(self._source)
        return fault_behind(self._run.lake, self._source.name, tables, error)

    def _follow(self, session: SourceSession) -> None:
        kept_up = time.monotonic()
        while not self._run.is_over():
            began = time.monotonic()
            results = self._round(session)
            _require_loaded(results)
            self._failures = 0
            if time.monotonic() - kept_up > UPKEEP_SECONDS:
                session.record()
                self._upkeep()
                kept_up = time.monotonic()
            if not any(result.has_more for result in results):
                self._wait_until(began + self._seconds)

    def _round(self, session: SourceSession) -> list[LoadResult]:
        """Load all tables under the source's lock, once nobody else holds it."""
        lock = ProcessLock(self._run.settings.home, f"ingest-{self._source.name}")
        while not lock.acquire(POLL_SECONDS):
            if self._run.is_over():
                return []
        results = []
        try:
            for result in session.load():
                results.append(result)
                self._run.on_event(result)
            self._note(results)
        finally:
            lock.release()
        return results

    def _note(self, results: Sequence[LoadResult]) -> None:
        note_loads(self._run.settings.home, self._source, results)

    def _back_off(self, error: FirnError) -> None:
        seconds = min(2.0**self._failures, LONGEST_RETRY_SECONDS)
        self._failures += 1
        self._run.on_event(Retrying(self._source.name, error, seconds))
        self._wait_until(time.monotonic() + seconds)

    def _wait_until(self, end: float) -> None:
        while not self._run.is_over() and (left := end - time.monotonic()) > 0:
            time.sleep(min(left, POLL_SECONDS))


def _require_loaded(results: Sequence[LoadResult]) -> None:
    """Raise what failed: first what does not pass, and whatever a load stopped at."""
    failed = [result for result in results if result.error]
    raise_failures(
        [r for r in failed if r.outcome is Outcome.LANDED or not isinstance(r.error, PASSING)]
    )
    raise_failures(failed[:1])
