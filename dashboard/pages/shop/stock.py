"""What is missing and what runs out: gold.inventory_health -> panels."""

from __future__ import annotations

from dashboard.drawing import charts
from dashboard.drawing.filters import any_of, row_of_filters, since_of
from dashboard.drawing.panels import Panel, board
from dashboard.pages.page import Visit
from dashboard.queries import shop
from dashboard.queries.sql import greatest, values_of
from dashboard.reading.conditions import equals, since

STOCK, PRODUCTS = "gold.inventory_health", "gold.dim_products"
PLACES = ("stock_date", "warehouse_id")
TROUBLE = ("shortage_quantity", "out_of_stock_incidents_count")
LEVELS = ("product_id", "on_hand_quantity", "days_on_hand")


def stock(visit: Visit) -> None:
    """Draw shortages, incidents, and what lasts the fewest days."""
    known = visit.read(STOCK, PLACES)
    newest = greatest(known, "stock_date")
    warehouses = [str(number) for number in values_of(known, "warehouse_id")]
    first, chosen = row_of_filters(
        lambda: since_of(newest), lambda: any_of("Warehouse", "warehouse", warehouses)
    )
    there = equals("warehouse_id", None if chosen is None else int(chosen))
    days = visit.read(STOCK, (*PLACES, *TROUBLE), [*since("stock_date", first), *there])
    by_day = shop.shortages(days)
    board(
        visit.zone,
        lambda: Panel(
            "Units missing by day",
            "How many units were missing when the level of each product was lowest on the day,"
            " over all products.",
            by_day,
            lambda found: charts.columns(found, "stock_date", "shortage_quantity"),
        ),
        lambda: Panel(
            "Out-of-stock incidents by day",
            "How many movements of the day took a product from above zero to zero or below.",
            by_day,
            lambda found: charts.columns(found, "stock_date", "out_of_stock_incidents_count"),
        ),
        lambda: Panel(
            "What runs out first",
            "The 20 products that last the fewest days at the pace of the last 90, on the newest"
            " day of the stock.",
            shop.running_out(
                visit.read(STOCK, (*PLACES, *LEVELS), [*since("stock_date", newest), *there]),
                visit.read(PRODUCTS, ("product_id", "product_name")),
            ),
            lambda found: charts.bars(found, "product", "days_on_hand"),
        ),
    )
