"""What becomes of orders: refunds, working hours, warehouses."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.shop.assortment import open_shop
from sandbox.shop.entities import Cents, Order, OrderItem
from sandbox.shop.fulfilment import _working_time, refund_for
from sandbox.shop.state import ShopState
from sandbox.shop.stock import choose_warehouse

AT = datetime(2024, 1, 2, tzinfo=UTC)
LINES = st.lists(
    st.tuples(st.integers(1, 9), st.integers(2, 90_000), st.floats(0, 0.5)), min_size=1, max_size=6
)


def shop_with(lines: list[tuple[int, int, float]], discount_share: float) -> ShopState:
    state = ShopState(7, 100, date(2024, 1, 2), lambda _: 1)
    order = Order(1, 1, "delivered", "EUR", Cents(0), Cents(0), Cents(0), AT, AT, AT)
    state.keep(order)
    for number, (quantity, price, share) in enumerate(lines, 1):
        discount = Cents(int(quantity * price * share))
        state.keep(OrderItem(number, 1, number, quantity, Cents(price), discount, AT, AT))
    net = sum(item.net_amount for item in state.items.values())
    order.discount_amount = Cents(int(net * discount_share))
    return state


def largest_remainder(discount: int, weights: list[int]) -> list[int]:
    total = sum(weights)
    parts = [discount * weight // total for weight in weights]
    rests = sorted(range(len(weights)), key=lambda i: (-(discount * weights[i] % total), i))
    for index in rests[: discount - sum(parts)]:
        parts[index] += 1
    return parts


@given(lines=LINES, discount_share=st.floats(0, 0.5))
def test_refund_never_exceeds_the_items_net_however_the_discount_is_split(
    lines: list[tuple[int, int, float]], discount_share: float
) -> None:
    state = shop_with(lines, discount_share)
    items = list(state.items.values())
    parts = largest_remainder(state.orders[1].discount_amount, [item.net_amount for item in items])
    for item, part in zip(items, parts, strict=True):
        whole = refund_for(state, item, item.quantity)
        assert 1 <= refund_for(state, item, 1) <= whole <= max(1, item.net_amount - part)


@pytest.mark.parametrize(
    ("wanted", "possible"),
    [
        ("2024-06-05 12:30", "2024-06-05 12:30"),  # a Wednesday at noon
        ("2024-06-05 03:15", "2024-06-05 07:15"),
        ("2024-06-05 18:00", "2024-06-06 07:00"),
        ("2024-06-09 12:00", "2024-06-10 12:00"),  # a Sunday
        ("2024-06-08 22:10", "2024-06-10 07:10"),  # the Saturday before
    ],
)
def test_warehouses_work_by_day_and_not_on_sundays(wanted: str, possible: str) -> None:
    at = datetime.fromisoformat(f"{wanted}+00:00")

    assert _working_time(at) == datetime.fromisoformat(f"{possible}+00:00")


@pytest.mark.parametrize(
    ("levels", "warehouse_id"),
    [
        ({1: 5, 2: 5, 3: 5}, 1),  # the country's own
        ({1: 1, 2: 1, 3: 5}, 3),  # the only one that has it all
        ({1: 1, 2: 1, 3: 1}, 1),  # nobody has it: the own one, below zero
        ({}, 1),
    ],
)
def test_order_ships_from_where_everything_is_in_stock(
    levels: dict[int, int], warehouse_id: int
) -> None:
    numbers = iter(range(1, 10_000))
    state = ShopState(7, 100, date(2024, 1, 1), lambda _: next(numbers))
    open_shop(state)
    own, *others = sorted(state.warehouses)
    by_rank = dict(zip((1, 2, 3), (own, *others), strict=True))
    product_id = min(state.products)
    for rank, level in levels.items():
        state.on_hand[product_id, by_rank[rank]] = level
    item = OrderItem(1, 1, product_id, 2, Cents(100), Cents(0), AT, AT)

    assert choose_warehouse(state, "DE", [item]) == by_rank[warehouse_id]
