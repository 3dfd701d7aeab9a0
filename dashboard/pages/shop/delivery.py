"""How parcels arrive: gold.delivery_performance -> panels."""

from __future__ import annotations

from dashboard.drawing import charts
from dashboard.drawing.filters import any_of, one_of, row_of_filters, since_of
from dashboard.drawing.panels import Panel, board
from dashboard.pages.page import Visit
from dashboard.queries import shop
from dashboard.queries.sql import greatest, values_of
from dashboard.reading.conditions import equals, since

TABLE = "gold.delivery_performance"
NAMES = ("ship_date", "carrier", "customer_country")
FIGURES = (
    "shipments_count",
    "delivered_count",
    "on_time_rate",
    "average_placed_to_delivered_hours",
)


def delivery(visit: Visit) -> None:
    """Draw the share of parcels on time, and the carriers beside each other."""
    known = visit.read(TABLE, NAMES)
    first, grain, country, carrier = row_of_filters(
        lambda: since_of(greatest(known, "ship_date")),
        lambda: one_of("By", "by", ("week", "day", "month")),
        lambda: any_of("Country", "country", values_of(known, "customer_country")),
        lambda: any_of("Carrier", "carrier", values_of(known, "carrier")),
    )
    where = [
        *since("ship_date", first),
        *equals("customer_country", country),
        *equals("carrier", carrier),
    ]
    rows = visit.read(TABLE, (*NAMES, *FIGURES), where)
    board(
        visit.zone,
        lambda: Panel(
            f"Parcels on time by {grain}",
            "Share of the delivered parcels that arrived no later than promised, by when they were"
            " shipped.",
            shop.delivery_over_time(rows, grain),
            lambda found: charts.line(found, "ship_date", "on_time_rate"),
        ),
        lambda: Panel(
            "Hours to delivery by carrier",
            "Mean hours from order to delivery of delivered parcels, slowest carrier first.",
            shop.carriers(rows),
            lambda found: charts.bars(found, "carrier", "average_placed_to_delivered_hours"),
        ),
        lambda: Panel(
            "Parcels on time by carrier",
            "Share of each carrier's delivered parcels that arrived no later than promised.",
            shop.carriers(rows),
            lambda found: charts.bars(found, "carrier", "on_time_rate"),
        ),
        lambda: Panel(
            "Parcels by carrier",
            "How many parcels each carrier took, delivered or still on their way.",
            shop.carriers(rows),
            lambda found: charts.bars(found, "carrier", "shipments_count"),
        ),
    )
