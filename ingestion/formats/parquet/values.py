"""Values of Parquet in the declared types: an array -> the same values, or what does not fit."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from decimal import Decimal
from typing import cast

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ingestion.formats.base import BadFileError, OwnWords
from ingestion.values.arrays import lists
from ingestion.values.decimals import (
    FLOAT_DIGITS,
    LONGEST_DECIMAL,
    decimals,
    from_texts,
    require_exact,
)

Convert = Callable[[pa.Array], pa.Array]
UUID_TYPE = "arrow.uuid"
LONG_DIGITS = 18  # so many digits fit 64 bits


def plain(values: pa.Array) -> pa.Array:
    """Return values without a dictionary or a logical type of their own; a UUID as its text."""
    if pa.types.is_dictionary(values.type):
        return values.dictionary_decode()
    if isinstance(values.type, pa.BaseExtensionType):
        if values.type.extension_name == UUID_TYPE:
            texts = [None if v is None else str(uuid.UUID(bytes=v)) for v in _bytes_of(values)]
            return pa.array(texts, pa.string())
        return values.storage
    return values


def converter(have: pa.DataType, declared: pa.DataType, name: str) -> Convert:
    """Return what turns plain values of one type into another; it raises where one would change.

    Times without a zone are UTC where the declared type has one; those with a zone fit no other
    type. Text is not parsed, and of all others only bytes become text.
    Raises BadFileError where no value could.
    """
    if _is_list(have) and pa.types.is_list(declared):
        element = plain(pa.array([], have.value_type)).type
        convert = converter(element, declared.value_type, name)
        return lambda values: _list(values, declared, convert)
    if _is_text(have) and pa.types.is_string(declared):
        return lambda values: _text(values, declared)
    if pa.types.is_floating(have) and pa.types.is_decimal(declared):
        return lambda values: _decimals_of_doubles(values.cast(pa.float64()), declared)
    if pa.types.is_integer(have) and pa.types.is_decimal(declared):
        return lambda values: _decimals_of_integers(values, declared)
    if pa.types.is_float64(have) and pa.types.is_float32(declared):
        return lambda values: _halved(values, declared)
    is_time = pa.types.is_timestamp(have) and pa.types.is_timestamp(declared)
    is_time = is_time and (declared.tz is not None or have.tz is None)
    is_number = _is_number(have) and _is_number(declared)
    is_bytes = _is_bytes(have) and pa.types.is_binary(declared)
    if have == declared or is_time or is_number or is_bytes:
        return lambda values: values if values.type == declared else _cast(values, declared)
    called = _called(have)
    raise BadFileError(
        "wrong_type", OwnWords(f"its column {name} is {called}, declared {declared}")
    )


def as_python(values: pa.Array, position: int) -> object:
    """Return a value; a time finer than Python's as its text, text that is no UTF-8 as bytes."""
    try:
        return values[position].as_py()
    except UnicodeDecodeError:
        return values.slice(position, 1).cast(pa.binary())[0].as_py()
    except (ValueError, OverflowError):
        return str(values.slice(position, 1).cast(pa.string())[0])


def _called(kind: pa.DataType) -> str:
    """Return a type without the names of fields within it, which nobody declared."""
    if _is_list(kind):
        return f"list<{_called(kind.value_type)}>"
    return type(kind).__name__ if pa.types.is_nested(kind) else str(kind)


def _list(values: pa.Array, declared: pa.DataType, convert: Convert) -> pa.Array:
    """Return lists whose elements were converted, all of them in one step."""
    elements = convert(plain(pc.list_flatten(values)))
    return lists(values, elements, declared)


def _text(values: pa.Array, declared: pa.DataType) -> pa.Array:
    texts = values if values.type == declared else values.cast(declared)
    texts.validate(full=True)  # what stands as text in Parquet may be no UTF-8
    return texts


def _decimals_of_doubles(values: pa.Array, declared: pa.DataType) -> pa.Array:
    """Return the decimals whose nearest doubles these are: 15 digits tell which are meant."""
    require_exact(values, declared)
    numbers = (values.fill_null(0) if values.null_count else values).to_numpy()
    if (np.abs(numbers) * 10.0**declared.scale >= 10.0**FLOAT_DIGITS).any():
        raise pa.ArrowInvalid(f"more than {FLOAT_DIGITS} digits are not exact in a double")
    if declared.precision <= LONG_DIGITS:
        return decimals(values, declared)
    if declared.scale <= LONG_DIGITS:
        return decimals(values, pa.decimal128(LONG_DIGITS, declared.scale)).cast(declared)
    texts = (None if v is None else f"{Decimal(repr(v)):f}" for v in values.to_pylist())
    return from_texts(pa.array(texts, pa.string()), declared)


def _decimals_of_integers(values: pa.Array, declared: pa.DataType) -> pa.Array:
    wide = pa.decimal128(38, declared.scale) if declared.scale <= LONG_DIGITS else None
    wide = wide or pa.decimal256(76, declared.scale)
    fitting = values.cast(wide).cast(pa.decimal128(declared.precision, declared.scale))
    return fitting.cast(declared)


def _halved(values: pa.Array, declared: pa.DataType) -> pa.Array:
    halved = values.cast(declared)
    before = (values.fill_null(0) if values.null_count else values).to_numpy()
    after = (halved.fill_null(0) if values.null_count else halved).to_numpy()
    if not ((after == before) | np.isnan(before)).all():
        raise pa.ArrowInvalid("a double has more digits than a float")
    return halved


def _cast(values: pa.Array, declared: pa.DataType) -> pa.Array:
    if pa.types.is_decimal(values.type) and pa.types.is_decimal(declared):
        digits = values.type.precision - values.type.scale + declared.scale
        if digits > LONGEST_DECIMAL:  # 128 bits overflow unnoticed
            values = values.cast(pa.decimal256(LONGEST_DECIMAL * 2, declared.scale))
    if pa.types.is_decimal64(declared):  # pyarrow loses digits on the way there
        return values.cast(pa.decimal128(declared.precision, declared.scale)).cast(declared)
    return values.cast(declared)


def _bytes_of(values: pa.Array) -> list[bytes | None]:
    return cast("list[bytes | None]", values.storage.to_pylist())


def _is_list(kind: pa.DataType) -> bool:
    tests = (pa.types.is_list, pa.types.is_large_list, pa.types.is_fixed_size_list)
    return any(test(kind) for test in tests)


def _is_number(kind: pa.DataType) -> bool:
    tests = (pa.types.is_integer, pa.types.is_floating, pa.types.is_decimal)
    return any(test(kind) for test in tests)


def _is_text(kind: pa.DataType) -> bool:
    tests = (pa.types.is_string, pa.types.is_large_string, pa.types.is_string_view)
    return _is_bytes(kind) or any(test(kind) for test in tests)


def _is_bytes(kind: pa.DataType) -> bool:
    tests = (pa.types.is_binary, pa.types.is_large_binary, pa.types.is_binary_view)
    return any(test(kind) for test in tests)
