"""Reads a raw table back chunk by chunk: its data files -> row groups in the table's schema.

pyiceberg's own scan keeps all it has read in memory until it is asked for; a table of any size is
compared here within the memory of one row group.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
from pyiceberg.expressions import AlwaysTrue
from pyiceberg.io.pyarrow import ArrowScan, schema_to_pyarrow
from pyiceberg.transforms import IdentityTransform
from pyiceberg.types import TimestamptzType
from pyiceberg.utils.datetime import micros_to_timestamptz

if TYPE_CHECKING:
    from pyiceberg.io import FileIO
    from pyiceberg.manifest import DataFile
    from pyiceberg.table import FileScanTask, Table

# Reads the named columns of one chunk of a table.
ReadChunk = Callable[[Sequence[str]], pa.Table]


def read_chunks(table: Table) -> Iterator[ReadChunk]:
    """Yield a function for each chunk of the table's current snapshot; call it before the next.

    It returns the columns asked for as the table declares them, null where a file is older than a
    column. Rows removed by delete files (that other engines may write) are left out.
    """
    schema = schema_to_pyarrow(table.schema(), include_field_ids=False)
    for task in table.scan().plan_files():
        if task.delete_files:
            yield partial(_read_with_deletes, table, task)
            continue
        with table.io.new_input(task.file.file_path).open() as stream:
            file = pq.ParquetFile(stream)
            for number in range(file.num_row_groups):
                yield partial(_read_row_group, file, number, schema)


def _read_row_group(
    file: pq.ParquetFile, number: int, schema: pa.Schema, names: Sequence[str]
) -> pa.Table:
    present = [name for name in names if name in file.schema_arrow.names]
    rows = file.read_row_group(number, columns=present)
    columns = [
        rows.column(name).cast(schema.field(name).type)
        if name in present
        else pa.nulls(rows.num_rows, schema.field(name).type)
        for name in names
    ]
    return pa.Table.from_arrays(columns, schema=pa.schema([schema.field(name) for name in names]))


def _read_with_deletes(table: Table, task: FileScanTask, names: Sequence[str]) -> pa.Table:
    scan = ArrowScan(table.metadata, table.io, table.schema().select(*names), AlwaysTrue())
    return scan.to_table([task]).select(list(names))


def distinct_values(table: Table, names: Sequence[str]) -> Iterator[tuple[Any, ...]]:
    """Yield the distinct values of some columns in each data file, so maybe repeatedly.

    A file whose partition holds all of them says them itself. Others are read, once in a process:
    a data file never changes.
    """
    columns = tuple(names)
    for task in table.scan().plan_files():
        if (constants := _constants(table, task.file, columns)) is not None:
            yield constants
        else:
            yield from _values_of(table.io, task.file.file_path, columns)


def _constants(table: Table, file: DataFile, names: Sequence[str]) -> tuple[Any, ...] | None:
    """Return what the partition of a registered file holds for all of its rows."""
    schema = table.schema()
    fields = table.metadata.specs()[file.spec_id].fields
    held = {}
    for place, part in enumerate(fields):
        if isinstance(part.transform, IdentityTransform):
            column = schema.find_field(part.source_id)
            is_time = isinstance(column.field_type, TimestamptzType)
            value = file.partition[place]
            held[column.name] = micros_to_timestamptz(value) if is_time and value else value
    return tuple(held[name] for name in names) if set(names) <= held.keys() else None


_VALUES: dict[tuple[str, tuple[str, ...]], tuple[tuple[Any, ...], ...]] = {}


def _values_of(io: FileIO, path: str, names: tuple[str, ...]) -> tuple[tuple[Any, ...], ...]:
    if (path, names) not in _VALUES:
        with io.new_input(path).open() as stream:
            schema = pq.ParquetFile(stream).schema_arrow
            texts = [name for name in names if pa.types.is_string(schema.field(name).type)]
        with io.new_input(path).open() as stream:
            file = pq.ParquetFile(stream, read_dictionary=texts)
            found = set()
            for number in range(file.num_row_groups):
                rows = file.read_row_group(number, columns=list(names))
                distinct = rows.group_by(list(names)).aggregate([])
                found |= {tuple(row[name] for name in names) for row in distinct.to_pylist()}
        _VALUES[path, names] = tuple(found)
    return _VALUES[path, names]
