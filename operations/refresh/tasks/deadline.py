"""Ends a build when a task in it takes longer than it may: names and seconds -> who was late."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager


class Deadline:
    """The tasks of a build, and how long each may take."""

    def __init__(self, seconds: Mapping[str, float], end: Callable[[], None]) -> None:
        """Call `end` once, from a thread, when a task was not done in so many seconds."""
        self._seconds = dict(seconds)
        self._end = end
        self._is_over = threading.Event()
        self._done: set[str] = set()
        self.late: list[str] = []

    def done(self, name: str) -> None:
        """Take notice that a model was built."""
        self._done.add(name)

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Watch the time while inside."""
        thread = threading.Thread(target=self._watch, daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._is_over.set()
            thread.join()

    def _watch(self) -> None:
        began = time.monotonic()
        for limit in sorted(set(self._seconds.values())):
            if self._is_over.wait(max(0.0, began + limit - time.monotonic())):
                return
            self.late = [n for n, s in self._seconds.items() if s <= limit and n not in self._done]
            if self.late:
                self._end()
                return
