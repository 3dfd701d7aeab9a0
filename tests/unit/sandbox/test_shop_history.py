"""The base fill in memory: repeatable, and consistent row by row."""

import hashlib
from collections import defaultdict
from datetime import UTC, datetime

import pytest

from sandbox.shop.entities import TABLES, Order
from sandbox.shop.history import simulate_history
from sandbox.shop.state import ShopState, entities_in

ORDERS = 2_000
END = datetime(2025, 7, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def shop() -> ShopState:
    """Return a small shop after 18 months."""
    return simulate_history(7, ORDERS)


def fingerprint(state: ShopState) -> str:
    digest = hashlib.sha256()
    for table in TABLES:
        for row in entities_in(state, table.entity):
            digest.update(repr(row).encode())
    return digest.hexdigest()


def test_same_seed_gives_identical_rows(shop: ShopState) -> None:
    assert fingerprint(simulate_history(7, ORDERS)) == fingerprint(shop)


def test_rows_do_not_change_from_release_to_release() -> None:
    """Figures in the documentation come from this shop: a new hash means new figures there."""
    assert fingerprint(simulate_history(7, 200)) == (
        # pragma: allowlist nextline secret
        "1fcbefacf820d3062e4513b25261f0bf8a23938d3f2712cf1134fa84fff52b97"
    )


def test_other_seed_gives_other_rows(shop: ShopState) -> None:
    assert fingerprint(simulate_history(8, ORDERS)) != fingerprint(shop)


def test_shop_has_about_the_orders_asked_for(shop: ShopState) -> None:
    assert len(shop.orders) == pytest.approx(ORDERS, rel=0.1)


def test_nothing_has_happened_after_the_end(shop: ShopState) -> None:
    for table in TABLES:
        for column in table.columns:
            if column == "promised_at":  # the only time that lies ahead
                continue
            for row in entities_in(shop, table.entity):
                value = getattr(row, column)
                assert not isinstance(value, datetime) or value < END


def test_status_agrees_with_payments_and_shipment(shop: ShopState) -> None:
    for order in shop.orders.values():
        payments = [payment.status for payment in shop.payments_of[order.order_id]]
        shipment = shop.shipment_of.get(order.order_id)
        paid = [status for status in payments if status != "failed"]
        assert (shipment is not None) == (order.status in ("shipped", "delivered"))
        match order.status:
            case "placed":
                assert paid == ["pending"]
            case "paid" | "shipped":
                assert paid == ["captured"]
            case "delivered":
                assert paid in (["captured"], ["partially_refunded"])
                assert shipment is not None
                assert shipment.delivered_at is not None
            case "cancelled":
                assert paid in ([], ["refunded"])


def test_payment_is_the_order_total(shop: ShopState) -> None:
    for order in shop.orders.values():
        net = sum(item.net_amount for item in shop.items_of[order.order_id])
        total = net - order.discount_amount + order.shipping_amount + order.tax_amount
        assert {payment.amount for payment in shop.payments_of[order.order_id]} == {total}


def test_stock_is_the_sum_of_its_movements(shop: ShopState) -> None:
    levels: dict[tuple[int, int], int] = defaultdict(int)
    for movement in shop.movements:
        levels[movement.product_id, movement.warehouse_id] += movement.quantity

    assert levels == shop.on_hand


def test_every_shipped_item_left_the_warehouse_once(shop: ShopState) -> None:
    sold = -sum(row.quantity for row in shop.movements if row.kind == "sale")
    shipped = sum(
        item.quantity for order_id in shop.shipment_of for item in shop.items_of[order_id]
    )
    assert sold == shipped > 0


def test_some_orders_are_still_under_way(shop: ShopState) -> None:
    under_way = {order.status for order in entities_in(shop, Order) if isinstance(order, Order)}
    assert under_way == {"placed", "paid", "shipped", "delivered", "cancelled"}
