"""Reads lists: request -> the rows behind the position, in batches of two."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import pyarrow as pa

from ingestion.connectors.base import ReadRequest, require_version
from ingestion.connectors.batches import Batch, Position, ReadSummary, Rejection
from ingestion.declarations.columns import RESCUED, RawColumn
from tests.integration.connectors.memory.declaration import PLACE, MemorySource, MemoryTable
from tests.integration.connectors.memory.rows import SOURCES

VERSION = 1
BATCH_ROWS = 2


class MemoryReader:
    """A session with the lists of one source."""

    def __init__(self, source: MemorySource) -> None:
        """Read the lists of the source's name."""
        self._source = source

    def __enter__(self) -> MemoryReader:
        """Return itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Do nothing."""

    def prepare(self) -> None:
        """Do nothing: there is nothing to compare."""

    def read(self, request: ReadRequest[MemoryTable]) -> MemoryReading:
        """Return what is behind the position."""
        rows = SOURCES[self._source.name][request.table.name]
        return MemoryReading(request.table, rows, offset_of(request.state.position))


class MemoryReading:
    """One list being read."""

    extra_columns: tuple[RawColumn, ...] = ()
    has_error_threshold = True
    keys = None

    def __init__(self, table: MemoryTable, rows: list[dict[str, Any]], start: int) -> None:
        """Read from place `start` on."""
        self._table = table
        self._rows = rows
        self._start = start
        self.summary = ReadSummary()

    def __enter__(self) -> MemoryReading:
        """Return itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Do nothing."""

    @property
    def batches(self) -> Iterator[Batch]:
        """All rows from the start on; those that do not fit are rejected."""
        end = len(self._rows)
        for first in range(self._start, end, BATCH_ROWS):
            places = range(first, min(first + BATCH_ROWS, end))
            batch = as_batch(self._table, {place: self._rows[place] for place in places})
            self.summary.rows_read += batch.read_count
            yield batch
        self.summary.position = {"version": VERSION, "offset": end}
        self.summary.reached = f"row {end}"


def offset_of(position: Position | None) -> int:
    """Return the place behind the last row that was read."""
    if position is None:
        return 0
    return int(require_version(position, (VERSION,), "memory")["offset"])


def as_batch(table: MemoryTable, rows: Mapping[int, Mapping[str, Any]]) -> Batch:
    """Return rows by their places as a batch in the declared types."""
    types = {column.name: column.data_type.arrow() for column in table.landed_columns}
    fit: list[dict[str, Any]] = []
    rejections = []
    for place, row in rows.items():
        try:
            pa.Table.from_pylist([{n: row.get(n) for n in types}], schema=pa.schema(types.items()))
        except (pa.ArrowException, TypeError) as error:
            values = {name: None if value is None else str(value) for name, value in row.items()}
            rejections.append(
                Rejection(
                    "not_representable",
                    str(error),
                    values,
                    {name: values.get(name) for name in table.key},
                    place={"place": str(place)},
                    identity=str(place),
                )
            )
            continue
        rest = {name: value for name, value in row.items() if name not in types}
        fit.append({**row, PLACE: place, RESCUED: json.dumps(rest) if rest else None})
    schema = pa.schema([*types.items(), (PLACE, pa.int64()), (RESCUED, pa.string())])
    return Batch(pa.Table.from_pylist(fit, schema=schema), tuple(rejections))
