"""Where JSON objects end that follow one another: texts and buffers -> objects and positions."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from ingestion.formats.base import OwnWords
from ingestion.formats.chunks import after_last_line

_NEXT_OBJECT = re.compile(rb"\}\s*\{")
_NEXT_ON_LINE = re.compile(rb"\}[^\S\n]*\{")


def after_last_object(buffer: bytes) -> int:
    """Return where the last whole line of a buffer ends, -1 when there is none.

    Where a line is still open but holds several objects, those that another follows are whole.
    """
    cut = after_last_line(buffer)
    if cut > 0 or _NEXT_OBJECT.search(buffer) is None:
        return cut
    text = buffer.decode("utf-8", "surrogateescape")
    end = -1
    try:
        for start, _ in _spans(text):
            end = start or end
    except (ValueError, RecursionError):
        pass
    return len(text[:end].encode("utf-8", "surrogateescape")) if end > 0 else -1


def lines_in(data: bytes) -> list[bytes]:
    """Return the lines of a block; of one that holds several objects, each as a line."""
    lines = data.split(b"\n")[:-1]
    if _NEXT_ON_LINE.search(data) is None:
        return lines
    return [part for line in lines for part in parted(line)]


def parted(line: bytes) -> list[bytes]:
    """Return the objects of a line that follow one another; the line itself if it is no such."""
    if _NEXT_OBJECT.search(line) is None:
        return [line]
    try:
        text = line.decode()
        return [text[start:end].encode() for start, end in _spans(text)]
    except (ValueError, RecursionError):
        return [line]


def not_an_object(line: bytes, called: str = "the line") -> str | None:
    """Say why a line (or what it is `called`) holds no JSON object, None when it does."""
    try:
        value = json.loads(line.decode())
    except UnicodeDecodeError:
        return OwnWords(f"{called} is no UTF-8")
    except RecursionError:
        return OwnWords(f"{called} is nested too deeply")
    except ValueError as error:
        return f"{called} is no JSON: {error}"
    if isinstance(value, dict):
        return None
    return OwnWords(f"{called} holds no object but a {type(value).__name__}")


def require_object(value: object) -> None:
    """Raise ValueError for a value that is no JSON object."""
    if not isinstance(value, dict):
        raise ValueError(f"it holds no object but a {type(value).__name__}")


def after_space(text: str, position: int) -> int:
    """Return the first position from `position` on that holds no white space of JSON."""
    while position < len(text) and text[position] in " \t\r\n":
        position += 1
    return position


def _spans(text: str) -> Iterator[tuple[int, int]]:
    """Yield where each object of a text begins and ends. Raises ValueError for anything else."""
    decoder = json.JSONDecoder()
    position = after_space(text, 0)
    while position < len(text):
        value, end = decoder.raw_decode(text, position)
        require_object(value)
        yield position, end
        position = after_space(text, end)
