"""A bounded hand-over between two threads that ends promptly on either side: items -> items."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator
from typing import Generic, TypeVar

Item = TypeVar("Item")


class AbandonedError(Exception):
    """The receiving side has stopped; whatever is put now would never be read."""


class Channel(Generic[Item]):
    """At most `capacity` items wait between the thread that puts and the one that iterates."""

    def __init__(self, capacity: int) -> None:
        """Make an open channel for up to `capacity` waiting items."""
        self._capacity = capacity
        self._items: deque[Item] = deque()
        self._changed = threading.Condition()
        self._ended = False
        self._abandoned = False
        self._error: BaseException | None = None

    def put(self, item: Item) -> None:
        """Hand `item` over, waiting for room. Raises AbandonedError when the receiver stopped."""
        with self._changed:
            self._changed.wait_for(lambda: len(self._items) < self._capacity or self._abandoned)
            if self._abandoned:
                raise AbandonedError
            self._items.append(item)
            self._changed.notify_all()

    def end(self, error: BaseException | None = None) -> None:
        """Say that nothing more will be put; `error` is raised at the receiver, ahead of items."""
        with self._changed:
            self._ended = True
            self._error = self._error or error
            self._changed.notify_all()

    def abandon(self) -> None:
        """Say that nothing more will be read: a waiting `put` raises at once, iteration ends."""
        with self._changed:
            self._abandoned = True
            self._items.clear()
            self._changed.notify_all()

    def __iter__(self) -> Iterator[Item]:
        """Yield items until the other side ends. Raises the error it ended with."""
        while True:
            with self._changed:
                self._changed.wait_for(lambda: bool(self._items) or self._ended or self._abandoned)
                if self._error is not None:
                    raise self._error
                if not self._items:
                    return
                item = self._items.popleft()
                self._changed.notify_all()
            yield item
