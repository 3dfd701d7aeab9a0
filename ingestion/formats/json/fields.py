"""Fields landed as JSON: objects of a file -> the very text of some fields, and all values."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from typing import Any

_SPACE = r"[ \t\r\n]*"
_OPEN = re.compile(rf"{_SPACE}\{{{_SPACE}")
_PLAIN_NAME = re.compile(rf'"([^"\\]*)"{_SPACE}:{_SPACE}')
_COLON = re.compile(rf"{_SPACE}:{_SPACE}")
_NEXT = re.compile(rf"{_SPACE}(,{_SPACE}(?=\")|\}}){_SPACE}")
# Values tell where they end and what they hold; of numbers no more is wanted, and these are quick.
_VALUES = json.JSONDecoder(parse_int=float)
_CONSTANT = re.compile(r'"(?:[^"\\]|\\.)*"|-?Infinity|NaN')


class JsonFields:
    """Some fields of objects as they are written: digits, escapes, order, names that stand twice.

    NaN and Infinity, which are no JSON, become texts.
    """

    def __init__(self, origins: Sequence[tuple[str, ...]]) -> None:
        """Take the fields at these paths, of which none lies within another."""
        self.count = len(origins)
        self._tree: dict[str, Any] = {}
        for number, origin in enumerate(origins):
            here = self._tree
            for part in origin[:-1]:
                here = here.setdefault(part, {})
            here[origin[-1]] = number

    def of_all(self, lines: Iterable[bytes]) -> tuple[list[dict[str, Any]], list[list[str | None]]]:
        """Return the object of each line, its numbers as doubles, and of each field its texts.

        A field that is null or absent is None. Raises ValueError, ArithmeticError, RecursionError.
        """
        objects: list[dict[str, Any]] = []
        columns: list[list[str | None]] = [[] for _ in range(self.count)]
        for line in lines:
            text = line.decode()
            found: list[str | None] = [None] * self.count
            value, end = self._object(text, 0, self._tree, found)
            if end != len(text):
                raise ValueError("more than one value in a line")
            objects.append(value)
            for column, item in zip(columns, found, strict=True):
                column.append(item)
        return objects, columns

    def _object(
        self, text: str, start: int, wanted: dict[str, Any], found: list[str | None]
    ) -> tuple[dict[str, Any], int]:
        """Return the object that begins at `start`, and where what follows it begins."""
        values: dict[str, Any] = {}
        position = _after(_OPEN, text, start)
        if (empty := _NEXT.match(text, position)) and empty[1] == "}":
            return values, empty.end()
        while True:
            plain = _PLAIN_NAME.match(text, position)
            name, position = (plain[1], plain.end()) if plain else _name(text, position)
            below = wanted.get(name)
            if below is None:
                values[name], position = _VALUES.raw_decode(text, position)
            elif name in values:
                raise ValueError(f"{name} stands twice")
            elif isinstance(below, dict) and text.startswith("{", position):
                values[name], position = self._object(text, position, below, found)
            else:
                begin = position
                value, position = _VALUES.raw_decode(text, begin)
                values[name] = value
                if isinstance(below, int):
                    found[below] = None if value is None else _valid(text[begin:position])
                elif value is not None:
                    raise ValueError(f"{name} is no object, and fields below it are declared")
            more = _NEXT.match(text, position)
            if more is None:
                raise ValueError("an object is not closed")
            position = more.end()
            if more[1] == "}":
                return values, position


def json_text(text: str) -> str | None:
    """Return a text that holds one JSON value, without spaces around it; None where that is null.

    Raises ValueError, ArithmeticError, RecursionError for any other text.
    """
    stripped = text.strip(" \t\r\n")
    value, end = _VALUES.raw_decode(stripped)
    if end != len(stripped):
        raise ValueError("it is more than one JSON value")
    return None if value is None else _valid(stripped)


def _name(text: str, position: int) -> tuple[str, int]:
    """Return the name that begins at a position, and where its value begins."""
    name, position = _VALUES.raw_decode(text, position)
    return name, _after(_COLON, text, position)


def _after(pattern: re.Pattern[str], text: str, position: int) -> int:
    found = pattern.match(text, position)
    if found is None:
        raise ValueError(f"no JSON at character {position + 1}")
    return found.end()


def _valid(text: str) -> str:
    """Return a JSON text in which NaN and Infinity are texts."""
    if "NaN" not in text and "Infinity" not in text:
        return text
    return _CONSTANT.sub(lambda found: found[0] if found[0][0] == '"' else f'"{found[0]}"', text)
