"""A table's metadata -> JSON, again and again: of lists that only grow, what is new is encoded.

A table that is committed to every few seconds has thousands of snapshots after an hour, and each
metadata file names all of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic_core import to_json

LISTS = ("snapshots", "snapshot-log", "metadata-log")
Encoded = dict[int, tuple[Any, bytes]]


class MetadataEncoder:
    """Encodes the metadata of one table; parts that are the same objects as before, once."""

    def __init__(self) -> None:
        """Know nothing yet."""
        self._encoded: dict[str, Encoded] = {}

    def encode(self, document: Mapping[str, Any]) -> bytes:
        """Return the document as JSON."""
        lists = {name: document[name] for name in LISTS if document.get(name)}
        rest = to_json({name: value for name, value in document.items() if name not in lists})
        parts = [
            b"".join((to_json(name), b":[", b",".join(self._items(name, items)), b"]"))
            for name, items in lists.items()
        ]
        content = rest[1:-1]
        return b"".join((b"{", b",".join([content, *parts] if content else parts), b"}"))

    def _items(self, name: str, items: Sequence[Any]) -> list[bytes]:
        """Return each item as JSON; what is kept holds the item too, so its id stays its own."""
        before = self._encoded.get(name, {})
        pairs = [before.get(id(item)) or (item, to_json(item)) for item in items]
        self._encoded[name] = {id(pair[0]): pair for pair in pairs}
        return [encoded for _, encoded in pairs]
