"""JSON that loses nothing: texts of JSON -> values -> texts, with each number as it was written."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

_NAMES = {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}  # as read_json has them
_SURROGATE = re.compile("[\ud800-\udfff]")  # half a character, which UTF-8 cannot hold


def read_json(text: str | bytes) -> Any:  # noqa: ANN401 - any value of JSON
    """Return the value of a JSON text.

    Numbers that Python would spell otherwise are Decimals; NaN and Infinity, which are no JSON, are
    texts. Raises ValueError, ArithmeticError, RecursionError.
    """
    return _EXACT.decode(text if isinstance(text, str) else text.decode())


def write_json(value: object, *, sort_keys: bool = False) -> str:
    """Return a value as valid JSON: decimals with all digits, bytes in base64, NaN as a text.

    Whatever else JSON has no type for is written as its text. Raises RecursionError.
    """
    try:
        text = json.dumps(value, ensure_ascii=False, allow_nan=False, sort_keys=sort_keys)
    except (TypeError, ValueError):
        text = _written(value, sort_keys=sort_keys)
    return text if text.isascii() else _SURROGATE.sub(_escaped, text)


def _escaped(half: re.Match[str]) -> str:
    return f"\\u{ord(half[0]):04x}"


def _written(value: object, *, sort_keys: bool) -> str:
    match value:
        case Mapping():
            items = sorted(value.items()) if sort_keys else value.items()
            fields = [
                f"{_quoted(str(name))}: {_written(item, sort_keys=sort_keys)}"
                for name, item in items
            ]
            return f"{{{', '.join(fields)}}}"
        case list() | tuple():
            return f"[{', '.join(_written(item, sort_keys=sort_keys) for item in value)}]"
        case Decimal() if value.is_finite():
            return str(value)
        case bytes():
            return _quoted(base64.b64encode(value).decode())
    try:
        return json.dumps(value, ensure_ascii=False, allow_nan=False)
    except (TypeError, ValueError):
        return _quoted(_NAMES.get(str(value), str(value)))


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _fraction(text: str) -> float | Decimal:
    number = float(text)
    return number if repr(number) == text else Decimal(text)


def _whole(text: str) -> int | Decimal:
    is_short = len(text) < 19 and text != "-0"
    return int(text) if is_short else Decimal(text)


_EXACT = json.JSONDecoder(parse_float=_fraction, parse_int=_whole, parse_constant=str)
