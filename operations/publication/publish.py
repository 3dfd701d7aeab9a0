"""Ends a run: the branches of its tables -> main, in one transaction, or a tag that can be read.

areas + branches -> metadata files, an entry of the book -> all pointers of the catalog at once
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from lake.branches import MAIN, as_read_on, head_of
from lake.errors import ConflictError, EnvironmentFault
from lake.lake import Identifier, Lake
from lake.metadata import StoredTable
from lake.metadata_commit import (
    NextMetadata,
    as_current,
    commit_metadata,
    commit_together,
    next_timestamp,
    with_head,
    write_metadata,
)
from lake.retry import retry_on_conflict
from lake.settings import Failpoint, Settings
from lake.snapshots import COMPACTION, line_of
from operations.publication.areas import Area
from operations.publication.book import (
    LAST,
    Book,
    Publication,
    State,
    read_state,
)
from operations.publication.published import published_table, published_tables
from operations.publication.run import Run, ref_name

if TYPE_CHECKING:
    from pyiceberg.io import FileIO

REJECTED = "rejected_"
REJECTED_KEPT_MS = 7 * 24 * 60 * 60 * 1000  # what `expire_snapshots` of any engine goes by
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
        rejected = _reject(lake, run)
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
            if _is_written(stored, self.run.branch)
        }
        if not staged:
            return None
        for table, stored in staged.items():
            _require_unchanged(table, stored.document, self.run.branch)
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

    def _moved(self, table: Identifier, stored: StoredTable, entry: Publication) -> NextMetadata:
        """Write the metadata by which readers see the run's rows; what was refused before goes."""
        document = stored.document
        refs = without_rejected(document["refs"])
        head = int(refs.pop(self.run.branch)["snapshot-id"])
        at = next_timestamp(document)
        changes = {
            "last-updated-ms": at,
            "properties": {**stored.properties, LAST: str(entry.publication_id)},
            **as_current(document, head, at),
            "refs": with_head({"refs": refs}, MAIN, head),
        }
        return write_metadata(table, stored, changes, _io(self.lake, stored))

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


def staged_on(
    lake: Lake, tables: Iterable[Identifier], branch: str
) -> Iterator[tuple[Identifier, StoredTable]]:
    """Yield those of the tables that have a branch, as they are stored."""
    for table in tables:
        stored = lake.stored(table)
        if stored and branch in stored.document.get("refs", {}):
            yield table, stored


def without_rejected(refs: Mapping[str, Any]) -> dict[str, Any]:
    """Return refs without the tags of runs that were refused."""
    return {name: ref for name, ref in refs.items() if not name.startswith(REJECTED)}


def _is_written(stored: StoredTable, branch: str) -> bool:
    """Whether a branch has commits of its own."""
    return head_of(stored.document, branch) != stored.snapshot_id


def _require_unchanged(table: Identifier, metadata: Mapping[str, Any], branch: str) -> None:
    """Raise ConflictError where main has rows that the branch was not made from.

    What compaction has written since is given up: the rows are the same.
    """
    known = {snapshot["snapshot-id"] for snapshot in line_of(as_read_on(metadata, branch))}
    for snapshot in line_of(metadata):
        if snapshot["snapshot-id"] in known:
            return
        if snapshot["summary"]["operation"] != COMPACTION:
            raise ConflictError(
                f"{'.'.join(table)} was changed by another run since this one began; nothing of"
                " this run is published",
                RUN_AGAIN,
            )


def _reject(lake: Lake, run: Run) -> tuple[Identifier, ...]:
    """Turn what is left of the run's branches into tags; return the tables that have one."""
    left = [table for table, _ in staged_on(lake, run.tables, run.branch)]
    return tuple(table for table in left if retry_on_conflict(partial(_tag, lake, run, table)))


def _tag(lake: Lake, run: Run, table: Identifier) -> bool:
    """Take the branch away; return whether it had commits of its own, which then have a tag."""
    is_written = False
    for _, stored in staged_on(lake, [table], run.branch):
        refs = dict(stored.document["refs"])
        head, is_written = refs.pop(run.branch), _is_written(stored, run.branch)
        if is_written:
            refs = without_rejected(refs)
            refs[REJECTED + ref_name(run.invocation_id)] = {
                "snapshot-id": head["snapshot-id"],
                "type": "tag",
                "max-ref-age-ms": REJECTED_KEPT_MS,
            }
        changes = {"last-updated-ms": next_timestamp(stored.document), "refs": refs}
        commit_metadata(lake, table, stored, changes, _io(lake, stored))
    return is_written


def _io(lake: Lake, stored: StoredTable) -> FileIO:
    return lake.catalog._load_file_io(stored.properties, stored.location)
