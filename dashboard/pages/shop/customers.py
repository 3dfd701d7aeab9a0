"""Who buys and comes back: gold.customer_360 and its monthly cohorts -> panels."""

from __future__ import annotations

from dashboard.drawing import charts
from dashboard.drawing.filters import any_of
from dashboard.drawing.panels import Panel, board
from dashboard.pages.page import Visit
from dashboard.queries import shop
from dashboard.queries.sql import values_of
from dashboard.reading.conditions import equals

CUSTOMERS, COHORTS = "gold.customer_360", "gold.customer_retention_monthly"
COHORT = ("cohort_month", "month_number", "cohort_size_count", "active_count", "retention_rate")


def customers(visit: Visit) -> None:
    """Draw segments, their worth, the risk that they leave, and who came back."""
    known = visit.read(CUSTOMERS, ("customer_country",))
    country = any_of("Country", "country", values_of(known, "customer_country"))
    rows = visit.read(
        CUSTOMERS,
        ("customer_country", "segment", "churn_risk", "lifetime_value_amount"),
        equals("customer_country", country),
    )
    board(
        visit.zone,
        lambda: Panel(
            "Customers by segment",
            "How many customers belong to each segment; what the segments mean stands in the"
            " description of gold.customer_360.",
            shop.segments(rows),
            lambda found: charts.bars(found, "segment", "customers_count"),
        ),
        lambda: Panel(
            "Lifetime value by segment",
            "Net revenue to date of all customers of a segment, in euro.",
            shop.segments(rows),
            lambda found: charts.bars(found, "segment", "lifetime_value_amount"),
        ),
        lambda: Panel(
            "Churn risk by segment",
            "How many buyers of each segment are likely to stay away, judged by how long ago they"
            " ordered; those who never ordered have no such risk.",
            shop.churn_risks(rows),
            lambda found: charts.bars(found, "segment", "customers_count", "churn_risk"),
        ),
        lambda: Panel(
            "Customers who came back",
            "Share of those who ordered first in a month that ordered again so many months later,"
            " all countries together.",
            shop.retention(visit.read(COHORTS, COHORT)),
            lambda found: charts.heat(found, "month_number", "cohort_month", "retention_rate"),
        ),
    )
