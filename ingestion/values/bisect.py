"""Finds what does not fit: values + a conversion -> the positions it refuses, and why."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import pyarrow as pa

Values = TypeVar("Values", bound=Any)
# What libraries raise for a value: ArrowInvalid and UnicodeDecodeError are ValueErrors.
REFUSALS = (ValueError, ArithmeticError, RecursionError, pa.ArrowNotImplementedError)


def bisect_invalid(
    values: Values, convert: Callable[[Values], object], start: int = 0
) -> dict[int, str]:
    """Return the positions of all values (an array or a list) that `convert` refuses, with why.

    Found by halving: few bad values cost few attempts.
    """
    try:
        convert(values)
    except REFUSALS as error:
        if len(values) == 1:
            return {start: str(error)}
        half = len(values) // 2
        first = bisect_invalid(values[:half], convert, start)
        return first | bisect_invalid(values[half:], convert, start + half)
    return {}
