"""Lands one load: typed rows -> data files -> one compare-and-set commit with the progress."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

import pyarrow as pa
from pyiceberg.exceptions import CommitFailedException

from ingestion.declarations.columns import INGESTED_AT, IS_DELETED, LOAD_ID
from ingestion.raw_tables.append import Append
from ingestion.raw_tables.load_metadata import LoadMetadata
from ingestion.raw_tables.parquet_writer import DataFileWriter
from ingestion.raw_tables.progress import Progress
from ingestion.raw_tables.register import RegisteredFiles
from ingestion.raw_tables.schema import (
    SHAPE_PROPERTY,
    RawShape,
    ensure_raw_table,
    null_notes,
    reshape,
)
from ingestion.raw_tables.token_key import NO_KEY, TokenKey
from lake.catalogs.base import PointerConflictError
from lake.errors import CommitFailedError, ConflictError, EnvironmentFault, FirnError
from lake.removed_rows import PROPERTY as REMOVED
from lake.settings import Failpoint

if TYPE_CHECKING:
    from pyarrow.parquet import FileMetaData
    from pyiceberg.catalog import Catalog
    from pyiceberg.manifest import DataFile
    from pyiceberg.table import Table, Transaction

    from lake.lake import Lake, StoredTable


class Landing:
    """The data files of one load and the commit that makes them part of the table, all or none.

    The commit asserts that the table's main branch still is at the snapshot the load was planned
    from, so of two loads planned from the same progress only one can ever land.
    """

    def __init__(
        self,
        transaction: Transaction,
        load: LoadMetadata,
        constants: Collection[str] = (LOAD_ID,),
        *,
        replaces: bool = False,
        append: Append | None = None,
    ) -> None:
        """Land within `transaction`, which may change the schema first.

        Columns in `constants` hold one text for many rows. With `replaces` the new rows take the
        place of all rows there are. `append` commits them if nothing else is to be changed.
        """
        self._transaction = transaction
        self._table: Table = transaction._table
        self._load = load
        self._replaces = replaces
        self._append = append
        self._writer = DataFileWriter(transaction.table_metadata, self._table.io, constants)
        self._load_id = pa.array([load.load_id])
        self._files: list[DataFile] = []
        self._registered = RegisteredFiles(transaction)
        self._may_be_committed = False
        self.tombstones_count = 0

    @property
    def table(self) -> Table:
        """The table as it was when the load was planned."""
        return self._table

    @property
    def existing_count(self) -> int:
        """How many rows the table holds before the commit."""
        snapshot = self._table.current_snapshot()
        if snapshot is None or snapshot.summary is None:
            return 0
        return int(snapshot.summary["total-records"] or 0)

    @property
    def written_count(self) -> int:
        """How many rows are in the finished data files, by their own metadata."""
        return sum(file.record_count for file in self._files) + self._registered.rows_count

    @property
    def written_bytes(self) -> int:
        """The size of the finished data files."""
        return sum(file.file_size_in_bytes for file in self._files) + self._registered.bytes

    def write(self, rows: pa.Table) -> None:
        """Write rows that exist upstream. Raises EnvironmentFault when the disk is full."""
        with self._named_faults():
            self._writer.write(self._with_metadata(rows, is_deleted=False))

    def write_tombstones(self, rows: pa.Table) -> None:
        """Write copies of landed rows as deleted by this load."""
        self.tombstones_count += rows.num_rows
        with self._named_faults():
            self._writer.write(self._with_metadata(rows, is_deleted=True))

    def register(
        self, stream: BinaryIO, footer: FileMetaData, origin: Mapping[str, object]
    ) -> None:
        """Take a Parquet file as it is; `origin` says what is the same for all of its rows.

        Raises EnvironmentFault when the disk is full.
        """
        load = self._load
        added = {INGESTED_AT: load.ingested_at, LOAD_ID: load.load_id, IS_DELETED: False}
        with self._named_faults():
            self._registered.add(stream, footer, {**origin, **added})

    def finish(self) -> None:
        """Complete the data files; after this their counts are known. Raises EnvironmentFault."""
        with self._named_faults():
            self._files = self._writer.finish()

    @contextmanager
    def _named_faults(self) -> Iterator[None]:
        """Turn what the lake's disk refuses into an EnvironmentFault."""
        try:
            yield
        except OSError as error:
            name = ".".join(self._table.name())
            reason = os.strerror(error.errno) if error.errno else str(error)
            raise EnvironmentFault(
                f"{name}: its files cannot be written: {reason}",
                "make room, or let the folder of the lake be written to, and run it again;"
                " nothing of this load was committed",
            ) from error

    def discard(self) -> None:
        """Remove the data files, unless a commit was tried that may have made them the table's."""
        if not self._may_be_committed:
            if self._append is not None:
                self._append.discard()
            self._writer.discard()
            self._registered.discard()

    def commit(
        self,
        catalog: Catalog,
        progress: Progress,
        failpoint: Failpoint | None = None,
        token_key: TokenKey = NO_KEY,
    ) -> int:
        """Commit the files and `progress` together; return the new snapshot's id.

        The same commit says which key the table's tokens are made with, if it has any.
        Raises ConflictError when the table has moved on (the files are gone then),
        CommitFailedError when the outcome is unknown and the rows are not in the table,
        EnvironmentFault when the disk is full.
        """
        with self._named_faults():
            snapshot_id = self._stage()
        progress.record["snapshot_id"] = snapshot_id
        Failpoint.BEFORE_COMMIT.reached(failpoint)
        self._may_be_committed = True
        try:
            self._commit({**progress.as_property(), **token_key.as_properties()})
        except (CommitFailedException, PointerConflictError) as error:
            self._may_be_committed = False
            self.discard()
            name = ".".join(self._table.name())
            raise ConflictError(f"{name} was changed by another commit: {error}") from error
        except Exception as error:  # noqa: BLE001 - whatever it is, the outcome is unknown
            self._resolve_unknown_outcome(catalog, progress, error)
        Failpoint.AFTER_COMMIT.reached(failpoint)
        return snapshot_id

    def _commit(self, properties: Mapping[str, str]) -> None:
        if self._append is not None:
            self._append.commit(properties)
            return
        if self._replaces and REMOVED in self._table.properties:
            self._transaction.remove_properties(REMOVED)  # all rows are there again
        self._transaction.set_properties(dict(properties))
        self._transaction.commit_transaction()

    def _stage(self) -> int:
        """Make the files part of the table within the transaction; return its last snapshot's id.

        Registered files take a snapshot of their own: pyiceberg writes one spec in each.
        """
        if self._registered.rows_count:
            self._append = None
        if self._append is not None:
            return self._append.stage(self._transaction, self._files)
        snapshot_id = 0
        if self._files or self._replaces or not self._registered.rows_count:
            update = self._transaction.update_snapshot()
            producer = update.overwrite() if self._replaces else update.fast_append()
            for file in self._files:
                producer.append_data_file(file)
            for file in existing_files(self._table) if self._replaces else ():
                producer.delete_data_file(file)
            producer.commit()
            snapshot_id = producer.snapshot_id
        return self._registered.append() if self._registered.rows_count else snapshot_id

    def _resolve_unknown_outcome(
        self, catalog: Catalog, progress: Progress, error: Exception
    ) -> None:
        """Look whether a commit that ended in an error landed; delete nothing in either case."""
        name = ".".join(self._table.name())
        try:
            stored = Progress.of(catalog.load_table(self._table.name()).properties)
        except Exception:  # noqa: BLE001 - the catalog cannot be asked either
            stored = Progress()
        if stored.load_id != progress.load_id:
            why, fix = (error.message, error.fix) if isinstance(error, FirnError) else (error, "")
            raise CommitFailedError(
                f"{name}: the catalog did not take the commit: {why}",
                fix or "run it again; what was read is not in the table",
            ) from error

    def _with_metadata(self, rows: pa.Table, is_deleted: bool) -> pa.Table:
        """Return the rows with the columns Firn adds, in the table's order; others become null."""
        count = rows.num_rows
        time = pa.scalar(self._load.ingested_at, pa.timestamp("us", tz="UTC"))
        first = pa.repeat(pa.scalar(0, pa.int32()), count)
        added = {
            INGESTED_AT: pa.repeat(time, count),
            LOAD_ID: pa.DictionaryArray.from_arrays(first, self._load_id),
            IS_DELETED: pa.repeat(pa.scalar(is_deleted), count),
        }
        columns = []
        for wanted in self._writer.schema:
            if wanted.name in added:
                columns.append(added[wanted.name])
            elif wanted.name in rows.column_names:
                column = rows.column(wanted.name)
                columns.append(column if column.type == wanted.type else column.cast(wanted.type))
            else:
                columns.append(pa.nulls(count, wanted.type))
        return pa.Table.from_arrays(columns, schema=self._writer.schema)


