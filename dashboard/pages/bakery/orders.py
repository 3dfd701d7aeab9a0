"""What to order today: gold.inventory_optimization -> panels."""

from __future__ import annotations

from dashboard.drawing import charts
from dashboard.drawing.filters import any_of
from dashboard.drawing.panels import Panel, board
from dashboard.pages.page import Visit
from dashboard.queries import bakery
from dashboard.queries.sql import values_of
from dashboard.reading.conditions import equals

SHELVES, PRODUCTS = "gold.inventory_optimization", "seeds.bakery_products"
FIGURES = (
    "store_id",
    "product_id",
    "status",
    "recommended_order_quantity",
    "unit",
    "on_hand_quantity",
    "days_of_cover",
)


def orders(visit: Visit) -> None:
    """Draw the orders to place, and how many shelves need one."""
    known = visit.read(SHELVES, ("store_id",))
    store = any_of("Store", "store", values_of(known, "store_id"))
    rows = visit.read(SHELVES, FIGURES, equals("store_id", store))
    board(
        visit.zone,
        lambda: Panel(
            "Shelves by status",
            "How many products of each store are to be ordered now, to be watched, or fine.",
            bakery.shelves_by_status(rows),
            lambda found: charts.bars(found, "store_id", "shelves_count", "status"),
        ),
        lambda: Panel(
            "Orders to place",
            "Units to order today, what is gone first at the top; the lead time of the product"
            " and a safety stock are counted in.",
            bakery.orders_to_place(rows, visit.read(PRODUCTS, ("product_id", "product_name"))),
            lambda found: charts.bars(found, "shelf", "recommended_order_quantity"),
            empty="Nothing is to be ordered today.",
            fix="",
        ),
    )
