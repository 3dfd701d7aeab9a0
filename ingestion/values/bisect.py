"""Finds what does not fit: values + a conversion -> the positions it refuses, and why."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import pyarrow as pa
import pyarrow.compute as pc

Values = TypeVar("Values", bound=Any)
# What libraries raise for a value: ArrowInvalid and UnicodeDecodeError are ValueErrors.
REFUSALS = (ValueError, ArithmeticError, RecursionError, pa.ArrowNotImplementedError)


def find_invalid(values: pa.Array, convert: Callable[[pa.Array], object]) -> dict[int, str]:
    """Return the positions of all values of a column that `convert` refuses, with why.

    Equal values are judged once: what is wrong with many rows is often the same.
    """
    try:
        encoded = values.dictionary_encode()
    except pa.ArrowNotImplementedError:  # lists and the like
        return bisect_invalid(values, convert)
    reasons = bisect_invalid(encoded.dictionary, convert)
    is_bad = pc.is_in(encoded.indices, pa.array(list(reasons), encoded.indices.type))
    positions = pc.indices_nonzero(is_bad)
    codes = encoded.indices.take(positions)
    return {
        position: reasons[code]
        for position, code in zip(positions.to_pylist(), codes.to_pylist(), strict=True)
    }


def bisect_invalid(
    values: Values,
    convert: Callable[[Values], object],
    watch: Callable[[int, Mapping[int, str]], None] = lambda _, __: None,
) -> dict[int, str]:
    """Return the positions of all values (an array or a list) that `convert` refuses, with why.

    Found by halving: few bad values cost few attempts. `watch` is told how many values have been
    judged and which of them are bad; it may raise to give up.
    """
    found: dict[int, str] = {}
    spans = [(0, len(values))] if len(values) else []
    while spans:
        start, end = spans.pop()
        try:
            convert(values[start:end])
        except REFUSALS as error:
            if end - start > 1:
                half = (start + end) // 2
                spans += [(half, end), (start, half)]
                continue
            found[start] = str(error)
            watch(end, found)
    return found
