"""The cars' figures on rows that can be added up by hand."""

from dashboard.queries import telemetry
from tests.unit.dashboard.tables import at, day, money, rows, table

CARS = table(
    car_chassis=["A", "B", "C"],
    manufacturer=["Acme", "Acme", "Acme"],
    model=["One", "One", "Two"],
    current_mileage_km=[1.0, 2.0, 3.0],
    fuel_available_liters=["30", None, "5"],
    engine_temp_celsius=[90.0, None, 110.0],
    oil_pressure_psi=[40.0, 50.0, 60.0],
    insurance_provider=["X", None, "Y"],
    insurance_valid_until=[day(9), None, day(3)],
    telemetry_timestamp=[at(1), at(2), at(3)],
)


def test_what_is_not_known_comes_last() -> None:
    assert rows(telemetry.fuel_levels(CARS), "car_chassis") == [("C",), ("A",), ("B",)]
    assert rows(telemetry.engines(CARS), "car_chassis") == [("C",), ("A",), ("B",)]
    assert rows(telemetry.insurances(CARS), "car_chassis") == [("C",), ("A",), ("B",)]


DAYS = table(
    reported_date=[day(2), day(1), day(1)],
    car_chassis=["A", "A", "B"],
    km_driven=["100", "50", "10"],
    liters_used=["6", "4", "0"],
    refuels_count=[1, 0, 2],
)


def test_days_add_up_all_cars() -> None:
    found = telemetry.distance_by_day(DAYS)
    assert rows(found, "reported_date", "km_driven", "refuels_count") == [
        (day(1), money("60"), 2),
        (day(2), money("100"), 1),
    ]


def test_consumption_is_all_kilometres_by_all_litres() -> None:
    """150 km ÷ 10 l; the car that used nothing has none."""
    assert rows(telemetry.consumption(DAYS), "car_chassis", "km_per_liter") == [("A", 15.0)]


ALERTS = table(
    telemetry_timestamp=[at(23, 30), at(1), at(2)],
    car_chassis=["A", "B", "B"],
    limit_name=["hot", "hot", "oil"],
    measured_value=[120.0, 130.0, 10.0],
    limit_value=[110.0, 110.0, 20.0],
)


def test_the_day_of_an_alert_is_that_of_the_zone() -> None:
    found = telemetry.alerts_by_day(ALERTS, "Europe/Vienna")
    assert rows(found, "reported_date", "limit_name", "alerts_count") == [
        (day(1), "hot", 1),
        (day(1), "oil", 1),
        (day(2), "hot", 1),
    ]


def test_cars_with_most_alerts_come_first() -> None:
    found = telemetry.alerts_by_car(ALERTS)
    assert rows(found, "car_chassis", "limit_name") == [("B", "hot"), ("B", "oil"), ("A", "hot")]
    assert rows(telemetry.newest_alerts(ALERTS, limit=1), "car_chassis") == [("A",)]
