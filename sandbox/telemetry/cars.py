"""The cars of the fleet: seed and number -> a car with its habits, the same on every run."""

import string
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from sandbox.seeded_random import happens, seeded_rng


@dataclass(frozen=True)
class Make:
    """A model of car as its maker describes it."""

    manufacturer: str
    model: str
    tank_liters: float
    liters_per_100_km: float
    gas_type: str


MAKES = (
    Make("Volkswagen", "Golf", 50, 5.8, "petrol"),
    Make("Volkswagen", "Passat", 66, 5.2, "diesel"),
    Make("Skoda", "Octavia", 50, 4.9, "diesel"),
    Make("Toyota", "Corolla", 43, 4.7, "petrol"),
    Make("Ford", "Focus", 52, 5.9, "petrol"),
    Make("Ford", "Transit", 70, 8.9, "diesel"),
    Make("Renault", "Clio", 42, 5.3, "petrol"),
    Make("Peugeot", "308", 53, 4.6, "diesel"),
    Make("BMW", "320d", 59, 5.0, "diesel"),
    Make("Volvo", "V60", 60, 6.7, "petrol"),
    Make("Fiat", "Panda", 37, 5.7, "lpg"),
    Make("Opel", "Astra", 48, 5.5, "petrol"),
)
INSURERS = ("Alpine Mutual", "Harbour Insurance", "Nordstern", "Safeway Direct")
# As in every vehicle identification number: no I, O or Q, which look like digits.
CHASSIS_SIGNS = "".join(sorted(set(string.ascii_uppercase + string.digits) - set("IOQ")))
CHASSIS_LENGTH = 17


@dataclass(frozen=True)
class Car:
    """A car, how it is driven, and what it tells of its papers."""

    number: int
    chassis: str
    make: Make
    year: int
    first_mileage_km: float
    first_fuel_liters: float
    km_a_day: float
    worn: float
    utc_offset_hours: int
    tells_gas_type: bool
    insurance_provider: str | None
    insurance_valid_until: date | None


def car(seed: int, number: int, first_day: date) -> Car:
    """Return the car of that number; it depends on the seed, its number and the first day alone."""
    rng = seeded_rng(seed, "car", number)
    make = rng.choice(MAKES)
    age = rng.randint(0, 14)
    is_insured = happens(rng, 0.4)
    return Car(
        number=number,
        chassis=_chassis(rng),
        make=make,
        year=first_day.year - age,
        first_mileage_km=round(rng.uniform(9_000, 19_000) * age + rng.uniform(20, 5_000), 1),
        first_fuel_liters=round(make.tank_liters * rng.uniform(0.3, 1), 1),
        km_a_day=rng.uniform(15, 130),
        worn=age / 14,
        utc_offset_hours=rng.choice((0, 0, 0, 1, 2)),
        tells_gas_type=happens(rng, 0.5),
        insurance_provider=rng.choice(INSURERS) if is_insured else None,
        insurance_valid_until=first_day + timedelta(days=rng.randint(20, 360))
        if is_insured and happens(rng, 0.8)
        else None,
    )


def _chassis(rng: Random) -> str:
    return "".join(rng.choice(CHASSIS_SIGNS) for _ in range(CHASSIS_LENGTH))
