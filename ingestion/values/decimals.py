"""Short decimals read as doubles, which is far faster, and made exact again."""

from __future__ import annotations

from decimal import Context, Decimal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

FLOAT_DIGITS = 15  # so many significant digits every double keeps
_WIDE = Context(prec=60)
LONGEST_DECIMAL = 38  # digits in 128 bits
LONGEST_TEXT = 41  # a sign, a zero, a point and 38 digits


def from_texts(texts: pa.Array, declared: pa.DataType) -> pa.Array:
    """Return the decimals that texts stand for, exactly. Raises ArrowInvalid where one is unfit.

    pyarrow reads a text of some hundred digits as whatever its last 128 bits are (10²⁰⁰ as 0.00).
    """
    if (pc.max(pc.binary_length(texts)).as_py() or 0) > LONGEST_TEXT:
        raise pa.ArrowInvalid(f"more digits than any decimal has, as {declared}")
    exact = texts.cast(wide(declared)).cast(pa.decimal128(declared.precision, declared.scale))
    return exact.cast(declared)


def wide(declared: pa.DataType) -> pa.DataType:
    """Return the decimal type that texts are to be read in, before they are cast to `declared`.

    pyarrow takes any text of at most as many digits as the type has, and then multiplies: 10⁵ is
    read as 100000.00 in a decimal(6,2), and what needs more than 128 bits becomes another number.
    Here digits and scale are no more together than the bits can hold; the cast checks the rest.
    """
    if declared.precision + declared.scale < LONGEST_DECIMAL:  # else it would be no other type
        return pa.decimal128(LONGEST_DECIMAL - declared.scale, declared.scale)
    return pa.decimal256(2 * LONGEST_DECIMAL - declared.scale, declared.scale)


def readable(declared: pa.DataType) -> pa.DataType:
    """Return what readers of CSV read `declared` as: they have no decimals beyond 128 bits."""
    read_as = wide(declared)
    return read_as if pa.types.is_decimal128(read_as) else pa.string()


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


def is_held(number: Decimal, declared: pa.DataType) -> bool:
    """Say whether a decimal type holds a number of up to 60 digits as it is."""
    scaled = number.scaleb(declared.scale, _WIDE)
    return bool(
        scaled == scaled.to_integral_value() and abs(scaled) < Decimal(10) ** declared.precision
    )


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
        value = numbers[np.argmin(is_exact)].item()
        raise pa.ArrowInvalid(f"{value!r} is not held by {declared}")
