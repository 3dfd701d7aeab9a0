"""Reads quarantined rows of lists as they would be read now: their texts -> a Batch."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Any

import pyarrow as pa

from ingestion.connectors.base import ROW_ID, Cursor
from ingestion.connectors.batches import Batch, Position, QuarantinedRow, Rejection
from tests.integration.connectors.memory.declaration import PLACE, MemoryTable
from tests.integration.connectors.memory.reader import as_batch


class MemoryReplayReader:
    """Rows are known by their place in the list."""

    origin_columns: tuple[str, ...] = (PLACE,)

    def __init__(self, table: MemoryTable) -> None:
        """Read for `table`."""
        self._table = table

    def origin(self, row: QuarantinedRow) -> tuple[int]:
        """Return a row's place."""
        return (int(str(row.place["place"])),)

    def reached(self, position: Position | None) -> Cursor | None:  # noqa: ARG002
        """Return None: a list has no cursor."""
        return None

    def read(
        self,
        rows: Sequence[QuarantinedRow],
        names: Collection[str] = (),  # noqa: ARG002
    ) -> Iterator[Batch]:
        """Yield each row by itself, or why it still does not fit."""
        for row in rows:
            [place] = self.origin(row)
            batch = as_batch(self._table, {place: self._typed(row)})
            ids = pa.array([row.row_id] * batch.rows.num_rows, pa.string())
            rejections = tuple(
                Rejection(found.rule, found.reason, {ROW_ID: row.row_id}, {})
                for found in batch.rejections
            )
            yield Batch(batch.rows.append_column(ROW_ID, ids), rejections)

    def _typed(self, row: QuarantinedRow) -> dict[str, Any]:
        """Return a row's values, whole numbers as such: quarantine keeps texts."""
        wholes = {c.name for c in self._table.landed_columns if c.data_type.name == "bigint"}
        return {
            name: int(text) if name in wholes and text is not None else text
            for name, text in row.values.items()
        }
