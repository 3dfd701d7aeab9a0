"""How machines do: silver.bakery__equipment_metrics -> panels; gold has no readings."""

from __future__ import annotations

from datetime import UTC, datetime, time

from dashboard.drawing import charts
from dashboard.drawing.filters import one_of, row_of_filters, since_of
from dashboard.drawing.panels import Panel, board
from dashboard.pages.page import Visit
from dashboard.queries import bakery
from dashboard.queries.sql import greatest, values_of
from dashboard.reading.conditions import equals, since

TABLE = "silver.bakery__equipment_metrics"
KINDS = ("oven", "proofer", "mixer", "fridge")
FIGURES = ("equipment_id", "alert_level", "alert_reason", "temperature_celsius")


def ovens(visit: Visit) -> None:
    """Draw the temperatures of a store's machines of one kind, and the limits they broke."""
    known = visit.read(TABLE, ("recorded_at", "store_id"))
    first, store, kind = row_of_filters(
        lambda: since_of(greatest(known, "recorded_at").date(), "last 7 days"),
        lambda: one_of("Store", "store", values_of(known, "store_id")),
        lambda: one_of("Machines", "machines", KINDS),
    )
    where = [
        *since("recorded_at", datetime.combine(first, time(), UTC) if first else None),
        *equals("store_id", store),
        *equals("equipment_type", kind),
        *equals("is_deleted", value=False),
    ]
    rows = visit.read(TABLE, ("recorded_at", *FIGURES), where)
    board(
        visit.zone,
        lambda: Panel(
            "Temperature by hour",
            "Mean temperature of each machine in each hour, in degrees Celsius.",
            bakery.temperatures(rows),
            lambda found: charts.line(
                found, "hour_at", "average_temperature_celsius", "equipment_id"
            ),
        ),
        lambda: Panel(
            "Alerts by machine",
            "How many readings of each machine broke a limit of the seed bakery_equipment_limits.",
            bakery.alerts_by_machine(rows),
            lambda found: charts.bars(found, "equipment_id", "alerts_count", "alert_level"),
            empty="No reading of these machines broke a limit in the period.",
            fix="",
        ),
        lambda: Panel(
            "Newest alerts",
            "The newest 50 readings that broke a limit, and which limit.",
            bakery.newest_alerts(rows),
            empty="No reading of these machines broke a limit in the period.",
            fix="",
        ),
    )
