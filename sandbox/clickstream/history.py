"""Days that have passed: seed and days -> sessions -> messages in the order they arrive.

A day follows from the seed alone, so the messages that arrive in some days are found by living
those days and the few before them whose last messages are still on their way.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from random import Random

from pydantic import BaseModel, ConfigDict

from sandbox.clickstream.messages import HISTORY, Message, messages_of
from sandbox.clickstream.sessions import Event, EventType, Session
from sandbox.clickstream.visitors import choose_visitor
from sandbox.seeded_random import count_around, seeded_rng

FIRST_DAY = date(2025, 6, 17)  # two weeks before the day the shop stands at
DAYS_ON_THE_WAY = 4  # 72 hours late, 6 hours again, and a session that ends after midnight
_WEEKDAYS = (0.95, 0.9, 0.9, 0.95, 1.0, 1.15, 1.2)
_HOURS = (3, 2, 1, 1, 1, 2, 4, 6, 8, 9, 10, 11, 12, 11, 10, 10, 11, 12, 14, 16, 17, 15, 10, 6)
# Seconds before a step, shortest and longest.
_PAUSES = {
    EventType.VIEW_ITEM: (4, 75),
    EventType.ADD_TO_CART: (3, 25),
    EventType.REMOVE_FROM_CART: (2, 20),
    EventType.PURCHASE: (0.2, 3),
}


class Clock(BaseModel):
    """What a stream was made by, the days it has lived, and how often it was produced live."""

    model_config = ConfigDict(frozen=True)

    seed: int
    sessions: int
    days: int = 0
    runs: int = 0

    @property
    def today(self) -> date:
        """The first day whose messages have not arrived yet."""
        return FIRST_DAY + timedelta(days=self.days)


@dataclass(frozen=True)
class Arrival:
    """A message and when the broker was given it."""

    arrived_at: datetime
    message: Message


def arrivals(clock: Clock, days: int) -> list[Arrival]:
    """Return what arrives in the next days of the clock, in that order."""
    start, end = _morning(clock.days), _morning(clock.days + days)
    first = max(0, clock.days - DAYS_ON_THE_WAY)
    found = [
        arrival
        for number in range(first, clock.days + days)
        for arrival in _arrivals_from(clock, number)
        if start <= arrival.arrived_at < end
    ]
    return sorted(found, key=lambda arrival: arrival.arrived_at)


def _arrivals_from(clock: Clock, day_number: int) -> Iterator[Arrival]:
    """Yield all that ever arrives of a day's events."""
    rng = seeded_rng(clock.seed, "way", day_number)
    for event in day_events(clock, day_number):
        for message in messages_of(rng, event, HISTORY):
            yield Arrival(event.happened_at + timedelta(seconds=message.delay), message)


def day_events(clock: Clock, day_number: int) -> Iterator[Event]:
    """Yield the events of the sessions that begin on a day, session by session."""
    rng = seeded_rng(clock.seed, "day", day_number)
    morning = _morning(day_number)
    for _ in range(count_around(rng, clock.sessions * _WEEKDAYS[morning.weekday()])):
        hour = rng.choices(range(24), _HOURS)[0] + rng.random()
        session = Session(rng, choose_visitor(rng, clock.seed, day_number))
        yield from _lived(rng, session, morning + timedelta(hours=hour))


def _lived(rng: Random, session: Session, moment: datetime) -> Iterator[Event]:
    while step := session.next_step():
        moment += timedelta(seconds=rng.uniform(*_PAUSES[step.event_type]))
        yield session.event(step, moment)


def _morning(days: int) -> datetime:
    return datetime.combine(FIRST_DAY, time(), UTC) + timedelta(days=days)
