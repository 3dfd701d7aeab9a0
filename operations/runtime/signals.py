"""Commands that stay in the foreground: SIGINT or SIGTERM -> they end when it suits them."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType

from lake.locks import ProcessLock

LOCK_POLL_SECONDS = 0.5


@dataclass
class Stop:
    """Whether somebody asked the command to end."""

    is_asked: bool = False


@contextmanager
def until_signalled() -> Iterator[Stop]:
    """Yield what SIGINT and SIGTERM set; the second such signal raises KeyboardInterrupt."""
    stop = Stop()
    before: dict[int, signal._HANDLER] = {}

    def ask(number: int, _: FrameType | None) -> None:
        stop.is_asked = True
        signal.signal(number, signal.default_int_handler)

    for number in (signal.SIGINT, signal.SIGTERM):
        before[number] = signal.signal(number, ask)
    try:
        yield stop
    finally:
        for signalled, handler in before.items():
            signal.signal(signalled, handler)


@contextmanager
def held_until_signalled(lock: ProcessLock, on_wait: Callable[[str], None]) -> Iterator[Stop]:
    """Hold a lock; `on_wait` is told who holds it, if somebody else does.

    Yields a stop that is asked for already where the wait was ended before the lock was held.
    """
    with until_signalled() as stop:
        is_held = lock.acquire(0)
        if not is_held:
            on_wait(lock.holder)
        while not (is_held or stop.is_asked):
            is_held = lock.acquire(LOCK_POLL_SECONDS)
        try:
            yield stop
        finally:
            if is_held:
                lock.release()
