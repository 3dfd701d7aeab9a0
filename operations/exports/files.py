"""One exported file: a table as it was at a moment -> sorted rows -> a staged file, hashed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from lake.errors import EnvironmentFault
from operations.exports.filters.binding import BoundFilter, bind_filter
from operations.exports.filters.parsing import Filter
from operations.exports.formats.base import Content, FileFormat, HashedFile
from operations.exports.manifest import Exported
from operations.exports.provenance import Moment
from operations.exports.rows import RowQuery, sorted_batches
from operations.exports.selection import GoldTable

if TYPE_CHECKING:
    import pyarrow as pa
    from pyiceberg.table import Table


@dataclass(frozen=True)
class Progress:
    """How far the export of a table is: rows read or written; `total` None where nobody knows."""

    table: str
    is_writing: bool
    rows: int
    total: int | None


OnProgress = Callable[[Progress], None]


@dataclass(frozen=True)
class ChosenTable:
    """A table that is exported: as it was at a moment, and what of it."""

    gold: GoldTable
    table: Table
    publication: int | None
    where: Filter | None
    bound: BoundFilter | None

    @classmethod
    def at(cls, moment: Moment, gold: GoldTable, where: Filter | None) -> ChosenTable:
        """Open a table and apply a filter to its columns.

        Raises ConfigurationError where they do not fit, EnvironmentFault for files that are gone.
        """
        table = moment.table(gold.identifier)
        bound = bind_filter(where, gold.label, table.schema()) if where else None
        return cls(gold, table, moment.publication, where, bound)

    @property
    def row_count(self) -> int | None:
        """How many rows the newest snapshot says it has, before any filter."""
        snapshot = self.table.current_snapshot()
        said = snapshot.summary["total-records"] if snapshot and snapshot.summary else "0"
        return int(said) if said is not None else None


def write_file(
    chosen: ChosenTable, format_: FileFormat, staging: Path, on_progress: OnProgress
) -> Exported:
    """Write one table's file into the staging folder; return what it is.

    Raises EnvironmentFault when the table cannot be read, ConfigurationError for values that the
    format cannot hold, OSError when there is no room.
    """
    import duckdb

    name = f"{chosen.gold.name}.{format_.suffix}"
    scratch = staging / f"{chosen.gold.name}.scratch"
    scratch.mkdir()
    try:
        with (staging / name).open("xb") as stream:
            file = HashedFile(stream)
            rows = _write_rows(chosen, format_, file, scratch, on_progress)
    except duckdb.Error as error:
        raise EnvironmentFault(
            f"{chosen.gold.label} cannot be read: {str(error).splitlines()[0]}",
            f"firn verify {chosen.gold.label} says whether its files are whole",
        ) from error
    snapshot = chosen.table.current_snapshot()
    return Exported(
        table=chosen.gold.label,
        file=name,
        snapshot_id=snapshot.snapshot_id if snapshot else None,
        rows=rows,
        bytes=file.size,
        sha256=file.sha256,
        sorted_by=chosen.gold.key,
        publication=chosen.publication,
        where=chosen.where.text if chosen.where else None,
        is_escaped=format_.is_escaped,
    )


def _write_rows(
    chosen: ChosenTable,
    format_: FileFormat,
    to: HashedFile,
    scratch: Path,
    on_progress: OnProgress,
) -> int:
    schema, total = chosen.table.schema(), chosen.row_count
    label = chosen.gold.label

    def on_read(rows: int) -> None:
        on_progress(Progress(label, False, rows, total))

    def counted(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        rows = 0
        for batch in batches:
            yield batch
            rows += len(batch)
            on_progress(Progress(label, True, rows, None if chosen.where else total))

    query = RowQuery(chosen.table, chosen.gold.key, chosen.bound)
    with sorted_batches(query, format_.select(schema), scratch, on_read) as batches:
        return format_.write(Content(label, schema, scratch), counted(batches), to)
