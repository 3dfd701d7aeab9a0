"""A day of all stores: gold.daily_sales_summary -> panels."""

from __future__ import annotations

from datetime import date, timedelta

from dashboard.drawing import charts
from dashboard.drawing.filters import any_of, one_of, row_of_filters
from dashboard.drawing.panels import Panel, board
from dashboard.pages.page import Visit
from dashboard.queries import bakery
from dashboard.queries.sql import values_of
from dashboard.reading.conditions import equals, since, until

TABLE = "gold.daily_sales_summary"
NAMES = ("sold_date", "store_id", "category")
AMOUNTS = ("revenue_amount", "units_count", "discount_amount")
DAYS_BEFORE = timedelta(days=27)


def day(visit: Visit) -> None:
    """Draw a day by store and by category, and the four weeks that end with it."""
    known = visit.read(TABLE, ("sold_date", "store_id"))
    days = [found.isoformat() for found in reversed(values_of(known, "sold_date"))]
    chosen, store = row_of_filters(
        lambda: one_of("Day", "day", days),
        lambda: any_of("Store", "store", values_of(known, "store_id")),
    )
    that_day = date.fromisoformat(chosen)
    where = [
        *since("sold_date", that_day - DAYS_BEFORE),
        *until("sold_date", that_day),
        *equals("store_id", store),
    ]
    rows = visit.read(TABLE, (*NAMES, *AMOUNTS), where)
    board(
        visit.zone,
        lambda: Panel(
            "Revenue by store",
            f"What each store took on {chosen} by its own calendar, in euro; the table has the"
            " same day of the week before.",
            bakery.day_by_store(rows, that_day),
            lambda found: charts.bars(found, "store_id", "revenue_amount"),
        ),
        lambda: Panel(
            "Revenue by category",
            f"What was taken on {chosen} for each category of products, in euro.",
            bakery.day_by_category(rows, that_day),
            lambda found: charts.bars(found, "category", "revenue_amount"),
        ),
        lambda: Panel(
            "Revenue of four weeks",
            f"What was taken on each of the 28 days that end with {chosen}, in euro. Tills that"
            " were offline report late, so past days still change.",
            bakery.revenue_by_day(rows),
            lambda found: charts.columns(found, "sold_date", "revenue_amount"),
        ),
    )
