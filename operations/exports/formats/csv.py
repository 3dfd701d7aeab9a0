"""CSV files: rows -> lines as RFC 4180 has them, in UTF-8.

CRLF ends a line, the header has the names. NULL is empty and an empty text is `""`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lake.columns import quoted
from operations.exports.formats.base import Content, HashedFile
from operations.exports.formats.formulas import escaped, escaped_sql
from operations.exports.formats.values import as_text

if TYPE_CHECKING:
    import pyarrow as pa
    from pyiceberg.schema import Schema
    from pyiceberg.types import NestedField

LINE_END = "\r\n"
SPECIAL = '[",\\r\\n]'


@dataclass(frozen=True)
class Csv:
    """CSV; `is_escaped`: a text that a spreadsheet would run gets an apostrophe before it."""

    is_escaped: bool = True
    suffix: str = "csv"

    def select(self, schema: Schema) -> str:
        """Return the SQL that makes each row a line, without its end."""
        return " || ',' || ".join(f"coalesce({self._cell(f)}, '')" for f in schema.fields)

    def write(self, content: Content, batches: Iterator[pa.RecordBatch], to: HashedFile) -> int:
        """Write header and lines; return how many rows there are."""
        to.write(self._header([field.name for field in content.schema.fields]))
        rows = 0
        for batch in batches:
            lines = batch.column(0).to_pylist()
            to.write("".join(f"{line}{LINE_END}" for line in lines).encode())
            rows += len(lines)
        return rows

    def _header(self, names: list[str]) -> bytes:
        texts = map(escaped, names) if self.is_escaped else names
        return (",".join(map(_quoted_cell, texts)) + LINE_END).encode()

    def _cell(self, column: NestedField) -> str:
        """Return the SQL of a cell; NULL stays NULL."""
        text = as_text(quoted(column.name), column.field_type)
        return _text_cell(text, self.is_escaped) if _is_free(column) else text


def _is_free(column: NestedField) -> bool:
    """Whether a value can be any text, which numbers, times and booleans cannot."""
    from pyiceberg import types

    free = (types.StringType, types.BinaryType, types.FixedType)
    return isinstance(column.field_type, free) or not column.field_type.is_primitive


def _text_cell(text: str, is_escaped: bool) -> str:
    """Return the SQL that puts a text in quotes where they are needed."""
    shown = escaped_sql(text) if is_escaped else text
    return (
        f"case when {text} = '' or regexp_matches({text}, '{SPECIAL}')"
        f" then '\"' || replace({shown}, '\"', '\"\"') || '\"' else {shown} end"
    )


def _quoted_cell(text: str) -> str:
    return f'"{text.replace(chr(34), chr(34) * 2)}"' if set(text) & set('",\r\n') else text
