"""Short decimals read as doubles, which is far faster, and made exact again."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

FLOAT_DIGITS = 15  # so many significant digits every double keeps
LONGEST_TEXT = 41  # a sign, a zero, a point and 38 digits


def from_texts(texts: pa.Array, declared: pa.DataType) -> pa.Array:
    """Return the decimals that texts stand for, exactly. Raises ArrowInvalid where one is unfit.

    pyarrow reads a text of some hundred digits as whatever its last 128 bits are (10²⁰⁰ as 0.00).
    """
    if (pc.max(pc.binary_length(texts)).as_py() or 0) > LONGEST_TEXT:
        raise pa.ArrowInvalid(f"more digits than any decimal has, as {declared}")
    return texts.cast(pa.decimal128(declared.precision, declared.scale)).cast(declared)


def decimals(values: pa.Array, declared: pa.DataType) -> pa.Array:
    """Return the decimals of up to 15 digits that doubles were read from, exactly.

    For a decimal n ÷ 10ˢ with |n| < 10¹⁵, its nearest double times 10ˢ is off by no more than
    |n| ÷ 2⁵² < 0.23 (half an ulp each for reading and for multiplying; 10ˢ itself is exact), so
    the nearest whole number is n. Raises ArrowInvalid for NaN and infinity.
    """
    numbers = (values.fill_null(0) if values.null_count else values).to_numpy()
    if not np.isfinite(numbers).all():
        raise pa.ArrowInvalid(f"a number that is none, as {declared}")
    whole = np.rint(numbers * 10.0**declared.scale).astype(np.int64)
    compact = pa.decimal64(declared.precision, declared.scale)
    validity = values.is_valid().buffers()[1] if values.null_count else None
    exact = pa.Array.from_buffers(compact, len(whole), [validity, pa.py_buffer(whole)])
    return exact if compact == declared else exact.cast(declared)


def require_exact(values: pa.Array, declared: pa.DataType) -> None:
    """Raise ArrowInvalid unless each double is the nearest one to a number `declared` holds.

    Whole numbers below 2⁵³ and powers of ten up to 10²² are doubles, and a quotient of doubles is
    rounded to the nearest one; so a double read from such a number is the quotient again.
    """
    numbers = (values.fill_null(0) if values.null_count else values).to_numpy()
    with np.errstate(over="ignore", invalid="ignore"):
        power = 10.0**declared.scale
        whole = np.rint(numbers * power)
        is_exact = (whole / power == numbers) & (np.abs(whole) < 10.0**declared.precision)
    if not is_exact.all():
        value = numbers[np.argmin(is_exact)]
        raise pa.ArrowInvalid(f"{value!r} is not held by {declared}")
