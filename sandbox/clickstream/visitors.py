"""Who comes: seed and number -> a visitor with a device and a clock; some come again and again."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from functools import lru_cache
from random import Random

from sandbox.seeded_random import seeded_rng

_AT_OPENING = 900
_NEW_A_DAY = 25
_FAITHFULNESS = 1.7  # the higher, the more visits are those of the first visitors
_DEVICES = (("phone", "desktop", "tablet"), (56, 35, 9))
# What clocks of visitors say: hours from UTC, and how exactly the time is written.
_OFFSETS = ((0, 2, -5, 5.5), (50, 30, 15, 5))
_PRECISIONS = (("milliseconds", "seconds", "microseconds"), (55, 35, 10))


@dataclass(frozen=True)
class Visitor:
    """A user with a device, whose events are stamped by its clock."""

    user_id: str
    device: str
    utc_offset_hours: float
    precision: str

    def stamp(self, moment: datetime) -> str:
        """Return a time as the device writes it, in ISO 8601: with its offset, Z for none."""
        if not self.utc_offset_hours:
            written = moment.astimezone(UTC).isoformat(timespec=self.precision)
            return written.replace("+00:00", "Z")
        zone = timezone(timedelta(hours=self.utc_offset_hours))
        return moment.astimezone(zone).isoformat(timespec=self.precision)


def choose_visitor(rng: Random, seed: int, day_number: int) -> Visitor:
    """Return who comes on a day, counted from the calendar's first: of later days more are new."""
    known = _AT_OPENING + _NEW_A_DAY * day_number
    return visitor(seed, int(known * rng.random() ** _FAITHFULNESS))


@lru_cache(maxsize=20_000)
def visitor(seed: int, number: int) -> Visitor:
    """Return the visitor of that number; it depends on the seed and the number alone."""
    rng = seeded_rng(seed, "visitor", number)
    return Visitor(
        user_id=f"U{number + 1:05}",
        device=rng.choices(*_DEVICES)[0],
        utc_offset_hours=rng.choices(*_OFFSETS)[0],
        precision=rng.choices(*_PRECISIONS)[0],
    )
