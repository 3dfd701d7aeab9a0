"""Ends a run: the branches of its tables -> main, in one transaction, or a tag that can be read.

areas + branches -> metadata files, an entry of the book -> all pointers of the catalog at once
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from lake.errors import ConflictError, EnvironmentFault
from lake.lake import Identifier, Lake
from lake.metadata import StoredTable
from lake.metadata_commit import NextMetadata, commit_together
from lake.retry import retry_on_conflict
from lake.settings import Failpoint, Settings
from operations.publication.areas import Area
from operations.publication.book import Book, Publication, State, read_state
from operations.publication.branches import (
    is_changed_since,
    is_written,
    refs_of,
    reject,
    staged_on,
    without_rejected,
    write_main,
)
from operations.publication.published import published_table, published_tables
from operations.publication.run import Run

RELEASE = "firn publications release, then dbt build"
RUN_AGAIN = "dbt build, which begins from what is published now"


@dataclass(frozen=True)
class RunEnd:
    """What became of a run: its areas, the tests that ran by status, the sources read so far."""

    areas: Sequence[Area]
    tests: Mapping[str, int] = field(default_factory=dict)
    sources: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Result:
    """What was published and what was not: tables, and a sentence for each area that was not."""

    publication: Publication | None
    published: tuple[Identifier, ...] = ()
    rejected: tuple[Identifier, ...] = ()
    objections: tuple[str, ...] = ()


def publish(settings: Settings, lake: Lake, run: Run, end: RunEnd) -> Result:
    """Publish the green areas of a run in one transaction; what is not gets a tag.

    `lake` is seen as readers see it. Raises ConflictError when a table was changed, or gold rolled
    back, since the run began: then nothing is published; EnvironmentFault.
    """
    held = read_state(lake).held
    green = [area for area in end.areas if area.is_green and not held]
    objections = [f"publishing is held: {held}"] if held else []
    objections += [
        f"{area.name}: {objection}" for area in end.areas for objection in area.objections
    ]
    published: tuple[Identifier, ...] = ()
    publication = None
    try:
        if green:
            attempt = _Attempt(settings, lake, run, green, end)
            publication = retry_on_conflict(attempt.commit)
            published = attempt.published if publication else ()
    finally:
        rejected = reject(lake, run.tables, run.invocation_id)
    return Result(publication, published, rejected, tuple(objections))


@dataclass
class _Attempt:
    """One publication, which is tried again when somebody else commits meanwhile."""

    settings: Settings
    lake: Lake
    run: Run
    areas: Sequence[Area]
    end: RunEnd
    published: tuple[Identifier, ...] = ()

    def commit(self) -> Publication | None:
        """Move main of all tables that have the run's branch; None where none has."""
        staged = {
            table: stored
            for area in self.areas
            for table, stored in staged_on(self.lake, area.tables, self.run.branch)
            if is_written(stored, self.run.branch)
        }
        if not staged:
            return None
        self._require_unchanged(staged)
        book = Book(self.lake)
        self._require_free(book.state)
        entry = self._entry(book.state.publication_id + 1, staged)
        written = [self._moved(table, stored, entry) for table, stored in staged.items()]
        written.append(book.write(entry, held=""))
        Failpoint.BEFORE_PUBLISH.reached(self.settings.failpoint)
        self._commit(written)
        Failpoint.AFTER_PUBLISH.reached(self.settings.failpoint)
        self.published = tuple(staged)
        return entry

    def _commit(self, written: Sequence[NextMetadata]) -> None:
        """Commit; a catalog that does not say whether it has committed is asked again."""
        try:
            commit_together(self.lake, written)
        except EnvironmentFault:
            if read_state(self.lake).invocation_id != self.run.invocation_id:
                raise

    def _require_free(self, state: State) -> None:
        if state.held:
            raise ConflictError(f"publishing is held: {state.held}", RELEASE)
        if state.rollback_id > self.run.after:
            raise ConflictError(
                f"gold was rolled back (publication {state.rollback_id}) since this run began;"
                " nothing of it is published",
                RUN_AGAIN,
            )

    def _require_unchanged(self, staged: Mapping[Identifier, StoredTable]) -> None:
        for table, stored in staged.items():
            head = int(refs_of(stored)[self.run.branch]["snapshot-id"])
            if is_changed_since(stored.document, head):
                raise ConflictError(
                    f"{'.'.join(table)} was changed by another run since this one began; nothing"
                    " of this run is published",
                    RUN_AGAIN,
                )

    def _moved(self, table: Identifier, stored: StoredTable, entry: Publication) -> NextMetadata:
        """Write the metadata by which readers see the run's rows; what was refused before goes."""
        refs = without_rejected(refs_of(stored))
        head = int(refs.pop(self.run.branch)["snapshot-id"])
        return write_main(self.lake, table, stored, refs, (head, entry.publication_id))

    def _entry(self, number: int, staged: Mapping[Identifier, StoredTable]) -> Publication:
        changed = {
            ".".join(table): published_table(stored.document, self.run.branch)
            for table, stored in staged.items()
        }
        return Publication(
            publication_id=number,
            published_at=datetime.now(UTC),
            invocation_id=self.run.invocation_id,
            git_commit=self.run.git_commit,
            target=self.run.target,
            areas=tuple(area.name for area in self.areas if set(area.tables) & staged.keys()),
            tables={**published_tables(self.lake), **changed},
            tests=self.end.tests,
            sources=self.end.sources,
        )
