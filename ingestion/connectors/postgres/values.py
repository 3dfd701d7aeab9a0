"""Turns CSV texts of one column into typed values: text array -> Arrow array, or the rows unfit."""

from __future__ import annotations

import binascii

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ingestion.connectors.postgres.arrays import as_sent, element_of, split
from ingestion.connectors.postgres.query import ReadColumn
from ingestion.connectors.postgres.types import UpstreamColumn
from ingestion.values.arrays import lists
from ingestion.values.decimals import FLOAT_DIGITS, decimals, from_texts
from lake.types import DataType

NAIVE_TIME = pa.timestamp("us")
TIME_ZONE_SUFFIX = r"\+00(:00)?$"


def csv_type(column: ReadColumn) -> pa.DataType:
    """Return the type that pyarrow's CSV reader has to parse a column as.

    `to_declared` turns into the declared type what is parsed as another one.
    """
    upstream = column.upstream
    if column.is_token or upstream is None or column.data_type.name in ("binary", "array"):
        return pa.string()
    if upstream.base == "timestamp" and column.data_type.name == "timestamp":
        return NAIVE_TIME
    if upstream.base == "float4" and column.data_type.name == "double":
        return pa.float32()
    if upstream.base == "numeric" and column.data_type.precision:
        return _numeric(upstream, column.data_type)
    return _readable(column.data_type.arrow())


def to_declared(column: ReadColumn, values: pa.Array) -> pa.Array:
    """Turn parsed CSV values into the declared type; no value changes on the way.

    A real is parsed as one before it is widened, so that a double holds exactly what it stood for.
    Raises ArrowInvalid for a number that is none, where the declared type knows no such thing.
    """
    declared = column.data_type.arrow()
    if column.is_token or values.type == declared:
        return values
    if pa.types.is_list(declared):
        found = split(values)
        element = element_of(column)
        texts = as_sent(pc.list_flatten(found), element.data_type)
        return lists(found, from_text(element, texts), declared)
    if pa.types.is_decimal(declared) and pa.types.is_string(values.type):
        return from_texts(values, declared)
    if pa.types.is_decimal(declared) and pa.types.is_floating(values.type):
        return decimals(values, declared)
    return decode_hex(values) if pa.types.is_binary(declared) else values.cast(declared)


def from_text(column: ReadColumn, texts: pa.Array) -> pa.Array:
    """Parse the texts of one column as the CSV reader would; ArrowInvalid if any is unfit."""
    target = csv_type(column)
    if column.data_type.precision and not column.is_token:
        return from_texts(texts, column.data_type.arrow())
    if pa.types.is_boolean(target):
        texts = pc.replace_substring_regex(texts, "^t$", "true")
        texts = pc.replace_substring_regex(texts, "^f$", "false")
    if target == pa.timestamp("us", tz="UTC"):
        texts = pc.replace_substring_regex(texts, TIME_ZONE_SUFFIX, "")
        return to_declared(column, texts.cast(NAIVE_TIME).cast(target))
    return to_declared(column, texts.cast(target))


def _numeric(upstream: UpstreamColumn, declared: DataType) -> pa.DataType:
    """Return what a numeric is parsed as: short ones as doubles, much faster, then made exact.

    Where the database does not say how many digits there are, nothing but the text is exact.
    """
    if upstream.decimal is None:
        return pa.string()
    return pa.float64() if declared.precision <= FLOAT_DIGITS else _readable(declared.arrow())


def _readable(kind: pa.DataType) -> pa.DataType:
    """Return the type in which pyarrow reads what becomes `kind`: it parses no short decimals."""
    return pa.decimal128(kind.precision, kind.scale) if pa.types.is_decimal64(kind) else kind


def decode_hex(texts: pa.Array) -> pa.Array:
    """Decode hexadecimal texts to bytes, all of them in one step over the shared buffer."""
    _, offset_buffer, data = texts.buffers()
    length = len(texts)
    offsets = np.frombuffer(offset_buffer, np.int32)[texts.offset : texts.offset + length + 1]
    raw = data.to_pybytes()[offsets[0] : offsets[-1]] if data is not None else b""
    decoded = (offsets - offsets[0]) // 2
    validity = texts.is_valid() if texts.null_count else None
    result = pa.Array.from_buffers(
        pa.binary(),
        length,
        [None, pa.py_buffer(decoded.astype(np.int32)), pa.py_buffer(binascii.unhexlify(raw))],
    )
    return (
        result if validity is None else pc.if_else(validity, result, pa.scalar(None, pa.binary()))
    )
