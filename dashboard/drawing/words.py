"""Names for people: a column -> its title with its unit; a duration -> how long ago."""

from __future__ import annotations

from datetime import timedelta

_UNITS = {"_amount": " (€)", "_rate": " rate", "_count": "", "_seconds": " (s)", "_id": ""}
_SYMBOLS = {"km": "km", "liters": "l", "gmv": "GMV", "id": "number"}


def title_of(column: str) -> str:
    """Return the title of a column: its words, and the unit that its ending stands for."""
    for ending, unit in _UNITS.items():
        if column.endswith(ending) and column != ending[1:]:
            return _words(column.removesuffix(ending)) + unit
    return _words(column)


def ago(age: timedelta) -> str:
    """Return how long ago something was, in the largest unit that fits twice, such as `3 h ago`."""
    seconds = max(0, int(age.total_seconds()))
    for unit, length in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= 2 * length:
            return f"{seconds // length} {unit} ago"
    return f"{seconds} s ago"


def _words(column: str) -> str:
    words = [_SYMBOLS.get(word, word) for word in column.strip("_").split("_")]
    text = " ".join(words)
    return text[:1].upper() + text[1:]
