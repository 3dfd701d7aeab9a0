"""Takes old rows out of a table: whole data files -> one delete commit that streams pass over.

No data file is written or opened: a file goes when all its rows were added up to a sequence number.
Loads write files of their own, so rows leave as they came.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lake.errors import ConflictError
from lake.lake import Identifier, Lake
from lake.removed_rows import Removed
from lake.retry import retry_on_conflict
from lake.statistics import TIMESTAMPTZ, decoded

if TYPE_CHECKING:
    from pyiceberg.manifest import DataFile
    from pyiceberg.table import Table

INGESTED_AT = "_ingested_at"


@dataclass(frozen=True)
class OldFiles:
    """The data files whose rows were all added up to a sequence number."""

    sequence: int
    files: tuple[DataFile, ...] = ()

    @property
    def rows(self) -> int:
        """How many rows they hold."""
        return sum(file.record_count for file in self.files)


def old_files(table: Table | None, sequence: int) -> OldFiles:
    """Return the data files of the newest snapshot that were added up to `sequence`.

    Of a file that compaction has written that is when it began, so none goes too early.
    """
    return OldFiles(sequence, tuple(_files_up_to(table, sequence)) if table else ())


def remove_rows(lake: Lake, identifier: Identifier, sequence: int) -> OldFiles:
    """Remove all rows that were added up to `sequence`, in one commit, and return what went.

    Commits nothing where there are none. Raises ConflictError when others always commit first.
    """
    from pyiceberg.exceptions import CommitFailedException

    removed = OldFiles(sequence)

    def remove() -> None:
        nonlocal removed
        table = lake.table(identifier)
        removed = old_files(table, sequence)
        if table and removed.files:
            _commit(table, removed)

    try:
        retry_on_conflict(remove)
    except CommitFailedException as error:
        name = ".".join(identifier)
        raise ConflictError(f"{name} was always changed by another commit: {error}") from error
    return removed


def _files_up_to(table: Table, sequence: int) -> Iterator[DataFile]:
    snapshot = table.current_snapshot()
    for manifest in snapshot.manifests(table.io) if snapshot else ():
        if (manifest.min_sequence_number or 0) <= sequence:
            for entry in manifest.fetch_manifest_entry(table.io, discard_deleted=True):
                if entry.sequence_number is not None and entry.sequence_number <= sequence:
                    yield entry.data_file


def _commit(table: Table, old: OldFiles) -> None:
    from pyiceberg.table.snapshots import Operation
    from pyiceberg.table.update.snapshot import _OverwriteFiles

    before = Removed.of(table.properties).ingested_at
    removed = Removed(old.sequence, max([before, *_landed_at(table, old.files)])).as_property()
    transaction = table.transaction()
    transaction.set_properties(removed)
    producer = _OverwriteFiles(Operation.DELETE, transaction, table.io, snapshot_properties=removed)
    for file in old.files:
        producer.delete_data_file(file)
    producer.commit()
    transaction.commit_transaction()


def _landed_at(table: Table, files: Sequence[DataFile]) -> Iterator[str]:
    """Yield when the newest row of each file was landed, as the bounds of its column say."""
    column = table.schema().find_field(INGESTED_AT).field_id
    for file in files:
        if bound := (file.upper_bounds or {}).get(column):
            yield decoded(bound, TIMESTAMPTZ).isoformat(timespec="microseconds")
