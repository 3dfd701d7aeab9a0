"""Finds what does not fit: values + a conversion -> the positions it refuses."""

from __future__ import annotations

from collections.abc import Callable

import pyarrow as pa


def bisect_invalid(
    values: pa.Array, convert: Callable[[pa.Array], pa.Array], start: int = 0
) -> list[int]:
    """Return the positions of all values that `convert` refuses, found by halving."""
    try:
        convert(values)
    except pa.ArrowInvalid:
        if len(values) == 1:
            return [start]
        half = len(values) // 2
        return bisect_invalid(values[:half], convert, start) + bisect_invalid(
            values[half:], convert, start + half
        )
    return []
