"""Parquet files that become part of a table as they are: a file's bytes -> a data file of its own.

Such a file lacks the columns that Firn adds. A data file that lacks a column takes it from its
partition, where that has the column as an identity field (Iceberg's specification, "Column
Projection"). So a partition spec that is used for these files alone holds what is the same for all
rows of one: its name, content, time and load. Columns are found by name, by a name mapping.
"""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, BinaryIO

from pyiceberg.table import TableProperties
from pyiceberg.table.locations import load_location_provider
from pyiceberg.table.update import SetDefaultSpecUpdate
from pyiceberg.typedef import Record
from pyiceberg.utils.datetime import datetime_to_micros

from ingestion.raw_tables.parquet_writer import data_file
from lake.metadata_commit import remove_files

if TYPE_CHECKING:
    from pyarrow.parquet import FileMetaData
    from pyiceberg.table import Transaction

COPIED_BYTES = 8 * 1024 * 1024


@dataclass(frozen=True)
class _Copy:
    path: str
    size: int
    footer: FileMetaData
    shared: tuple[Any, ...]


class RegisteredFiles:
    """The files of one load that are registered, and the append that makes them the table's."""

    def __init__(self, transaction: Transaction) -> None:
        """Register within `transaction`."""
        self._transaction = transaction
        metadata = transaction.table_metadata
        self._locations = load_location_provider(metadata.location, metadata.properties)
        self._io = transaction._table.io
        self._paths: list[str] = []
        self._copies: list[_Copy] = []
        self._shared_columns: tuple[str, ...] = ()

    @property
    def rows_count(self) -> int:
        """How many rows the files hold, by their footers."""
        return sum(copy.footer.num_rows for copy in self._copies)

    @property
    def bytes(self) -> int:
        """The size of the files."""
        return sum(copy.size for copy in self._copies)

    def add(self, stream: BinaryIO, footer: FileMetaData, shared: Mapping[str, Any]) -> None:
        """Copy a file into the table's folder; `shared` are the columns it lacks, with values.

        All files of a load share the same columns, in the same order.
        """
        path = self._locations.new_data_location(f"{uuid.uuid4()}.parquet")
        self._paths.append(path)
        with self._io.new_output(path).create() as copy:
            shutil.copyfileobj(stream, copy, COPIED_BYTES)
            size = copy.tell()
        self._shared_columns = tuple(shared)
        values = tuple(map(_stored, shared.values()))
        self._copies.append(_Copy(path, size, footer, values))

    def append(self) -> int:
        """Append the files within the transaction; return the new snapshot's id.

        The table's own partition spec stays its default.
        """
        transaction = self._transaction
        own_spec_id = transaction.table_metadata.default_spec_id
        names = transaction.table_metadata.schema().name_mapping.model_dump_json()
        transaction.set_properties({TableProperties.DEFAULT_NAME_MAPPING: names})
        with transaction.update_spec() as spec:
            for name in self._shared_columns:
                spec.add_identity(name)
        producer = transaction.update_snapshot().fast_append()
        for copy in self._copies:
            producer.append_data_file(
                data_file(
                    copy.path,
                    copy.size,
                    copy.footer,
                    Record(*copy.shared),
                    transaction.table_metadata,
                )
            )
        producer.commit()
        back = SetDefaultSpecUpdate(spec_id=own_spec_id)  # type: ignore[call-arg]
        transaction._apply((back,))
        return producer.snapshot_id

    def discard(self) -> None:
        """Remove the copies, as far as that is possible."""
        remove_files(self._io, self._paths)


def _stored(value: object) -> object:
    """Return a value as Iceberg stores it in a partition: times in microseconds since 1970."""
    return datetime_to_micros(value) if isinstance(value, datetime) else value
