"""Texts of times -> times, exactly, or as far as microseconds where that is declared."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

UTC_TIME = pa.timestamp("us", tz="UTC")
LOCAL_TIME = pa.timestamp("us")
_OFFSET = r"(?:Z|[T ]\d{2}[:\d.]*[+-]\d{2}(?::?\d{2})?)$"
_ZEROS = r"(\.\d{6})0+(Z|[+-]\d{2}(?::?\d{2})?)?$"
_DIGITS = r"(\.\d{6})\d+(Z|[+-]\d{2}(?::?\d{2})?)?$"
_HOURS = r"(:\d{2}(?:\.\d+)?[+-]\d{2})$"


def times(texts: pa.Array, declared: pa.DataType, *, truncate: bool = False) -> pa.Array:
    """Return times: in UTC those of which some have an offset, or local ones, which have none.

    Zeros beyond microseconds (with `truncate` any digits) and offsets of whole hours, as PostgreSQL
    writes them, are spelled as pyarrow reads them. Raises ArrowInvalid for a text that is no time.
    """
    texts = pc.replace_substring_regex(texts, _DIGITS if truncate else _ZEROS, r"\1\2")
    if declared == LOCAL_TIME:
        return texts.cast(LOCAL_TIME)
    texts = pc.replace_substring_regex(texts, _HOURS, r"\1:00")
    has_offset = pc.match_substring_regex(texts, _OFFSET)
    none = pa.scalar(None, pa.string())
    with_offset = pc.if_else(has_offset, texts, none).cast(UTC_TIME)
    without = pc.if_else(has_offset, none, texts).cast(LOCAL_TIME).cast(UTC_TIME)
    return pc.coalesce(with_offset, without)
