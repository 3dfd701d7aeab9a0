"""The machines of a store: seed and day -> a reading of each every three hours."""

from datetime import UTC
from random import Random

from sandbox.bakery.rows import Row
from sandbox.bakery.selling import Shift
from sandbox.seeded_random import happens

_HOURS_BETWEEN = 3
_MACHINES = ("oven-1", "oven-2", "proofer-1", "mixer-1", "fridge-1", "fridge-2")
# Per kind of machine and measure: its mean, its spread, and how far it goes off when it goes wrong.
_MEASURES: dict[str, dict[str, tuple[float, float, float]]] = {
    "oven": {"temperature_celsius": (225, 12, 55), "power_kw": (14, 1.2, 6)},
    "proofer": {
        "temperature_celsius": (31, 2, 10),
        "humidity_percent": (78, 3.5, -20),
        "power_kw": (1.8, 0.2, 0),
    },
    "mixer": {"power_kw": (3, 0.4, 2), "vibration_mm_s": (4, 0.8, 6)},
    "fridge": {
        "temperature_celsius": (2.5, 0.8, 4.5),
        "humidity_percent": (78, 3, 15),
        "power_kw": (0.6, 0.1, 0),
    },
}
_ALL = ("temperature_celsius", "humidity_percent", "power_kw", "vibration_mm_s")


def read_machines(shift: Shift) -> list[Row]:
    """Return the day's readings of all machines of a store, by time."""
    rng = shift.rng("machines")
    return [
        _reading(rng, shift, machine, hour)
        for hour in range(0, 24, _HOURS_BETWEEN)
        for machine in _MACHINES
    ]


def _reading(rng: Random, shift: Shift, machine: str, hour: int) -> Row:
    kind = machine.split("-", maxsplit=1)[0]
    is_off = happens(rng, 0.015)
    measured = {
        name: round(rng.gauss(mean, spread) + (off * rng.uniform(0.5, 1.2) if is_off else 0), 2)
        for name, (mean, spread, off) in _MEASURES[kind].items()
    }
    at = shift.store.at(shift.day, hour + rng.random() / 2).astimezone(UTC)
    return {
        "reading_id": f"{shift.store.store_id}-{machine}-{shift.day:%y%m%d}{hour:02}",
        "equipment_id": f"{shift.store.store_id}-{machine}",
        "equipment_type": kind,
        "store_id": shift.store.store_id,
        **{name: measured.get(name) for name in _ALL},
        "recorded_at": at,
    }
