"""Commands that stay in the foreground: SIGINT or SIGTERM -> they end when it suits, or soon."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType
from typing import NoReturn

from lake.locks import ProcessLock

LOCK_POLL_SECONDS = 0.5
DEADLINE_SECONDS = 10.0


@dataclass
class Stop:
    """Whether somebody asked the command to end."""

    is_asked: bool = False


@contextmanager
def until_signalled() -> Iterator[Stop]:
    """Yield what SIGINT and SIGTERM set; the second such signal raises KeyboardInterrupt.

    A process that has not ended `DEADLINE_SECONDS` after that is ended as by the signal itself.
    """
    stop = Stop()
    before: dict[int, signal._HANDLER] = {}

    def ask(_: int, __: FrameType | None) -> None:
        stop.is_asked = True
        for asked in before:
            signal.signal(asked, _end)

    for number in (signal.SIGINT, signal.SIGTERM):
        before[number] = signal.signal(number, ask)
    try:
        yield stop
    finally:
        for signalled, handler in before.items():
            signal.signal(signalled, handler)


def _end(number: int, frame: FrameType | None) -> NoReturn:
    deadline = threading.Timer(DEADLINE_SECONDS, os._exit, [128 + number])
    deadline.daemon = True
    deadline.start()
    signal.default_int_handler(number, frame)


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
