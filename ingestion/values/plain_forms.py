"""Texts that are, or are not, values of a type beyond doubt: texts + a type -> which of them.

Readers differ in the rarer forms (spaces, hexadecimal digits, exponents): what is plainly a value
all of them take, what is surely none no reader does. Others are left to whoever reads them.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from functools import partial

import pyarrow as pa
import pyarrow.compute as pc

from ingestion.values.decimals import FLOAT_DIGITS, is_held
from ingestion.values.times import LOCAL_TIME, UTC_TIME, times

_MONTH_AND_DAY = (
    "(?:(?:0[1-9]|1[0-2])-(?:0[1-9]|1[0-9]|2[0-8])|(?:0[13-9]|1[0-2])-(?:29|30)"
    "|(?:0[13578]|1[02])-31)"
)
_DATE = f"(?:[1-9][0-9]{{3}}-{_MONTH_AND_DAY})"
_WHOLE = re.compile(r"[ \t]*(-?[0-9]{1,30})[ \t]*")
_HEXADECIMAL = re.compile(r"[ \t]*-?0[xX][0-9a-fA-F]+[ \t]*")
_LONG = re.compile(r"[ \t]*-?[0-9]+[ \t]*")
_NUMBER = re.compile(r"[ \t]*[+-]?(?:[0-9.][0-9.eE+-]*|[iInN].*)[ \t]*", re.DOTALL)
_FIXED = re.compile(r"[ \t]*([+-]?[0-9]{1,30}(?:\.[0-9]{1,30})?)[ \t]*")
_BOOLEANS = {"true", "false", "True", "False", "TRUE", "FALSE", "1", "0"}
_DAY = "[0-9]{4}-[0-9]{2}-[0-9]{2}"
_OFFSET = "(?:Z|[+-](?:[01][0-9]|2[0-3])(?::?[0-5][0-9])?)"
_TIME = f"{_DATE}[ T](?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\\.[0-9]{{1,6}})?"

_FRACTION = r"-?[0-9]{1,20}(?:\.[0-9]{1,20})?"
_PATTERNS = {
    pa.int32(): "-?[0-9]{1,9}",
    pa.int64(): "-?[0-9]{1,18}",
    pa.float32(): rf"{_FRACTION}(?:[eE][+-]?[0-9])?",
    pa.float64(): rf"{_FRACTION}(?:[eE][+-]?[0-9]{{1,2}})?",
    pa.bool_(): "true|false",
    pa.date32(): _DATE,
    LOCAL_TIME: _TIME,
    UTC_TIME: f"{_TIME}{_OFFSET}?",
}


def is_plainly(texts: pa.StringArray, kind: pa.DataType) -> pa.BooleanArray | None:
    """Say which texts are values of `kind` beyond doubt; null stays null.

    None for types whose texts have no such form.
    """
    pattern = _pattern(kind)
    return None if pattern is None else pc.match_substring_regex(texts, f"^(?:{pattern})$")


def surely_none(kind: pa.DataType) -> Callable[[str], bool] | None:
    """Return what knows texts that no reader takes for a `kind`; None for types it knows none of.

    Times and dates have `time_refusal`.
    """
    if pa.types.is_integer(kind):
        return partial(_is_no_integer, bits=kind.bit_width)
    if pa.types.is_floating(kind):
        return lambda text: _NUMBER.fullmatch(text) is None
    if pa.types.is_decimal(kind):
        return partial(_is_no_decimal, kind=kind)
    if pa.types.is_boolean(kind):
        return lambda text: text not in _BOOLEANS
    return None


def _is_no_integer(text: str, *, bits: int) -> bool:
    if found := _WHOLE.fullmatch(text):
        return not -(2 ** (bits - 1)) <= int(found[1]) < 2 ** (bits - 1)
    return not (_HEXADECIMAL.fullmatch(text) or _LONG.fullmatch(text))


def _is_no_decimal(text: str, *, kind: pa.DataType) -> bool:
    found = _FIXED.fullmatch(text)
    if found is None:
        return _NUMBER.fullmatch(text) is None
    number = Decimal(found[1])
    if kind.precision <= FLOAT_DIGITS < len(number.as_tuple().digits):
        return False  # CSV reads it as a double
    return not is_held(number, kind)


def time_refusal(text: str, kind: pa.DataType, *, truncate: bool = False) -> str | None:
    """Return why a text is no time (as `times` reads it) or date, "" where there is no day in it.

    None for one that is. Most texts are known without reading them.
    """
    if re.fullmatch(_PATTERNS[kind], text):
        return None
    if not re.search(_DAY, text):
        return ""
    try:
        texts = pa.array([text], pa.string())
        texts.cast(kind) if pa.types.is_date(kind) else times(texts, kind, truncate=truncate)
    except ValueError as error:
        return str(error)
    return None


def _pattern(kind: pa.DataType) -> str | None:
    """Return what the whole of such a text matches, for RE2."""
    if pa.types.is_decimal(kind):
        whole = f"[0-9]{{1,{kind.precision - kind.scale}}}" if kind.precision > kind.scale else "0"
        return f"-?{whole}" + (rf"(?:\.[0-9]{{1,{kind.scale}}})?" if kind.scale else "")
    return _PATTERNS.get(kind)
