"""The checkout: orders of this moment, how far they have come, and how late rows are readable."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from dashboard.drawing import charts
from dashboard.drawing.filters import any_of, one_of
from dashboard.drawing.panels import Panel, board
from dashboard.pages.page import Page, Visit
from dashboard.queries import checkout
from dashboard.queries.sql import greatest, values_of
from dashboard.reading.conditions import equals, since

if TYPE_CHECKING:
    import pyarrow as pa

MINUTES, FUNNEL = "gold.checkout_sales_by_minute", "gold.checkout_status_funnel"
ORDERS, LAGS = "gold.checkout_orders_live", "ops.lags"
WINDOWS = {"last 24 hours": 24, "last hour": 1, "last 7 days": 168}
FIGURES = ("orders_count", "units_count", "revenue_amount", "cancelled_orders_count")
AMOUNTS = ("total_amount", "items_amount", "difference_amount")
LAG = ("model_name", "readable_at", "is_root", "rows_count", "lag_seconds", "target_lag_seconds")


def live(visit: Visit) -> None:
    """Draw what is ordered minute by minute, up to the newest minute."""
    window = one_of("Window", "window", list(WINDOWS))
    newest = greatest(visit.read(MINUTES, ("minute_at",)), "minute_at")
    first = newest - timedelta(hours=WINDOWS[window])
    rows = visit.read(MINUTES, ("minute_at", *FIGURES), since("minute_at", first))
    minutes = checkout.sales_by_minute(rows)
    board(
        visit.zone,
        lambda: Panel(
            "Revenue by minute",
            f"What was ordered in each minute of the {window} before the newest order, in euro;"
            " cancelled orders do not count.",
            minutes,
            lambda found: charts.columns(found, "minute_at", "revenue_amount"),
        ),
        lambda: Panel(
            "Orders by minute",
            "How many orders that are not cancelled were placed in each minute.",
            minutes,
            lambda found: charts.columns(found, "minute_at", "orders_count"),
        ),
    )
    _lag_panels(visit)


def orders(visit: Visit) -> None:
    """Draw how far orders have come, and headers that disagree with their items."""
    known = visit.read(ORDERS, ("order_status",))
    status = any_of("Status", "status", values_of(known, "order_status"))
    counts = tuple(f"{name}_orders_count" for name in checkout.STATUSES)
    disagree = [*equals("is_consistent", value=False), *equals("order_status", status)]
    board(
        visit.zone,
        lambda: Panel(
            "Orders by day and status",
            "Orders of each day (UTC) by the status that they have now.",
            checkout.statuses_by_day(visit.read(FUNNEL, ("ordered_date", *counts))),
            lambda found: charts.columns(found, "ordered_date", "orders_count", "order_status"),
        ),
        lambda: Panel(
            "Orders that disagree with their items",
            "Orders whose header says another total than the sum of their items, newest first.",
            checkout.disagreeing(
                visit.read(
                    ORDERS,
                    ("order_id", "order_status", "ordered_at", "is_consistent", *AMOUNTS),
                    disagree,
                )
            ),
            empty="Every header agrees with its items.",
            fix="",
        ),
    )


def _lag_panels(visit: Visit) -> None:
    """Draw the lag of the checkout's tables below what they hold."""
    board(
        visit.zone,
        lambda: Panel(
            "Lag over time",
            "Seconds from a row's arrival in raw until it was readable in a table of the"
            " checkout, the longest of each commit.",
            checkout.lags_over_time(_lags(visit)),
            lambda found: charts.line(found, "readable_at", "lag_seconds", "model_name"),
            empty="No lag of the checkout's tables is recorded yet.",
            fix="firn refresh keeps them fresh and records their lag",
        ),
        lambda: Panel(
            "Lag against target",
            "Median, 95th percentile and longest lag of each table over its rows, beside the lag"
            " that it is allowed.",
            checkout.lags_of_tables(_lags(visit)),
            lambda found: charts.bars(found, "model_name", "p95_lag_seconds"),
            empty="No lag of the checkout's tables is recorded yet.",
            fix="firn refresh keeps them fresh and records their lag",
        ),
    )


def _lags(visit: Visit) -> pa.Table:
    return checkout.of_checkout(visit.lake.read(LAGS, LAG))


CHECKOUT = Page(
    "checkout",
    "Checkout",
    "What is ordered at this moment, how far orders have come, and how late that is known.",
    {"Live": live, "Orders": orders},
    source="checkout",
    live=frozenset({"Live"}),
)
