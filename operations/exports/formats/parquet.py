"""Parquet files: rows -> row groups of one size, in the types of the table."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from operations.exports.formats.base import Content, HashedFile

if TYPE_CHECKING:
    import pyarrow as pa
    from pyiceberg.schema import Schema

ROW_GROUP_ROWS = 100_000


@dataclass(frozen=True)
class Parquet:
    """Parquet, compressed by zstd."""

    suffix: str = "parquet"
    is_escaped: bool = False

    def select(self, schema: Schema) -> str:  # noqa: ARG002
        """Return the SQL of all columns as they are."""
        return "*"

    def write(self, content: Content, batches: Iterator[pa.RecordBatch], to: HashedFile) -> int:
        """Write rows in the table's types; return how many there are."""
        import pyarrow as pa
        import pyarrow.parquet as pq
        from pyiceberg.io.pyarrow import schema_to_pyarrow

        schema = schema_to_pyarrow(content.schema, include_field_ids=False)
        rows = 0
        with pq.ParquetWriter(pa.PythonFile(to, mode="w"), schema, compression="zstd") as writer:
            for group in _row_groups(schema, batches):
                writer.write_table(group, row_group_size=ROW_GROUP_ROWS)
                rows += group.num_rows
        return rows


def _row_groups(schema: pa.Schema, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.Table]:
    """Yield rows in groups of one size, however they come."""
    import pyarrow as pa

    waiting: list[pa.RecordBatch] = []
    for batch in batches:
        waiting.append(batch.cast(schema))
        while sum(len(one) for one in waiting) >= ROW_GROUP_ROWS:
            whole = pa.Table.from_batches(waiting)
            yield whole.slice(0, ROW_GROUP_ROWS)
            waiting = whole.slice(ROW_GROUP_ROWS).to_batches()
    if waiting:
        yield pa.Table.from_batches(waiting)
