"""Arrays of PostgreSQL: JSON texts -> the texts of their elements, in one step for a column."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import cast

import pyarrow as pa
import pyarrow.compute as pc

from ingestion.connectors.postgres.query import ReadColumn
from ingestion.values.bisect import REFUSALS
from lake.types import DataType

# Every element as a text: numbers keep the digits that PostgreSQL wrote.
_DECODER = json.JSONDecoder(parse_int=str, parse_float=str, parse_constant=str)
_ZEROS = r"(\.\d*[1-9])0+$"
_POINT = r"\.0*$"
_HEX = r"^\\x"


def element_of(column: ReadColumn) -> ReadColumn:
    """Return the elements of an array as a column. Raises ValueError for any other column."""
    if column.data_type.element is None:
        raise ValueError(f"{column.name} is a {column.data_type}")
    upstream = column.upstream.of_element if column.upstream else None
    return replace(column, data_type=column.data_type.element, upstream=upstream)


def split(texts: pa.Array) -> pa.Array:
    """Return lists of the texts of elements. Raises ArrowInvalid for any but flat arrays."""
    try:
        found = [None if text is None else _elements(text) for text in texts.to_pylist()]
        return pa.array(found, pa.list_(pa.string()))
    except REFUSALS as error:
        raise pa.ArrowInvalid(str(error)) from None


def as_sent(texts: pa.Array, kind: DataType) -> pa.Array:
    """Return texts of elements as COPY sends single values of the type."""
    if kind.name == "binary":
        return pc.replace_substring_regex(texts, _HEX, "")
    if kind.name == "decimal":
        trimmed = pc.replace_substring_regex(texts, _ZEROS, r"\1")
        return pc.replace_substring_regex(trimmed, _POINT, "")
    return texts


def _elements(text: str) -> list[str | None]:
    found = _DECODER.decode(text)
    if not isinstance(found, list):
        raise ValueError("it is no array")
    if not all(item is None or isinstance(item, str) for item in found):
        found = [json.dumps(item) if isinstance(item, bool) else item for item in found]
    if any(isinstance(item, list | dict) for item in found):
        raise ValueError("it is an array of arrays")
    return cast("list[str | None]", found)
