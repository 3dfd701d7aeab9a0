"""The cars' figures: the fleet, what it burns, which limits it breaks -> rows of charts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dashboard.queries.sql import query

if TYPE_CHECKING:
    import pyarrow as pa


def fuel_levels(cars: pa.Table) -> pa.Table:
    """Return the fuel of each car by its newest report, emptiest first."""
    return query(
        """
        select
            car_chassis,
            fuel_available_liters,
            manufacturer,
            model,
            current_mileage_km,
            telemetry_timestamp
        from cars
        order by fuel_available_liters nulls last, car_chassis
        """,
        cars=cars,
    )


def insurances(cars: pa.Table) -> pa.Table:
    """Return until when each car is insured, the earliest first; unknown ones last."""
    return query(
        """
        select car_chassis, insurance_valid_until, insurance_provider
        from cars
        order by insurance_valid_until nulls last, car_chassis
        """,
        cars=cars,
    )


def engines(cars: pa.Table) -> pa.Table:
    """Return temperature and oil pressure of each engine by its newest report, hottest first."""
    return query(
        """
        select car_chassis, engine_temp_celsius, oil_pressure_psi, telemetry_timestamp
        from cars
        order by engine_temp_celsius desc nulls last, car_chassis
        """,
        cars=cars,
    )


def distance_by_day(days: pa.Table) -> pa.Table:
    """Return kilometres, litres and refuellings of all cars, by day (UTC)."""
    return query(
        """
        select
            reported_date,
            sum(km_driven) as km_driven,
            sum(liters_used) as liters_used,
            sum(refuels_count)::bigint as refuels_count
        from days
        group by all
        order by reported_date
        """,
        days=days,
    )


def consumption(days: pa.Table) -> pa.Table:
    """Return kilometres per litre of each car over all these days, thirstiest first.

    It is all kilometres ÷ all litres, not a mean of days; cars that used no fuel are left out.
    """
    return query(
        """
        select
            car_chassis,
            round((sum(km_driven) / sum(liters_used))::double, 2) as km_per_liter,
            sum(km_driven) as km_driven,
            sum(liters_used) as liters_used
        from days
        group by all
        having sum(liters_used) > 0
        order by km_per_liter, car_chassis
        """,
        days=days,
    )


def alerts_by_day(alerts: pa.Table, zone: str) -> pa.Table:
    """Return how many reports broke each limit, by the day of that time zone."""
    return query(
        """
        select
            timezone($zone, telemetry_timestamp)::date as reported_date,
            limit_name,
            count(*) as alerts_count
        from alerts
        group by all
        order by reported_date, limit_name
        """,
        {"zone": zone},
        alerts=alerts,
    )


def alerts_by_car(alerts: pa.Table) -> pa.Table:
    """Return how many reports of each car broke which limit, cars with most first."""
    return query(
        """
        select car_chassis, limit_name, count(*) as alerts_count
        from alerts
        group by car_chassis, limit_name
        order by sum(count(*)) over (partition by car_chassis) desc, car_chassis, limit_name
        """,
        alerts=alerts,
    )


def newest_alerts(alerts: pa.Table, limit: int = 50) -> pa.Table:
    """Return the newest reports that broke a limit."""
    return query(
        """
        select telemetry_timestamp, car_chassis, limit_name, measured_value, limit_value
        from alerts
        order by telemetry_timestamp desc, car_chassis, limit_name
        limit $limit
        """,
        {"limit": limit},
        alerts=alerts,
    )
