"""The recomputation itself, against a shop small enough to work out by hand."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import psycopg
import pytest

from tests.recomputation.compare import Rows, assert_same_rows
from tests.recomputation.readers import MART_KEYS, read_text, recompute

pytestmark = pytest.mark.postgres

TINY_SHOP = Path(__file__).with_name("tiny_shop")
KEYS = {**MART_KEYS, "order_item_discount_parts": ("order_item_id",)}

# of the pair that spans 91 days the text shows these days only
LONG_PAIR = (200, 2)
LONG_PAIR_DAYS = 91


def expected(name: str) -> Rows:
    return read_text(TINY_SHOP / f"{name}.csv")


def without_unlisted_days(rows: Rows, listed: Rows) -> Rows:
    """Return the rows of inventory_health but those days of the long pair that are not listed."""
    keys = {row[:3] for row in listed.values}
    return Rows(
        rows.columns,
        [row for row in rows.values if row[:2] != LONG_PAIR or row[:3] in keys],
    )


@pytest.mark.parametrize("name", [name for name in KEYS if name != "inventory_health"])
def test_the_tiny_shop_gives_what_was_worked_out_by_hand(tiny_shop: str, name: str) -> None:
    assert_same_rows(expected(name), recompute(tiny_shop, name), KEYS[name], name)


def test_the_tiny_shop_gives_the_stock_that_was_worked_out_by_hand(tiny_shop: str) -> None:
    listed = expected("inventory_health")
    stock = recompute(tiny_shop, "inventory_health")
    assert sum(row[:2] == LONG_PAIR for row in stock.values) == LONG_PAIR_DAYS
    assert_same_rows(
        listed,
        without_unlisted_days(stock, listed),
        KEYS["inventory_health"],
        "inventory_health",
    )


@pytest.mark.parametrize(
    ("refund", "net_revenue"), [("update 20.00", "-0.67"), ("insert 5.33", "9.50")]
)
def test_a_refund_is_restated_on_the_date_of_the_order(
    tiny_shop_copy: str, refund: str, net_revenue: str
) -> None:
    """14.83 with a refund of 4.50: -0.67 when it becomes 20.00, 9.50 when 5.33 come on top."""
    statements = {
        "update 20.00": "update shop.returns set refund_amount = 20.00 where return_id = 1",
        "insert 5.33": """
            insert into shop.returns
                (return_id, order_item_id, quantity, refund_amount, reason, requested_at)
            values (4, 11, 1, 5.33, 'damaged', '2024-12-24 12:00:00+00')""",
    }
    with psycopg.connect(tiny_shop_copy) as connection:
        connection.execute(statements[refund].encode())
    sales = recompute(tiny_shop_copy, "sales_daily")
    net = sales.in_order(["placed_date", "category_id", "net_revenue_amount"]).values
    assert (date(2024, 1, 10), 10, Decimal(net_revenue)) in net
    assert (date(2024, 12, 24)) not in {row[0] for row in net}


def test_the_percentile_lies_between_its_two_neighbours(tiny_shop_copy: str) -> None:
    """Four deliveries after 10, 20, 30 and 50 hours: place 0.95 x 3 = 2.85, so 30 + 0.85 x 20."""
    with psycopg.connect(tiny_shop_copy) as connection:
        connection.execute("delete from shop.shipments where order_id in (6, 7, 8, 9)")
        connection.execute("update shop.customers set country = 'DE'")
        connection.execute(
            """
            insert into shop.shipments (
                shipment_id, order_id, warehouse_id, carrier, shipping_cost,
                shipped_at, promised_at, delivered_at
            )
            select
                100 + orders.order_id, orders.order_id, 1, 'post', 1.00,
                '2024-05-05 12:00+00', '2024-05-05 12:00+00',
                '2024-05-05 12:00+00'::timestamptz + took.hours * interval '1 hour'
            from (values (6, 50), (7, 10), (8, 30), (9, 20)) as took (order_id, hours)
            inner join shop.orders on took.order_id = orders.order_id
            """
        )
    rows = recompute(tiny_shop_copy, "delivery_performance").in_order(
        ["carrier", "average_shipped_to_delivered_hours", "p95_shipped_to_delivered_hours"]
    )
    assert ("post", Decimal("27.5000"), Decimal("47.0000")) in rows.values


@pytest.mark.parametrize("name", KEYS)
def test_the_time_zone_of_the_connection_does_not_matter(tiny_shop: str, name: str) -> None:
    separator = "&" if "?" in tiny_shop else "?"
    tokyo = f"{tiny_shop}{separator}options=-c%20TimeZone%3DAsia/Tokyo"
    assert_same_rows(recompute(tiny_shop, name), recompute(tokyo, name), KEYS[name], name)


def test_the_recomputation_sees_a_shop_without_orders(empty_shop: str) -> None:
    for name in KEYS:
        assert recompute(empty_shop, name).values == []
