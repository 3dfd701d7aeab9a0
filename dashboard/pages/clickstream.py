"""The clickstream: visits and purchases as they come, the funnel, what is bought most."""

from __future__ import annotations

from datetime import timedelta

from dashboard.drawing import charts
from dashboard.drawing.filters import any_of, one_of, row_of_filters, since_of
from dashboard.drawing.panels import Panel, board
from dashboard.pages.page import Page, Visit
from dashboard.queries import clickstream
from dashboard.queries.sql import greatest, values_of
from dashboard.reading.conditions import equals, since

SESSIONS, HOURS, DAYS = "gold.sessions", "gold.hourly_sales", "gold.conversion_funnel"
PRODUCTS, USERS, CATEGORIES = "gold.top_products", "gold.top_users", "gold.category_sales"
WINDOWS = {"last 48 hours": 48, "last 24 hours": 24, "last 7 days": 168}
SALES = ("purchases_count", "units_count", "revenue_amount")
VISIT = ("started_at", "ended_at", "device", "furthest_step", "events_count", "revenue_amount")


def live(visit: Visit) -> None:
    """Draw visits and purchases by hour, up to the newest visit, and the newest visits."""
    known = visit.read(SESSIONS, ("started_at", "device"))
    window, device = row_of_filters(
        lambda: one_of("Window", "window", list(WINDOWS)),
        lambda: any_of("Device", "device", values_of(known, "device")),
    )
    first = greatest(known, "started_at") - timedelta(hours=WINDOWS[window])
    where = [*since("started_at", first), *equals("device", device)]
    sessions = visit.read(SESSIONS, VISIT, where)
    columns = ("hour_at", *SALES, "unpriced_purchases_count")
    hours = visit.read(HOURS, columns, since("hour_at", first))
    board(
        visit.zone,
        lambda: Panel(
            "Visits by hour",
            f"How many visits began in each hour of the {window} before the newest visit.",
            clickstream.sessions_by_hour(sessions),
            lambda found: charts.columns(found, "hour_at", "sessions_count", "device"),
        ),
        lambda: Panel(
            "Revenue by hour",
            "What was paid for what was bought in each hour, in euro, on all devices.",
            clickstream.purchases_by_hour(hours),
            lambda found: charts.columns(found, "hour_at", "revenue_amount"),
            empty="Nothing was bought in this window.",
        ),
        lambda: Panel(
            "Newest visits",
            "The 50 visits that began last, and how far each went.",
            clickstream.newest_sessions(sessions),
        ),
    )


def funnel(visit: Visit) -> None:
    """Draw how many visits end in a purchase, and where the others end."""
    known = visit.read(DAYS, ("started_date",))
    first = since_of(greatest(known, "started_date"))
    figures = ("started_date", *clickstream.STEPS, *clickstream.RATES)
    rows = visit.read(DAYS, figures, since("started_date", first))
    board(
        visit.zone,
        lambda: Panel(
            "From view to purchase",
            "Visits of the period that viewed something, those that then filled a cart, and those"
            " that then bought.",
            clickstream.steps(rows),
            lambda found: charts.bars(found, "step", "sessions_count"),
        ),
        lambda: Panel(
            "Conversion by day",
            "Share of the visits of each day (UTC) that went on from one step to the next.",
            clickstream.rates_by_day(rows),
            lambda found: charts.line(found, "started_date", "conversion_rate", "steps"),
        ),
    )


def top_lists(visit: Visit) -> None:
    """Draw the products, categories and visitors that bring most."""
    length = int(one_of("Length", "length", ("20", "10", "50")))
    board(
        visit.zone,
        lambda: Panel(
            "Top products",
            "Products by what was paid for them over all time, in euro.",
            clickstream.top(visit.read(PRODUCTS, ("product_id", *SALES)), "product_id", length),
            lambda found: charts.bars(found, "product_id", "revenue_amount"),
        ),
        lambda: Panel(
            "Top visitors",
            "Visitors by what they paid over all time, in euro.",
            clickstream.top(visit.read(USERS, ("user_id", *SALES)), "user_id", length),
            lambda found: charts.bars(found, "user_id", "revenue_amount"),
        ),
        lambda: Panel(
            "Top categories",
            "Categories by what was paid for their products over all time, in euro.",
            clickstream.top(visit.read(CATEGORIES, ("category", *SALES)), "category", length),
            lambda found: charts.bars(found, "category", "revenue_amount"),
        ),
    )


CLICKSTREAM = Page(
    "clickstream",
    "Clickstream",
    "Who visits the online shop, how many visits end in a purchase, and what is bought most.",
    {"Live": live, "Funnel": funnel, "Top lists": top_lists},
    source="clickstream",
    live=frozenset({"Live"}),
)
