"""Parquet: record batches -> rows in the declared columns."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator, Sequence
from typing import BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ingestion.connectors.bisect import REFUSALS, bisect_invalid
from ingestion.connectors.files.declaration import FileTable
from ingestion.connectors.files.formats.base import (
    NOT_REPRESENTABLE,
    BadFileError,
    BadRow,
    Parsed,
)
from ingestion.connectors.files.formats.registrable import is_registrable
from ingestion.connectors.files.formats.rescued_fields import RescuedFields

BATCH_ROWS = 64 * 1024


class ParquetRows:
    """The rows of a Parquet file; a column that cannot become what is declared spoils it."""

    def __init__(self, table: FileTable, rescued_fields: RescuedFields) -> None:
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
        if is_registrable(file, stream.seek(0, io.SEEK_END), self._table):
            yield file.metadata
        else:
            yield from file.iter_batches(batch_size=BATCH_ROWS)

    def parse(self, chunk: pa.RecordBatch) -> Parsed:
        """Return the rows of a batch."""
        before = self._rows_before
        self._rows_before += chunk.num_rows
        numbers = pa.array(np.arange(before + 1, before + chunk.num_rows + 1))
        undeclared = [n for n in chunk.schema.names if n not in self._declared_names]
        columns, unfit = self._columns(chunk)
        rows = pa.table(columns, names=[c.name for c in self._table.landed_columns])

        def content(position: int) -> bytes:
            return json.dumps(chunk.slice(position, 1).to_pylist()[0], default=str).encode()

        bad = [
            BadRow(before + position + 1, NOT_REPRESENTABLE, unfit[position], content(position))
            for position in sorted(unfit)
        ]
        rescued: Sequence[str | None] | None = None
        if undeclared:
            rescued = self._rescued_fields.of_all(chunk.select(undeclared).to_pylist())
        if not bad:
            return Parsed(rows, numbers, content, rescued)
        kept = np.setdiff1d(np.arange(chunk.num_rows), np.fromiter(unfit, np.int64))
        if rescued is not None:
            rescued = [rescued[position] for position in kept]
        taken = pa.array(kept)
        return Parsed(
            rows.take(taken), numbers.take(taken), lambda i: content(int(kept[i])), rescued, bad
        )

    @property
    def _declared_names(self) -> set[str]:
        return {".".join(column.origin) for column in self._table.columns}

    def _check(self, schema: pa.Schema) -> None:
        wanted = [".".join(column.origin) for column in self._table.landed_columns]
        if missing := [name for name in wanted if name not in schema.names]:
            raise BadFileError(
                "wrong_header",
                f"it lacks {', '.join(missing)}; it has {', '.join(schema.names)[:200]}",
            )

    def _columns(self, chunk: pa.RecordBatch) -> tuple[list[pa.Array], dict[int, str]]:
        """Return the declared columns, and the positions that do not fit with the reason."""
        columns: list[pa.Array] = []
        unfit: dict[int, str] = {}
        for column in self._table.landed_columns:
            values = chunk.column(".".join(column.origin))
            declared = column.data_type.arrow()
            convert = _converter(values.type, declared, column.name)
            try:
                columns.append(convert(values))
            except REFUSALS:
                for position in bisect_invalid(values, convert):
                    value = str(values[position].as_py())[:100]
                    unfit.setdefault(position, f"{column.name}: {value!r} is no {column.data_type}")
                mask = pa.array([i in unfit for i in range(len(values))])
                columns.append(convert(pc.if_else(mask, pa.scalar(None, values.type), values)))
        return columns, unfit


def _converter(
    have: pa.DataType, declared: pa.DataType, name: str
) -> Callable[[pa.Array], pa.Array]:
    """Return what turns one type into another without loss, or raise BadFileError.

    Times without a zone are UTC. Text is not parsed, and nothing becomes text.
    """
    is_time = pa.types.is_timestamp(have) and pa.types.is_timestamp(declared)
    is_number = _is_number(have) and _is_number(declared)
    is_text = _is_text(have) and pa.types.is_string(declared)
    is_bytes = _is_bytes(have) and pa.types.is_binary(declared)
    if have == declared or is_time or is_number or is_text or is_bytes:
        return lambda values: values if values.type == declared else _cast(values, declared)
    raise BadFileError("wrong_type", f"its column {name} is {have}, declared {declared}")


def _cast(values: pa.Array, declared: pa.DataType) -> pa.Array:
    if pa.types.is_decimal64(declared):  # pyarrow loses digits on the way there
        return values.cast(pa.decimal128(declared.precision, declared.scale)).cast(declared)
    return values.cast(declared)


def _is_number(kind: pa.DataType) -> bool:
    tests = (pa.types.is_integer, pa.types.is_floating, pa.types.is_decimal)
    return any(test(kind) for test in tests)


def _is_text(kind: pa.DataType) -> bool:
    plain = kind.value_type if pa.types.is_dictionary(kind) else kind
    return any(test(plain) for test in (pa.types.is_string, pa.types.is_large_string))


def _is_bytes(kind: pa.DataType) -> bool:
    return any(test(kind) for test in (pa.types.is_binary, pa.types.is_large_binary))
