"""A day on the road: car, gauges and date -> trips -> what the car reports, in order of time."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone
from random import Random

from sandbox.seeded_random import happens, seeded_rng
from sandbox.telemetry.cars import Car
from sandbox.telemetry.reports import CarReport

KM_BETWEEN_REPORTS = 22.0
RESERVE = 0.16
OUTDOOR_CELSIUS = 14.0
WARM_CELSIUS = 91.0
WARM_UP_KM = 9.0
LAST_START_HOUR = 20  # so that a trip is over when the next day's first begins


@dataclass
class Gauges:
    """What stands on a car's dials; mileage only grows."""

    mileage_km: float
    fuel_liters: float


@dataclass(frozen=True)
class Leg:
    """A stretch of a trip that ends with a report."""

    km: float
    speed_km_h: float
    km_since_start: float


def drive_one_day(seed: int, car: Car, gauges: Gauges, day: date) -> Iterator[CarReport]:
    """Yield the day's reports, moving the gauges on; nothing on a day the car stands still."""
    rng = seeded_rng(seed, "day", car.number, day)
    if happens(rng, 0.12):
        return
    moment = datetime.combine(day, time(6), UTC) + timedelta(minutes=rng.randint(0, 100))
    for _ in range(rng.randint(1, 3)):
        if moment.hour >= LAST_START_HOUR or moment.date() > day:
            return
        _refuel_if_needed(rng, car, gauges)
        yield _measured(rng, car, gauges, moment, km_since_start=0)
        for leg in _legs(rng, car):
            gauges.mileage_km += leg.km
            used = leg.km * car.make.liters_per_100_km / 100 * rng.uniform(0.85, 1.2)
            gauges.fuel_liters = max(0.3, gauges.fuel_liters - used)
            moment += timedelta(seconds=round(leg.km / leg.speed_km_h * 3600))
            yield _measured(rng, car, gauges, moment, km_since_start=leg.km_since_start)
        moment += timedelta(minutes=rng.randint(40, 200))


def _legs(rng: Random, car: Car) -> Iterator[Leg]:
    """Yield a trip in stretches of at most KM_BETWEEN_REPORTS."""
    left = max(2.0, rng.gauss(car.km_a_day / 2, car.km_a_day / 6))
    driven = 0.0
    while left > 0.5:
        km = min(left, KM_BETWEEN_REPORTS * rng.uniform(0.6, 1))
        driven += km
        left -= km
        yield Leg(km, rng.uniform(28, 105), driven)


def _refuel_if_needed(rng: Random, car: Car, gauges: Gauges) -> None:
    """Fill up below the reserve; some drivers put it off, and get near to an empty tank."""
    tank = car.make.tank_liters
    is_low = gauges.fuel_liters < tank * RESERVE
    if gauges.fuel_liters < 2 or (is_low and happens(rng, 0.45)):
        gauges.fuel_liters = tank * rng.uniform(0.8, 1)


def _measured(
    rng: Random, car: Car, gauges: Gauges, moment: datetime, *, km_since_start: float
) -> CarReport:
    """Return what the car reports now; old cars run hot and lose oil pressure more often."""
    warmth = min(1.0, km_since_start / WARM_UP_KM)
    celsius = OUTDOOR_CELSIUS + (WARM_CELSIUS - OUTDOOR_CELSIUS) * warmth + rng.gauss(0, 2.5)
    psi = 62 - 18 * warmth + rng.gauss(0, 4)
    if warmth == 1.0 and happens(rng, 0.004 + 0.02 * car.worn):
        celsius = rng.uniform(110.5, 126)
    if happens(rng, 0.003 + 0.015 * car.worn):
        psi = rng.choice((rng.uniform(8, 19.9), rng.uniform(80.1, 96)))
    told_at = moment.astimezone(timezone(timedelta(hours=car.utc_offset_hours)))
    return CarReport(
        car_chassis=car.chassis,
        manufacturer=car.make.manufacturer,
        model=car.make.model,
        year=car.year,
        mileage_km=round(gauges.mileage_km, 1),
        fuel_liters=round(gauges.fuel_liters, 1),
        engine_celsius=round(celsius, 1),
        oil_psi=round(psi, 1),
        measured_at=told_at,
        event_at=told_at,
        gas_type=car.make.gas_type if car.tells_gas_type else None,
        insurance_provider=car.insurance_provider,
        insurance_valid_until=car.insurance_valid_until,
    )
