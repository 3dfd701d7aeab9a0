"""A car's report as a file: what the car says -> one JSON document, whole as soon as it is seen."""

import json
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class CarReport:
    """What a car says of itself.

    `event_at` is when the event was first written down, and part of its identity; `measured_at`
    is when this version of it was measured. What is None is left out of the document.
    """

    car_chassis: str
    manufacturer: str
    model: str
    year: int
    mileage_km: float
    fuel_liters: float
    engine_celsius: float
    oil_psi: float
    measured_at: datetime
    event_at: datetime
    gas_type: str | None = None
    insurance_provider: str | None = None
    insurance_valid_until: date | None = None

    @property
    def file_name(self) -> str:
        """Return the name that the car gives the report's file."""
        return f"{self.car_chassis}_{self.event_at:%Y%m%dT%H%M%S}.json"

    def document(self) -> dict[str, Any]:
        """Return the report in the words of the cars' makers."""
        until = self.insurance_valid_until
        given = {
            "carChassis": self.car_chassis,
            "manufacturer": self.manufacturer,
            "model": self.model,
            "year": self.year,
            "metrics": {
                "currentMileageKm": self.mileage_km,
                "fuelAvailableLiters": self.fuel_liters,
                "engineTempCelsius": self.engine_celsius,
                "oilPressurePsi": self.oil_psi,
            },
            "gasType": self.gas_type,
            "insuranceProvider": self.insurance_provider,
            "insuranceValidUntil": until.isoformat() if until else None,
            "telemetryTimestamp": _in_iso(self.measured_at),
            "eventPrimaryTimestamp": _in_iso(self.event_at),
        }
        return {name: value for name, value in given.items() if value is not None}


def report(folder: Path, car: CarReport, name: str | None = None) -> Path:
    """Drop a report in the folder, by default under the car's own name for it; return its path.

    It is written under a hidden name and renamed, so that nobody sees a part of it.
    """
    place = folder / (name or car.file_name)
    unfinished = folder / f".{place.name}"
    unfinished.write_text(json.dumps(car.document(), indent=2) + "\n", encoding="utf-8")
    unfinished.replace(place)
    return place


def _in_iso(moment: datetime) -> str:
    """Return a time as the cars write it: with its offset, Z for none."""
    return moment.isoformat().replace("+00:00", "Z")
