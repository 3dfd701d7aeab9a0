"""The fleet: seed, cars and days -> reports in the order they arrive -> files in a folder.

Most reports arrive at once, some hours or days late, some twice, some again with a corrected value.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random

from pydantic import BaseModel

from lake.errors import ConfigurationError
from lake.private import private_folder
from sandbox.seeded_random import happens, hours, seeded_rng
from sandbox.telemetry.cars import car
from sandbox.telemetry.driving import Gauges, drive_one_day
from sandbox.telemetry.reports import CarReport, report

SEED = 7
FIRST_DAY = date(2025, 6, 1)
CLOCK = ".fleet"


class _Clock(BaseModel):
    """What the fleet follows from, and the days it has lived; kept beside the reports, hidden."""

    seed: int
    cars: int
    days: int


@dataclass(frozen=True)
class Reported:
    """How many files were dropped, and the day the fleet's calendar stands at."""

    files: int
    today: date


@dataclass(frozen=True)
class _Arrival:
    """A report, when it arrives and under which name."""

    arrived_at: datetime
    name: str
    car: CarReport


def is_filled(folder: Path) -> bool:
    """Return whether a fleet reports into this folder."""
    return (folder / CLOCK).exists()


def fill(folder: Path, cars: int = 12, days: int = 14, seed: int = SEED) -> Reported:
    """Make the folder, and drop in it what so many cars report in so many days.

    The same seed gives the same files. Raises ConfigurationError when a fleet is there already.
    """
    if is_filled(folder):
        raise ConfigurationError(
            f"{folder} has a fleet already", "let its time pass: firn sandbox advance telemetry"
        )
    private_folder(folder)
    return _live(folder, _Clock(seed=seed, cars=cars, days=0), days)


def advance(folder: Path, days: int) -> Reported:
    """Let so many days pass for the fleet of the folder, and drop what arrives meanwhile.

    Raises ConfigurationError when there is no fleet, or its calendar would pass the present.
    """
    if not is_filled(folder):
        raise ConfigurationError(f"{folder} has no fleet", "firn sandbox start telemetry")
    clock = _Clock.model_validate_json((folder / CLOCK).read_text(encoding="utf-8"))
    if _morning(clock.days + days) > datetime.now(UTC):
        raise ConfigurationError(
            f"the fleet's calendar stands at {_morning(clock.days).date()}: {days} days on it would"
            " pass the present",
            "advance by fewer days",
        )
    return _live(folder, clock, days)


def _live(folder: Path, clock: _Clock, days: int) -> Reported:
    start, end = _morning(clock.days), _morning(clock.days + days)
    lived = clock.model_copy(update={"days": clock.days + days})
    arrivals = [a for a in _arrivals(lived) if start <= a.arrived_at < end]
    arrivals.sort(key=lambda arrival: (arrival.arrived_at, arrival.name))
    for arrival in arrivals:
        report(folder, arrival.car, arrival.name)
    (folder / CLOCK).write_text(lived.model_dump_json(), encoding="utf-8")
    return Reported(len(arrivals), end.date())


def _arrivals(clock: _Clock) -> Iterator[_Arrival]:
    """Yield all that arrives from what the fleet's cars have lived, in no order of time."""
    for number in range(clock.cars):
        one = car(clock.seed, number, FIRST_DAY)
        gauges = Gauges(one.first_mileage_km, one.first_fuel_liters)
        for offset in range(clock.days):
            day = FIRST_DAY + timedelta(days=offset)
            rng = seeded_rng(clock.seed, "arrivals", number, day)
            for told in drive_one_day(clock.seed, one, gauges, day):
                yield from _ways_of(rng, told)


def _ways_of(rng: Random, told: CarReport) -> Iterator[_Arrival]:
    """Yield a report as it arrives: at once or late, perhaps again, perhaps corrected."""
    arrived_at = told.event_at + timedelta(seconds=2)
    if happens(rng, 0.04):
        arrived_at += hours(rng, 2, 60)
    yield _Arrival(arrived_at, told.file_name, told)
    if happens(rng, 0.02):
        again = arrived_at + hours(rng, 0.1, 30)
        yield _Arrival(again, told.file_name.replace(".json", "_again.json"), told)
    if happens(rng, 0.02):
        corrected = replace(
            told,
            fuel_liters=round(told.fuel_liters + rng.uniform(0.1, 0.4), 1),
            measured_at=told.measured_at + timedelta(seconds=rng.randint(1, 20)),
        )
        again = arrived_at + hours(rng, 0.1, 30)
        yield _Arrival(again, told.file_name.replace(".json", "_corrected.json"), corrected)


def _morning(days: int) -> datetime:
    return datetime.combine(FIRST_DAY, datetime.min.time(), UTC) + timedelta(days=days)
