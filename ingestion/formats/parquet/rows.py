"""Parquet: record batches -> rows in the declared columns."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from typing import Any, BinaryIO, cast

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ingestion.declarations import ColumnDeclaration
from ingestion.formats.base import (
    MOST_COLUMNS,
    NOT_READABLE,
    NOT_REPRESENTABLE,
    BadFileError,
    BadRow,
    OwnWords,
    Parsed,
    RowContent,
    too_wide,
)
from ingestion.formats.declaration import FormattedTable
from ingestion.formats.exact_json import write_json
from ingestion.formats.expansion import require_bounded
from ingestion.formats.parquet.json_texts import json_texts
from ingestion.formats.parquet.registrable import is_registrable
from ingestion.formats.parquet.values import Convert, as_python, converter, plain
from ingestion.formats.reasons import no_value, shown_names
from ingestion.formats.rescued_fields import RescuedFields
from ingestion.values.bisect import REFUSALS, find_invalid

BATCH_ROWS = 64 * 1024
BATCH_BYTES = 64 * 1024 * 1024


class ParquetRows:
    """The rows of a Parquet file; a column that cannot become what is declared spoils it."""

    def __init__(self, table: FormattedTable, rescued_fields: RescuedFields) -> None:
        """Read one file of `table`."""
        self._table = table
        self._rescued_fields = rescued_fields
        self._rows_before = 0

    def chunks(self, stream: BinaryIO) -> Iterator[pa.RecordBatch | pq.FileMetaData]:
        """Yield record batches; of a file that needs no rewriting its footer, and no more.

        Raises BadFileError for a file that cannot be landed.
        """
        file = pq.ParquetFile(stream)
        self._check(file.schema_arrow)
        size = stream.seek(0, io.SEEK_END)
        require_bounded(file.metadata, size, self._table.max_expansion)
        if is_registrable(file, size, self._table):
            yield file.metadata
        else:
            groups = range(file.num_row_groups)
            count = sum(file.metadata.row_group(number).num_rows for number in groups)
            if count != file.metadata.num_rows:
                raise BadFileError(
                    NOT_READABLE,
                    OwnWords(
                        f"it is damaged: {file.metadata.num_rows} rows by its footer,"
                        f" {count} by its row groups"
                    ),
                )
            for number in groups:
                yield from _batches(file, number)

    def quarantined(self, stored: bytes) -> pa.RecordBatch:
        """Return a row as quarantine keeps it. Raises BadFileError where it lacks a column."""
        with pa.ipc.open_stream(stored) as stream:
            self._check(stream.schema)
            return stream.read_next_batch()

    def parse(self, chunk: pa.RecordBatch) -> Parsed:
        """Return the rows of a batch."""
        before = self._rows_before
        self._rows_before += chunk.num_rows
        numbers = pa.array(np.arange(before + 1, before + chunk.num_rows + 1))
        declared = self._declared_names
        undeclared = [name for name in chunk.schema.names if name not in declared]
        columns, unfit = self._columns(chunk)
        rows = pa.table(columns, names=[c.name for c in self._table.landed_columns])

        def content(position: int) -> RowContent:
            row = chunk.slice(position, 1)
            return RowContent(write_json(_readable(row)[0]).encode(), arrow=_as_arrow(row))

        bad = [
            BadRow(before + position + 1, NOT_REPRESENTABLE, unfit[position], content(position))
            for position in sorted(unfit)
        ]
        rescued: Sequence[str | None] | None = None
        if undeclared:
            rescued = self._rescued_fields.of_all(_readable(chunk.select(undeclared)))
        if not bad:
            return Parsed(rows, numbers, content, rescued)
        kept = np.setdiff1d(np.arange(chunk.num_rows), np.fromiter(unfit, np.int64))
        if rescued is not None:
            rescued = [rescued[position] for position in kept]
        taken = pa.array(kept)
        return Parsed(
            rows.take(taken), numbers.take(taken), lambda i: content(int(kept[i])), rescued, bad
        )

    def joinable(self, chunk: pa.RecordBatch) -> None:
        """Return None: each file has types of its own."""

    @property
    def _declared_names(self) -> set[str]:
        return {".".join(column.origin) for column in self._table.columns}

    def _check(self, schema: pa.Schema) -> None:
        if len(schema.names) > MOST_COLUMNS:
            raise BadFileError("wrong_header", too_wide(len(schema.names)))
        wanted = [".".join(column.origin) for column in self._table.landed_columns]
        if missing := [name for name in wanted if name not in schema.names]:
            found = shown_names(self._table, schema.names)
            raise BadFileError(
                "wrong_header",
                OwnWords(f"it lacks {', '.join(missing)}; it has {found}"),
            )

    def _columns(self, chunk: pa.RecordBatch) -> tuple[list[pa.Array], dict[int, str]]:
        """Return the declared columns, and the positions that do not fit with the reason."""
        columns: list[pa.Array] = []
        unfit: dict[int, str] = {}
        for column in self._table.landed_columns:
            values = chunk.column(".".join(column.origin))
            values = values if column.is_json else plain(values)
            convert = _converter(column, values.type)
            try:
                columns.append(convert(values))
            except REFUSALS:
                for position, reason in find_invalid(values, convert).items():
                    value = str(as_python(values, position))
                    of_value = no_value(column.name, value, column.data_type)
                    of_json = f"{column.name}: {reason}"
                    unfit.setdefault(position, of_json if column.is_json else of_value)
                places = [None if i in unfit else i for i in range(len(values))]
                fitting = pa.array(places, pa.int64())
                columns.append(convert(values.take(fitting)))
        return columns, unfit


def _batches(file: pq.ParquetFile, number: int) -> Iterator[pa.RecordBatch]:
    """Yield a row group in batches. Raises BadFileError for rows that pyarrow passes over."""
    group = file.metadata.row_group(number)
    read = 0
    for batch in file.iter_batches(_rows_at_once(group), row_groups=[number]):
        read += batch.num_rows
        yield batch
    if read != group.num_rows:
        raise BadFileError(
            NOT_READABLE,
            OwnWords(
                f"it is damaged: of {group.num_rows} rows in row group {number}, {read} can be read"
            ),
        )


def _rows_at_once(group: pq.RowGroupMetaData) -> int:
    """Return how many rows of a row group are read at once: few where they are large."""
    size, count = int(group.total_byte_size), int(group.num_rows)
    return max(1, min(BATCH_ROWS, BATCH_BYTES * count // max(size, 1)))


def _converter(column: ColumnDeclaration, have: pa.DataType) -> Convert:
    """Return what turns values into a column. Raises BadFileError where no value could."""
    if column.is_json:
        return json_texts
    convert = converter(have, column.data_type.arrow(), column.name)
    if not column.truncate:
        return convert
    return lambda values: convert(pc.floor_temporal(values, unit="microsecond"))


def _readable(rows: pa.RecordBatch) -> list[dict[str, Any]]:
    """Return the values of rows by name, those that Python cannot hold as texts or bytes."""
    try:
        return cast("list[dict[str, Any]]", rows.to_pylist())
    except (ValueError, OverflowError):
        names = rows.schema.names
        return [
            {name: as_python(column, i) for name, column in zip(names, rows.columns, strict=True)}
            for i in range(rows.num_rows)
        ]


def _as_arrow(row: pa.RecordBatch) -> bytes:
    """Return a row as an Arrow stream, by itself."""
    columns = [
        column.dictionary_decode() if pa.types.is_dictionary(column.type) else column
        for column in row.columns
    ]
    alone = pa.record_batch(columns, names=row.schema.names)
    stream = pa.BufferOutputStream()
    with pa.ipc.new_stream(stream, alone.schema) as writer:
        writer.write_batch(alone)
    return bytes(stream.getvalue())
