"""Which type fits: the values of a field -> a type as it is declared, and what goes with it."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import pyarrow as pa

from ingestion.formats.csv_options import CsvOptions
from ingestion.formats.drafting.fields import Field
from ingestion.values.times import UTC_TIME, times

LONGEST_SCALE = 4  # fractions with more digits are measurements: double
LONG_DIGITS = 18
_WHOLE = re.compile(r"[+-]?(?:0|[1-9]\d*)")
_FRACTION = re.compile(r"[+-]?(?:0|[1-9]\d*)?\.\d+")
_FLOAT = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)[eE][+-]?\d+")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_TIME = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}")
_FINE_TIME = re.compile(r"\.\d{6}0*[1-9]")
BIGINT = range(-(2**63), 2**63)


@dataclass(frozen=True)
class Guess:
    """A type, whether the value is landed `as: json`, whether times have more than microseconds."""

    data_type: str
    as_json: bool = False
    truncate: bool = False


TEXT, JSON = Guess("string"), Guess("string", as_json=True)


def type_of(found: Field, options: CsvOptions | None = None) -> Guess:
    """Return the narrowest type that holds all values of a field; a text where there are none.

    `options` are those of CSV, whose values are texts all of them.
    """
    if found.arrow is not None:
        return _of_arrow(found.arrow)
    values = found.present
    if not values:
        return TEXT
    if options is not None:
        return _of_csv([_plain(value, options) for value in values])
    return _of_json(values)


def _plain(text: str, options: CsvOptions) -> str:
    """Return a number as others write it; other texts stay what they are."""
    if options.thousands_separator:
        text = text.replace(options.thousands_separator, "")
    return text.replace(options.decimal_separator, ".")


def _of_csv(values: Sequence[str]) -> Guess:
    if all(map(_WHOLE.fullmatch, values)):
        return Guess("bigint") if all(int(v) in BIGINT for v in values) else TEXT
    if all(_WHOLE.fullmatch(v) or _FRACTION.fullmatch(v) for v in values):
        return _of_fractions([Decimal(v) for v in values])
    numbers = (_WHOLE, _FRACTION, _FLOAT)
    if all(any(pattern.fullmatch(v) for pattern in numbers) for v in values):
        return Guess("double")
    if {value.lower() for value in values} <= {"true", "false"}:
        return Guess("boolean")
    return _of_texts(values)


def _of_texts(values: Sequence[str]) -> Guess:
    if all(map(_DATE.fullmatch, values)) and _is_read(
        lambda: [date.fromisoformat(value) for value in values]
    ):
        return Guess("date")
    if all(map(_TIME.match, values)):
        is_fine = any(map(_FINE_TIME.search, values))
        if _is_read(lambda: times(pa.array(values), UTC_TIME, truncate=is_fine)):
            return Guess("timestamp", truncate=is_fine)
    return TEXT


def _of_json(values: Sequence[Any]) -> Guess:
    kinds = {type(value) for value in values}
    if kinds == {bool}:
        return Guess("boolean")
    if kinds == {int}:
        return Guess("bigint") if all(value in BIGINT for value in values) else JSON
    if kinds <= {int, Decimal}:
        return _of_fractions([Decimal(value) for value in values])
    if kinds == {str}:
        return _of_texts(values)
    if kinds == {list}:
        return _of_lists(values)
    return JSON


def _of_lists(values: Sequence[list[Any]]) -> Guess:
    elements = [element for value in values for element in value if element is not None]
    if not elements or any(isinstance(element, dict | list) for element in elements):
        return JSON
    guess = _of_json(elements)
    is_exact = not guess.as_json and not guess.truncate
    return Guess(f"array<{guess.data_type}>") if is_exact else JSON


def _of_fractions(values: Sequence[Decimal]) -> Guess:
    """Return a decimal for amounts, whose fractions are short, and a double for measurements."""
    scale = max(-min(int(value.as_tuple().exponent), 0) for value in values)
    digits = max(value.adjusted() + 1 for value in values)
    if scale > LONGEST_SCALE or any("E" in str(value) for value in values):
        return Guess("double")
    scale = max(scale, 2)
    return Guess(f"decimal({LONG_DIGITS},{scale})") if digits + scale <= LONG_DIGITS else TEXT


_ARROW: tuple[tuple[Callable[[pa.DataType], bool], str], ...] = (
    (pa.types.is_boolean, "boolean"),
    (pa.types.is_int64, "bigint"),
    (pa.types.is_uint32, "bigint"),
    (pa.types.is_uint64, "decimal(20,0)"),
    (pa.types.is_integer, "int"),
    (pa.types.is_float64, "double"),
    (pa.types.is_floating, "float"),
    (pa.types.is_string, "string"),
    (pa.types.is_large_string, "string"),
    (pa.types.is_binary, "binary"),
    (pa.types.is_large_binary, "binary"),
    (pa.types.is_date, "date"),
    (pa.types.is_timestamp, "timestamp"),
)


def _of_arrow(kind: pa.DataType) -> Guess:
    if pa.types.is_dictionary(kind):
        return _of_arrow(kind.value_type)
    if isinstance(kind, pa.BaseExtensionType):
        return TEXT
    if pa.types.is_decimal128(kind) or pa.types.is_decimal256(kind):
        fits = 0 <= kind.scale <= kind.precision <= 38
        return Guess(f"decimal({kind.precision},{kind.scale})") if fits else JSON
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        element = _of_arrow(kind.value_type)
        return JSON if element.as_json else Guess(f"array<{element.data_type}>")
    return next((Guess(name) for is_kind, name in _ARROW if is_kind(kind)), JSON)


def _is_read(read: Callable[[], object]) -> bool:
    try:
        read()
    except ValueError:  # pyarrow's are such, too
        return False
    return True
