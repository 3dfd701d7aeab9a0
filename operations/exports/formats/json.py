"""JSON Lines: rows -> an object a line, in UTF-8, its members in the order of the columns.

Decimals are texts with all their digits: most programs read JSON's numbers as doubles.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lake.columns import quoted
from operations.exports.formats.base import Content, HashedFile
from operations.exports.formats.values import as_json, json_object

if TYPE_CHECKING:
    import pyarrow as pa
    from pyiceberg.schema import Schema


@dataclass(frozen=True)
class Json:
    """JSON Lines."""

    suffix: str = "jsonl"
    is_escaped: bool = False

    def select(self, schema: Schema) -> str:
        """Return the SQL that makes each row an object."""
        members = [(f.name, as_json(quoted(f.name), f.field_type)) for f in schema.fields]
        return f"cast({json_object(members)} as varchar)"

    def write(self, content: Content, batches: Iterator[pa.RecordBatch], to: HashedFile) -> int:  # noqa: ARG002
        """Write a line for each row; return how many there are."""
        rows = 0
        for batch in batches:
            lines = batch.column(0).to_pylist()
            to.write("".join(f"{line}\n" for line in lines).encode())
            rows += len(lines)
        return rows
