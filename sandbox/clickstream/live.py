"""The present: clock and rate -> events that happen as they are asked for -> messages, without end.

A session takes about one step a second: the rate gives how many go on at once.
"""

import heapq
from collections.abc import Callable, Iterator
from datetime import datetime
from itertools import count
from random import Random

from sandbox.clickstream.history import Clock
from sandbox.clickstream.messages import LIVE, Message, messages_of
from sandbox.clickstream.sessions import Event, Session
from sandbox.clickstream.visitors import choose_visitor
from sandbox.seeded_random import seeded_rng

_FEWEST_SESSIONS, _MOST_SESSIONS = 5, 1000


def live(clock: Clock, rate: float, now: Callable[[], datetime]) -> Iterator[list[Message]]:
    """Let one event happen at a time, `rate` of them a second; yield what arrives meanwhile.

    An event is stamped by `now` when it is asked for. Its message is held back for as many others
    as happen in its delay, so a late one arrives behind events that happened after it.
    """
    rng = seeded_rng(clock.seed, "live", clock.runs)
    on_the_way: list[tuple[float, int, Message]] = []
    numbers = count()
    for place, event in enumerate(_events(rng, clock, rate, now)):
        for message in messages_of(rng, event, LIVE):
            heapq.heappush(on_the_way, (place + message.delay * rate, next(numbers), message))
        arrived = []
        while on_the_way and on_the_way[0][0] <= place:
            arrived.append(heapq.heappop(on_the_way)[2])
        yield arrived


def _events(rng: Random, clock: Clock, rate: float, now: Callable[[], datetime]) -> Iterator[Event]:
    """Yield the steps of many sessions as they come; one that ends makes room for another."""
    sessions = [
        _session(rng, clock) for _ in range(round(min(max(rate, _FEWEST_SESSIONS), _MOST_SESSIONS)))
    ]
    while True:
        place = rng.randrange(len(sessions))
        step = sessions[place].next_step()
        if step is None:
            sessions[place] = _session(rng, clock)
        else:
            yield sessions[place].event(step, now())


def _session(rng: Random, clock: Clock) -> Session:
    return Session(rng, choose_visitor(rng, clock.seed, clock.days))
