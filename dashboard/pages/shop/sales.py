"""What is sold when, where and of what: gold.sales_daily -> panels."""

from __future__ import annotations

from dashboard.drawing import charts
from dashboard.drawing.filters import any_of, one_of, row_of_filters, since_of
from dashboard.drawing.panels import Panel, board
from dashboard.pages.page import Visit
from dashboard.queries import shop
from dashboard.queries.sql import greatest, values_of
from dashboard.reading.conditions import equals, since

TABLE = "gold.sales_daily"
NAMES = ("placed_date", "customer_country", "category_name")
AMOUNTS = ("gmv_amount", "discount_amount", "refund_amount", "net_revenue_amount", "units_count")


def sales(visit: Visit) -> None:
    """Draw revenue over time, by category and by country, and refunds."""
    known = visit.read(TABLE, NAMES)
    first, grain, country, category = row_of_filters(
        lambda: since_of(greatest(known, "placed_date")),
        lambda: one_of("By", "by", shop.GRAINS),
        lambda: any_of("Country", "country", values_of(known, "customer_country")),
        lambda: any_of("Category", "category", values_of(known, "category_name")),
    )
    where = [
        *since("placed_date", first),
        *equals("customer_country", country),
        *equals("category_name", category),
    ]
    rows = visit.read(TABLE, (*NAMES, *AMOUNTS), where)
    over_time = shop.revenue_over_time(rows, grain)
    board(
        visit.zone,
        lambda: Panel(
            f"Net revenue by {grain}",
            "What is left of the goods sold after discounts and refunds, in euro, by when the"
            " orders were placed.",
            over_time,
            lambda found: charts.line(found, "placed_date", "net_revenue_amount"),
        ),
        lambda: Panel(
            f"Refunds by {grain}",
            "What customers got back so far for the orders of that time, in euro.",
            over_time,
            lambda found: charts.columns(found, "placed_date", "refund_amount"),
        ),
        lambda: Panel(
            "Net revenue by country",
            "Net revenue of the period for each country that customers live in, most first.",
            shop.revenue_by(rows, "customer_country"),
            lambda found: charts.bars(found, "customer_country", "net_revenue_amount"),
        ),
        lambda: Panel(
            "Net revenue by category",
            "Net revenue of the period for each category of products, most first.",
            shop.revenue_by(rows, "category_name"),
            lambda found: charts.bars(found, "category_name", "net_revenue_amount"),
        ),
    )
