"""The escapes of COPY's text format, undone and made: columns as sent <-> texts as stored."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

NULL = r"\N"
_BACKSLASH = "\\"
_PLACEHOLDER = "\0"  # the one character that no PostgreSQL text can hold
_ESCAPED = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
_ESCAPES = {ord(character): _BACKSLASH + letter for letter, character in _ESCAPED.items()}


def has_escapes(block: bytes) -> bool:
    """Whether a block may have escapes: it has backslashes, be they only those of NULL."""
    return b"\\" in block


def unescaped(rows: pa.Table) -> pa.Table:
    """Return rows with the escapes in all columns of text or bytes undone.

    COPY writes a backslash before a backslash and for the control characters that would end a
    value or a row. A literal backslash is set aside first, so that what follows it is no escape.
    """
    columns = []
    for field, column in zip(rows.schema, rows.columns, strict=True):
        is_text = pa.types.is_string(field.type) or pa.types.is_binary(field.type)
        columns.append(_unescaped(column) if is_text else column)
    return pa.Table.from_arrays(columns, schema=rows.schema)


def escaped(text: str) -> str:
    """Return a text as COPY would send it."""
    return text.replace(_BACKSLASH, _BACKSLASH * 2).translate(_ESCAPES)


def _unescaped(column: pa.ChunkedArray) -> pa.ChunkedArray:
    if not pc.any(pc.match_substring(column, _BACKSLASH)).as_py():
        return column
    column = pc.replace_substring(column, _BACKSLASH * 2, _PLACEHOLDER)
    for letter, character in _ESCAPED.items():
        column = pc.replace_substring(column, _BACKSLASH + letter, character)
    return pc.replace_substring(column, _PLACEHOLDER, _BACKSLASH)
