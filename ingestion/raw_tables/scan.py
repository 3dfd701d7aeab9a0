"""Reads a raw table back piece by piece: its data files -> row groups in the table's schema.

pyiceberg's own scan keeps all it has read in memory until it is asked for; a table of any size is
compared here within the memory of one row group.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq
from pyiceberg.expressions import AlwaysTrue
from pyiceberg.io.pyarrow import ArrowScan, schema_to_pyarrow

if TYPE_CHECKING:
    from pyiceberg.table import FileScanTask, Table

# Reads the named columns of one piece of a table.
ReadChunk = Callable[[Sequence[str]], pa.Table]


def read_chunks(table: Table) -> Iterator[ReadChunk]:
    """Yield a function for each piece of the table's current snapshot; call it before the next.

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
