"""The cars: where the fleet stands, what it burns, which limits it breaks."""

from __future__ import annotations

from datetime import UTC, datetime, time

from dashboard.drawing import charts
from dashboard.drawing.filters import any_of, row_of_filters, since_of
from dashboard.drawing.panels import Panel, board
from dashboard.pages.page import Page, Visit
from dashboard.queries import telemetry
from dashboard.queries.sql import greatest, values_of
from dashboard.reading.conditions import equals, since

CARS, DAYS, ALERTS = "gold.current_state", "gold.fuel_efficiency", "gold.performance_alerts"
STATE = (
    "car_chassis",
    "manufacturer",
    "model",
    "current_mileage_km",
    "fuel_available_liters",
    "engine_temp_celsius",
    "oil_pressure_psi",
    "insurance_provider",
    "insurance_valid_until",
    "telemetry_timestamp",
)
FUEL = ("reported_date", "car_chassis", "km_driven", "liters_used", "refuels_count")
ALERT = ("telemetry_timestamp", "car_chassis", "limit_name", "measured_value", "limit_value")


def fleet(visit: Visit) -> None:
    """Draw what each car reported last."""
    known = visit.read(CARS, ("manufacturer",))
    maker = any_of("Manufacturer", "manufacturer", values_of(known, "manufacturer"))
    cars = visit.read(CARS, STATE, equals("manufacturer", maker))
    board(
        visit.zone,
        lambda: Panel(
            "Fuel by car",
            "Litres in the tank by each car's newest report, emptiest first.",
            telemetry.fuel_levels(cars),
            lambda found: charts.bars(found, "car_chassis", "fuel_available_liters"),
        ),
        lambda: Panel(
            "Engine temperature by car",
            "Degrees Celsius by each car's newest report, hottest first; the table has the oil"
            " pressure too.",
            telemetry.engines(cars),
            lambda found: charts.bars(found, "car_chassis", "engine_temp_celsius"),
        ),
        lambda: Panel(
            "Insurance",
            "The last day on which each car is insured, earliest first; empty where its newest"
            " report does not say.",
            telemetry.insurances(cars),
        ),
    )


def consumption(visit: Visit) -> None:
    """Draw how far the cars went and what they burnt."""
    known = visit.read(DAYS, ("reported_date", "car_chassis"))
    first, car = row_of_filters(
        lambda: since_of(greatest(known, "reported_date")),
        lambda: any_of("Car", "car", values_of(known, "car_chassis")),
    )
    rows = visit.read(DAYS, FUEL, [*since("reported_date", first), *equals("car_chassis", car)])
    board(
        visit.zone,
        lambda: Panel(
            "Kilometres by day",
            "Kilometres that all chosen cars drove on each day (UTC).",
            telemetry.distance_by_day(rows),
            lambda found: charts.columns(found, "reported_date", "km_driven"),
        ),
        lambda: Panel(
            "Consumption by car",
            "Kilometres per litre of each car over the period, thirstiest first.",
            telemetry.consumption(rows),
            lambda found: charts.bars(found, "car_chassis", "km_per_liter"),
        ),
    )


def alerts(visit: Visit) -> None:
    """Draw which cars broke which limits."""
    known = visit.lake.read(ALERTS, ("telemetry_timestamp", "limit_name"))
    newest = greatest(known, "telemetry_timestamp")
    first, limit = row_of_filters(
        lambda: since_of(newest and newest.date()),
        lambda: any_of("Limit", "limit", values_of(known, "limit_name")),
    )
    begin = datetime.combine(first, time(), UTC) if first else None
    where = [*since("telemetry_timestamp", begin), *equals("limit_name", limit)]
    rows = visit.lake.read(ALERTS, ALERT, where)
    none = "No report of the period broke a limit."
    board(
        visit.zone,
        lambda: Panel(
            "Alerts by day",
            "How many reports of each day broke which limit of the seed telemetry_limits.",
            telemetry.alerts_by_day(rows, visit.zone),
            lambda found: charts.columns(found, "reported_date", "alerts_count", "limit_name"),
            empty=none,
            fix="",
        ),
        lambda: Panel(
            "Alerts by car",
            "How many reports of each car broke which limit, cars with most first.",
            telemetry.alerts_by_car(rows),
            lambda found: charts.bars(found, "car_chassis", "alerts_count", "limit_name"),
            empty=none,
            fix="",
        ),
        lambda: Panel(
            "Newest alerts",
            "The newest 50 reports that broke a limit: what was measured, and the limit.",
            telemetry.newest_alerts(rows),
            empty=none,
            fix="",
        ),
    )


TELEMETRY = Page(
    "telemetry",
    "Telemetry",
    "Where the cars stand, what they burn, and which need a workshop.",
    {"Fleet": fleet, "Consumption": consumption, "Alerts": alerts},
    source="telemetry",
)
