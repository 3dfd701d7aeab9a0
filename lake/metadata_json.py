"""A table's metadata -> JSON, again and again: of lists that grow, only what is new is encoded.

A table that is committed to every few seconds has thousands of snapshots after an hour, and each
metadata file names all of them.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from pydantic_core import to_json

LISTS = ("snapshots", "snapshot-log", "metadata-log")


class MetadataEncoder:
    """Encodes the metadata of one table, each time from what it knows of the time before.

    Threads may share one.
    """

    def __init__(self) -> None:
        """Know nothing yet."""
        self._lists: defaultdict[str, _GrowingList] = defaultdict(_GrowingList)
        self._lock = threading.Lock()

    def encode(self, document: Mapping[str, Any]) -> list[bytes]:
        """Return the document as JSON, in pieces."""
        with self._lock:
            return list(self._pieces(document))

    def _pieces(self, document: Mapping[str, Any]) -> Iterator[bytes]:
        lists = {name: document[name] for name in LISTS if document.get(name)}
        rest = to_json({name: value for name, value in document.items() if name not in lists})
        yield rest[:-1]
        has_names = len(rest) > len(b"{}")
        for name, items in lists.items():
            yield b"".join((b"," if has_names else b"", to_json(name), b":"))
            yield self._lists[name].encode(items)
            yield b"]"
            has_names = True
        yield b"}"


class _GrowingList:
    """A list as JSON: items are added at its end, and may be taken from its beginning."""

    def __init__(self) -> None:
        self._items: list[Any] = []
        self._sizes: list[int] = []  # of each item and the comma before it, in bytes
        self._json = bytearray()

    def encode(self, items: Sequence[Any]) -> bytes:
        """Return the list as JSON but for the bracket at its end; it is not empty."""
        gone = next((n for n, known in enumerate(self._items) if known is items[0]), None)
        kept = [] if gone is None else self._items[gone:]
        if len(kept) > len(items) or any(a is not b for a, b in zip(kept, items, strict=False)):
            kept = []
        dropped = len(self._items) - len(kept)
        del self._json[: sum(islice(self._sizes, dropped))], self._sizes[:dropped]
        for item in items[len(kept) :]:
            encoded = b"," + to_json(item)
            self._json += encoded
            self._sizes.append(len(encoded))
        self._items = list(items)
        self._json[:1] = b"["
        return bytes(self._json)
