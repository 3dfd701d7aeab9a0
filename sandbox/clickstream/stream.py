"""The stream of a broker: filled with two weeks, moved on by days, or produced as time passes."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime

from lake.errors import ConfigurationError
from sandbox.clickstream.history import Clock, arrivals
from sandbox.clickstream.live import live
from sandbox.clickstream.messages import Counts
from sandbox.clickstream.topic import Delivery, make_topics, read_clock

SEED = 7
SESSIONS = 380  # a day
DAYS = 14
START = "firn sandbox start clickstream"
_LONGEST_WAIT = 0.1  # seconds until a wish to stop is noticed


@dataclass(frozen=True)
class Delivered:
    """How many messages were delivered, and the day the stream's calendar stands at."""

    counts: Counts
    today: date


def is_filled(servers: str) -> bool:
    """Return whether the broker has the stream. Raises EnvironmentFault when it does not answer."""
    return read_clock(servers) is not None


def fill(
    servers: str, *, sessions: int = SESSIONS, days: int = DAYS, seed: int = SEED
) -> Delivered:
    """Make the topic, and deliver what arrives in so many days of about so many sessions each.

    The same arguments give the same messages. Raises ConfigurationError when the broker has the
    stream already, or there is nothing to deliver.
    """
    if is_filled(servers):
        raise ConfigurationError(
            f"the broker at {servers} has a clickstream already",
            "let its time pass: firn sandbox advance clickstream",
        )
    if sessions < 1:
        raise ConfigurationError(f"a day cannot have {sessions} sessions", "ask for at least 1")
    make_topics(servers)
    return _live_on(servers, Clock(seed=seed, sessions=sessions), days)


def advance(servers: str, days: int) -> Delivered:
    """Let so many days pass for the stream, and deliver what arrives meanwhile.

    Raises ConfigurationError when there is none, or its calendar would pass the present.
    """
    return _live_on(servers, _clock(servers), days)


def produce(
    servers: str,
    rate: float,
    seconds: float | None = None,
    is_stopped: Callable[[], bool] = lambda: False,
) -> Counts:
    """Deliver events as they happen, `rate` a second, for so many seconds or until stopped.

    They are stamped with the present; the stream's calendar stays where it stands.
    Raises ConfigurationError when the broker has no stream, EnvironmentFault when it goes away.
    """
    if rate <= 0:
        raise ConfigurationError(f"cannot produce {rate} events a second", "ask for more than 0")
    clock = _clock(servers)
    delivery = Delivery(servers)
    # the next run gets other events, however this one ends
    delivery.set_clock(clock.model_copy(update={"runs": clock.runs + 1}))
    start = time.monotonic()
    for number, arrived in enumerate(live(clock, rate, lambda: datetime.now(UTC))):
        for message in arrived:
            delivery.send(message)
        due = start + (number + 1) / rate
        while (left := due - time.monotonic()) > 0 and not is_stopped():
            delivery.wait(min(left, _LONGEST_WAIT))
        if is_stopped() or (seconds is not None and time.monotonic() - start >= seconds):
            break
    delivery.finish()
    return delivery.counts


def _clock(servers: str) -> Clock:
    clock = read_clock(servers)
    if clock is None:
        raise ConfigurationError(f"the broker at {servers} has no clickstream", START)
    return clock


def _live_on(servers: str, clock: Clock, days: int) -> Delivered:
    _refuse_the_future(clock, days)
    delivery = Delivery(servers)
    for arrival in arrivals(clock, days):
        delivery.send(arrival.message, round(arrival.arrived_at.timestamp() * 1000))
    after = clock.model_copy(update={"days": clock.days + days})
    delivery.set_clock(after)
    return Delivered(delivery.counts, after.today)


def _refuse_the_future(clock: Clock, days: int) -> None:
    possible = (datetime.now(UTC).date() - clock.today).days
    if days < 1:
        raise ConfigurationError(f"cannot deliver {days} days of events", "give at least 1 day")
    if days > possible:
        raise ConfigurationError(
            f"the clickstream's calendar stands at {clock.today}: {days} days on it would pass the"
            " present",
            f"advance by at most {possible} days" if possible > 0 else "wait for tomorrow",
        )