@dataclass(frozen=True)
class Planned:
    """What a load was planned from: the table as it was stored then (None: there was none)."""

    lake: Lake
    stored: StoredTable | None
    load: LoadMetadata
    constants: Collection[str]
    replaces: bool


def open_landing(planned: Planned, shape: RawShape) -> tuple[Landing, list[str]]:
    """Open the raw table, made or widened to `shape`, at the snapshot that a load was planned from.

    Returns the landing, and notes on columns that hold NULL from now on. Raises ConflictError when
    the table has moved on, ConfigurationError when it cannot get this shape in place.
    """
    lake, stored = planned.lake, planned.stored
    is_made_so = stored is not None and stored.properties.get(SHAPE_PROPERTY) == shape.fingerprint
    if stored is not None and is_made_so and not planned.replaces and Append.is_possible(stored):
        append = Append(lake, shape.identifier, stored)
        transaction = append.table.transaction()
        return Landing(transaction, planned.load, planned.constants, append=append), []
    table = lake.table(shape.identifier) if planned.replaces else None
    if table is None:
        table = ensure_raw_table(lake.catalog, shape)
    current = table.current_snapshot()
    before = stored.snapshot_id if stored else None
    if before != (current.snapshot_id if current else None):
        raise ConflictError(f"{shape.label} was changed while this load was planned")
    notes = [] if planned.replaces or is_made_so else null_notes(table, shape)
    transaction = table.transaction()
    if table.properties.get(SHAPE_PROPERTY) != shape.fingerprint:
        reshape(transaction, shape)
    landing = Landing(transaction, planned.load, planned.constants, replaces=planned.replaces)
    return landing, notes


def existing_files(table: Table) -> Iterator[DataFile]:
    """Yield the data files of the table's current snapshot."""
    snapshot = table.current_snapshot()
    for manifest in snapshot.manifests(table.io) if snapshot else ():
        for entry in manifest.fetch_manifest_entry(table.io, discard_deleted=True):
            yield entry.data_file
