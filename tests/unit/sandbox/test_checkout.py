"""The checkout's orders: repeatable, whole, and wrong where they are meant to be."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from sandbox.checkout.live import Arrivals, Batch
from sandbox.checkout.orders import CANCELLED, PAID, PENDING, SHIPPED, Order, order_of

SEED = 7
AT = datetime(2025, 6, 1, 12, tzinfo=UTC)
ORDERS = [order_of(SEED, number, AT) for number in range(1, 2_001)]


def total_of(order: Order) -> Decimal:
    return sum((item.quantity * item.unit_price for item in order.items), Decimal(0))


def test_a_number_always_gives_the_same_order() -> None:
    assert [order_of(SEED, number, AT) for number in range(1, 2_001)] == ORDERS
    assert order_of(SEED + 1, 1, AT) != ORDERS[0]


def test_most_headers_agree_with_their_items_and_some_do_not() -> None:
    wrong = [order for order in ORDERS if order.total_amount != total_of(order)]
    assert 20 <= len(wrong) <= 80
    assert any(order.total_amount < 0 for order in wrong)
    assert any(item.quantity == 0 for order in ORDERS for item in order.items)


def test_an_order_goes_from_pending_to_paid_to_shipped_or_is_cancelled() -> None:
    lives = Counter(tuple(step.status for step in order.steps) for order in ORDERS)
    assert set(lives) == {(), (CANCELLED,), (PAID, CANCELLED), (PAID, SHIPPED)}
    assert lives[PAID, SHIPPED] > 1_600
    order = next(order for order in ORDERS if len(order.steps) == 2)
    paid, over = order.steps
    assert order.state_at(AT) == (PENDING, AT)
    assert order.state_at(AT + paid.after) == (PAID, AT + paid.after)
    assert order.state_at(AT + over.after)[0] == over.status
    assert (order.next_step(PENDING), order.next_step(PAID)) == (paid, over)
    assert order.next_step(over.status) is None


def written(arrivals: Arrivals, seconds: int) -> list[Batch]:
    batches = [arrivals.until(AT + timedelta(seconds=second)) for second in range(seconds)]
    return [*batches, arrivals.rest()]


def test_items_arrive_with_before_and_after_their_orders_each_once() -> None:
    arrivals = Arrivals(SEED)
    for order in ORDERS:
        arrivals.place(order.order_id, AT)
    order_in: dict[Any, int] = {}
    item_in: dict[Any, tuple[Any, int]] = {}
    for place, batch in enumerate(written(arrivals, 6)):
        order_in |= {row[0]: place for row in batch.orders}
        item_in |= {row[0]: (row[1], place) for row in batch.items}
    assert set(order_in) == {order.order_id for order in ORDERS}
    assert set(item_in) == {item.order_item_id for order in ORDERS for item in order.items}
    apart = Counter((place > order_in[order]) - (place < order_in[order])
                    for order, place in item_in.values())  # fmt: skip
    assert all(apart[side] > 50 for side in (-1, 0, 1))


def test_no_status_comes_before_the_one_before_it() -> None:
    arrivals = Arrivals(SEED)
    for number in range(1, 101):
        arrivals.place(number, AT)
    seen: dict[int, list[str]] = {}
    for batch in written(arrivals, 100):
        for number, status in batch.statuses.items():
            seen.setdefault(number, []).append(status)
    for number, statuses in seen.items():
        life = [step.status for step in order_of(SEED, number, AT).steps]
        assert statuses == life[: len(statuses)] or statuses == life[-1:]
