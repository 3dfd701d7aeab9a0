"""What goes wrong on the way: event -> its messages, now and then late, twice or malformed."""

import json
import math
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from random import Random

from sandbox.clickstream.sessions import Event
from sandbox.seeded_random import happens


class Kind(StrEnum):
    """What a message is: an event in time or late, the same again, or malformed in some way."""

    EVENT = "event"
    LATE = "late event"
    DUPLICATE = "duplicate"
    NOT_JSON = "not JSON"
    CUT_OFF = "cut off"
    INVALID_UTF8 = "invalid UTF-8"
    WRONG_TYPE = "wrong type"
    NO_EVENT_ID = "no event_id"
    TOMBSTONE = "tombstone"


EVENTS = (Kind.EVENT, Kind.LATE)
MALFORMED = tuple(kind for kind in Kind if kind not in {*EVENTS, Kind.DUPLICATE})
_WRONG_VALUES: tuple[dict[str, object], ...] = (
    {"quantity": "a few"},
    {"quantity": {}},
    {"price": "n/a"},
    {"event_timestamp": "just now"},
)
# Of all events, how many are late or come twice, and beside how many there is a malformed message.
SHARES: Mapping[Kind, float] = {
    Kind.LATE: 0.02,
    Kind.DUPLICATE: 0.01,
    **dict.fromkeys(MALFORMED, 0.0004),
}


@dataclass(frozen=True)
class Delays:
    """Seconds on the way: usually about `usual`; of what is late, and of what comes again."""

    usual: float
    late: tuple[float, float]
    again: tuple[float, float]


HISTORY = Delays(usual=2, late=(120, 72 * 3600), again=(1, 6 * 3600))
LIVE = Delays(usual=0.2, late=(2, 10), again=(0.1, 5))


@dataclass(frozen=True)
class Message:
    """What a broker is given, so many seconds after the event; a tombstone has no value."""

    kind: Kind
    key: bytes
    value: bytes | None
    delay: float


@dataclass
class Counts:
    """How many messages of each kind were produced."""

    of: Counter[Kind] = field(default_factory=Counter)

    @property
    def messages(self) -> int:
        """All of them."""
        return self.of.total()

    @property
    def events(self) -> int:
        """Different events, each told at least once in a message that can be read."""
        return sum(self.of[kind] for kind in EVENTS)

    @property
    def malformed(self) -> int:
        """Those that cannot be read as an event."""
        return sum(self.of[kind] for kind in MALFORMED)

    def __str__(self) -> str:
        """Say it in a line."""
        return (
            f"{self.messages:,} messages: {self.events:,} events,"
            f" {self.of[Kind.DUPLICATE]:,} duplicates, {self.malformed:,} malformed"
        )


def messages_of(rng: Random, event: Event, delays: Delays) -> Iterator[Message]:
    """Yield an event as messages: itself, perhaps again, perhaps a malformed one beside it."""
    key, value = event.session_id.encode(), event.as_json()
    is_late = happens(rng, SHARES[Kind.LATE])
    delay = _between(rng, delays.late) if is_late else rng.expovariate(1 / delays.usual)
    yield Message(Kind.LATE if is_late else Kind.EVENT, key, value, delay)
    if happens(rng, SHARES[Kind.DUPLICATE]):
        yield Message(Kind.DUPLICATE, key, value, delay + _between(rng, delays.again))
    for kind in MALFORMED:
        if happens(rng, SHARES[kind]):
            yield Message(kind, key, _malformed(rng, kind, event), delay)


def _between(rng: Random, seconds: tuple[float, float]) -> float:
    """Return a duration between two, short ones as often as long ones by their magnitude."""
    low, high = seconds
    return math.exp(rng.uniform(math.log(low), math.log(high)))


def _malformed(rng: Random, kind: Kind, event: Event) -> bytes | None:
    """Return something that was to tell of an event, and cannot be read."""
    value, document = event.as_json(), event.document()
    match kind:
        case Kind.TOMBSTONE:
            return None
        case Kind.CUT_OFF:
            return value[: rng.randint(1, len(value) - 1)]
        case Kind.INVALID_UTF8:
            return value.replace(b'"device":"', b'"device":"\xff\xfe')
        case Kind.WRONG_TYPE:
            return json.dumps({**document, **rng.choice(_WRONG_VALUES)}).encode()
        case Kind.NO_EVENT_ID:
            absent = {name: value for name, value in document.items() if name != "event_id"}
            return json.dumps(rng.choice((absent, {**document, "event_id": None}))).encode()
        case _:
            return f"{event.step.event_type} of {event.step.product.product_id}".encode()
