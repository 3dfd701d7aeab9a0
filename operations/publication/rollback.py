"""Back to what was published before: an entry of the book -> main of all its tables at once."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime

from lake.errors import ConfigurationError, EnvironmentFault
from lake.lake import Identifier, Lake, identifier_of
from lake.metadata import StoredTable
from lake.metadata_commit import NextMetadata, commit_together
from lake.retry import retry_on_conflict
from operations.publication.book import (
    CHOOSE,
    Book,
    Kind,
    Publication,
    read_publications,
    read_state,
    require_publication,
)
from operations.publication.branches import refs_of, write_main
from operations.publication.published import published_tables


@dataclass(frozen=True)
class RolledBack:
    """A rollback: its entry, the tables that moved, those that are gone, those that came since."""

    entry: Publication
    moved: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    younger: tuple[str, ...] = ()


def roll_back(lake: Lake, publication_id: int | None = None, *, hold: bool = False) -> RolledBack:
    """Let readers see a publication again, whole; without an id, the one before what they see now.

    With `hold`, nothing is published until `release`. Tables that were dropped since stay so, and
    those that the publication did not have keep their rows; both are named. Raises
    ConfigurationError for an id that is not there and EnvironmentFault when a snapshot of it is
    gone; nothing is changed then.
    """
    target = _target(lake, publication_id)
    return retry_on_conflict(lambda: _roll_back(lake, target, hold=hold))


def release(lake: Lake) -> bool:
    """Let runs publish again; return whether they could not. Raises EnvironmentFault."""

    def commit() -> bool:
        book = Book(lake)
        if book.state.held:
            commit_together(lake, [book.write(None, held="")])
        return bool(book.state.held)

    return bool(read_state(lake).held) and retry_on_conflict(commit)


def _target(lake: Lake, publication_id: int | None) -> Publication:
    if publication_id is not None:
        return require_publication(lake, publication_id)
    entries = read_publications(lake)
    now = entries[0].content_id if entries else 0
    earlier = (e for e in entries if e.publication_id < now and not e.is_rollback)
    if (found := next(earlier, None)) is None:
        raise ConfigurationError(
            f"there is no publication before {now or 'the first'}",
            CHOOSE,
        )
    return found


def _roll_back(lake: Lake, target: Publication, *, hold: bool) -> RolledBack:
    book = Book(lake)
    number = book.state.publication_id + 1
    stored = {name: lake.stored(identifier_of(name)) for name in target.tables}
    written = [
        _moved(lake, identifier_of(name), table, target, number)
        for name, table in stored.items()
        if table and table.snapshot_id != target.tables[name].snapshot_id
    ]
    moved = tuple(".".join(one.identifier) for one in written)
    before = published_tables(lake)
    entry = replace(
        target,
        publication_id=number,
        published_at=datetime.now(UTC),
        kind=Kind.ROLLBACK,
        tables={**before, **{name: target.tables[name] for name in moved}},
        rolled_back_to=target.content_id,
    )
    at = entry.published_at.isoformat(timespec="seconds")
    held = f"since {at}, by a rollback to publication {target.content_id}" if hold else ""
    commit_together(lake, [*written, book.write(entry, held=held or book.state.held)])
    return RolledBack(
        entry,
        moved,
        missing=tuple(name for name, table in stored.items() if table is None),
        younger=tuple(sorted(before.keys() - target.tables.keys())),
    )


def _moved(
    lake: Lake, table: Identifier, stored: StoredTable, target: Publication, number: int
) -> NextMetadata:
    head = target.tables[".".join(table)].snapshot_id
    if head is not None and head not in {s["snapshot-id"] for s in stored.document["snapshots"]}:
        raise EnvironmentFault(
            f"{'.'.join(table)} has not kept snapshot {head} of publication"
            f" {target.content_id}: it has expired",
            "roll back to a later one: firn publications",
        )
    return write_main(lake, table, stored, refs_of(stored), (head, number))
