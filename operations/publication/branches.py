"""The branches and tags of gold tables: refs in their metadata files -> made, moved, taken away.

A run writes the branch `run_<invocation>`; what is not published of it gets a tag,
`rejected_<invocation>`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from lake.branches import CURRENT, MAIN, head_of
from lake.commit_times import next_timestamp
from lake.lake import Identifier, Lake
from lake.metadata import StoredTable
from lake.metadata_commit import (
    NextMetadata,
    as_current,
    commit_metadata,
    with_head,
    write_metadata,
)
from lake.retry import retry_on_conflict
from lake.snapshots import COMPACTION, line_of
from operations.publication.book import LAST

if TYPE_CHECKING:
    pass

BRANCH, REJECTED = "run_", "rejected_"
REJECTED_KEPT_MS = 7 * 24 * 60 * 60 * 1000  # what `expire_snapshots` of any engine goes by
Refs = Mapping[str, Any]


def ref_name(prefix: str, invocation_id: str) -> str:
    """Return the name of an invocation's branch or tag."""
    return prefix + invocation_id.replace("-", "_")


def stage(lake: Lake, table: Identifier, branch: str) -> None:
    """Make a branch of a table that has rows, before the first of its commits.

    Of a branch that a commit makes itself, Iceberg counts rows and files from 0 on, and the
    table's summary is wrong for ever. Raises EnvironmentFault.
    """

    def commit() -> None:
        stored = lake.stored(table)
        if stored and stored.snapshot_id is not None and branch not in refs_of(stored):
            commit_refs(lake, table, stored, with_head(stored.document, branch, stored.snapshot_id))

    retry_on_conflict(commit)


def staged_on(
    lake: Lake, tables: Iterable[Identifier], ref: str
) -> Iterator[tuple[Identifier, StoredTable]]:
    """Yield those of the tables that have a branch or tag, as they are stored."""
    for table in tables:
        stored = lake.stored(table)
        if stored and ref in refs_of(stored):
            yield table, stored


def is_written(stored: StoredTable, branch: str) -> bool:
    """Whether a branch has commits of its own."""
    return head_of(stored.document, branch) != stored.snapshot_id


def is_changed_since(metadata: Mapping[str, Any], head: int) -> bool:
    """Whether main has rows that the snapshot `head` was not made from.

    What compaction has written is no change: the rows are the same.
    """
    known = {snapshot["snapshot-id"] for snapshot in line_of({**metadata, CURRENT: head})}
    for snapshot in line_of(metadata):
        if snapshot["snapshot-id"] in known:
            return False
        if snapshot["summary"]["operation"] != COMPACTION:
            return True
    return False


def reject(lake: Lake, tables: Iterable[Identifier], invocation_id: str) -> tuple[Identifier, ...]:
    """Turn what is left of a run's branches into tags; return the tables that have one.

    A table has the tag of one refused run, the last. A branch without commits is taken away.
    """
    branch, tag = (ref_name(prefix, invocation_id) for prefix in (BRANCH, REJECTED))

    def commit(table: Identifier) -> bool:
        for _, stored in staged_on(lake, [table], branch):
            refs, has_rows = dict(refs_of(stored)), is_written(stored, branch)
            head = refs.pop(branch)["snapshot-id"]
            if has_rows:
                kept = {"type": "tag", "max-ref-age-ms": REJECTED_KEPT_MS}
                refs = {**without_rejected(refs), tag: {**kept, "snapshot-id": head}}
            commit_refs(lake, table, stored, refs)
            return has_rows
        return False

    left = [table for table, _ in staged_on(lake, tables, branch)]
    return tuple(table for table in left if retry_on_conflict(partial(commit, table)))


def resume(
    lake: Lake, tables: Iterable[Identifier], refused: str, invocation_id: str
) -> tuple[Identifier, ...]:
    """Let a run go on from what another one, `refused`, has written; return the tables it wrote.

    None where readers see other rows by now than that run began from. Raises EnvironmentFault.
    """
    tag, branch = ref_name(REJECTED, refused), ref_name(BRANCH, invocation_id)

    def head(stored: StoredTable) -> int:
        return int(refs_of(stored)[tag]["snapshot-id"])

    def commit(table: Identifier) -> None:
        for _, stored in staged_on(lake, [table], tag):
            refs = {"refs": without_rejected(refs_of(stored))}
            commit_refs(lake, table, stored, with_head(refs, branch, head(stored)))

    written = dict(staged_on(lake, tables, tag))
    if any(is_changed_since(stored.document, head(stored)) for stored in written.values()):
        return ()
    for table in written:
        retry_on_conflict(partial(commit, table))
    return tuple(written)


def refs_of(stored: StoredTable) -> Refs:
    """Return the branches and tags of a table."""
    found: Refs = stored.document.get("refs", {})
    return found


def without_rejected(refs: Refs) -> dict[str, Any]:
    """Return refs without the tags of runs that were refused."""
    return {name: ref for name, ref in refs.items() if not name.startswith(REJECTED)}


def commit_refs(
    lake: Lake,
    table: Identifier,
    stored: StoredTable,
    refs: Refs,
    properties: Mapping[str, str] | None = None,
) -> None:
    """Give a table other refs, and more properties.

    Raises PointerConflictError when it was changed meanwhile; OSError, EnvironmentFault.
    """
    changes = {
        "last-updated-ms": next_timestamp(stored.document),
        "refs": dict(refs),
        "properties": {**stored.properties, **(properties or {})},
    }
    commit_metadata(lake, table, stored, changes, lake.io_of(stored))


def write_main(
    lake: Lake,
    table: Identifier,
    stored: StoredTable,
    refs: Refs,
    moved: tuple[int | None, int],
) -> NextMetadata:
    """Write the metadata by which readers see a snapshot, beside the other `refs`.

    `moved` are the snapshot, None for a table without rows, and the publication that it belongs to.
    Raises OSError.
    """
    (head, publication_id), at = moved, next_timestamp(stored.document)
    if head is None:
        shown = {CURRENT: None, "refs": {n: ref for n, ref in refs.items() if n != MAIN}}
    else:
        current = as_current(stored.document, head, at)
        shown = {**current, "refs": with_head({"refs": refs}, MAIN, head)}
    properties = {**stored.properties, LAST: str(publication_id)}
    changes = {"last-updated-ms": at, "properties": properties, **shown}
    return write_metadata(lake, table, stored, changes, lake.io_of(stored))
