"""A clean end: SIGINT or SIGTERM -> a wish that a running command looks at."""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def asked_to_end() -> Iterator[Callable[[], bool]]:
    """Yield a function that says whether one of the signals came; a second one interrupts."""
    asked = Event()

    def ask(number: int, _: object) -> None:
        asked.set()
        signal.signal(number, signal.default_int_handler)

    before = [(number, signal.signal(number, ask)) for number in _SIGNALS]
    try:
        yield asked.is_set
    finally:
        for number, handler in before:
            signal.signal(number, handler)
