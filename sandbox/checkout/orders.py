"""What is ordered: a seed and an order's number -> its items, its amounts and what becomes of it.

All of it follows from the seed and the number, so nothing but the order's number and time has to be
remembered to know what happens to it next.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cache
from random import Random

from sandbox.seeded_random import happens, hours, seeded_rng

CUSTOMERS, PRODUCTS = 900, 120
ITEM_NUMBERS = 10
"""An item's number is its order's times this, plus its place."""

WRONG_TOTAL, NEGATIVE_TOTAL, EMPTY_ITEM = 0.02, 0.003, 0.002
LATE_ITEM, EARLY_ITEMS = 0.03, 0.03
PENDING, PAID, SHIPPED, CANCELLED = "pending", "paid", "shipped", "cancelled"
OPEN = (PENDING, PAID)


@dataclass(frozen=True)
class Item:
    """A row of checkout.order_items, and how long after its order it is written (or before it)."""

    order_item_id: int
    order_id: int
    product_id: int
    quantity: int
    unit_price: Decimal
    delay: timedelta

    def row(self) -> tuple[object, ...]:
        """Return the columns in their order, the last without the time of arrival."""
        return (
            self.order_item_id, self.order_id, self.product_id, self.quantity, self.unit_price
        )  # fmt: skip


@dataclass(frozen=True)
class Step:
    """What happens to an order, so long after it was placed."""

    after: timedelta
    status: str


@dataclass(frozen=True)
class Order:
    """A row of checkout.orders with its items and its life; `steps` are in the order of time."""

    order_id: int
    customer_id: int
    order_date: datetime
    total_amount: Decimal
    items: tuple[Item, ...]
    steps: tuple[Step, ...]

    def row(self, status: str = PENDING) -> tuple[object, ...]:
        """Return the columns in their order, without the time of arrival."""
        return self.order_id, self.customer_id, self.order_date, self.total_amount, status

    def state_at(self, moment: datetime) -> tuple[str, datetime]:
        """Return the status that the order has at a moment, and since when."""
        state = PENDING, self.order_date
        for step in self.steps:
            if self.order_date + step.after > moment:
                break
            state = step.status, self.order_date + step.after
        return state

    def next_step(self, status: str) -> Step | None:
        """Return what happens to the order after it has a status; None when nothing does."""
        reached = [PENDING, *(step.status for step in self.steps)]
        place = reached.index(status) if status in reached else len(reached)
        return self.steps[place] if place < len(self.steps) else None


def order_of(seed: int, order_id: int, order_date: datetime) -> Order:
    """Return the order of a number, placed at a time."""
    rng = seeded_rng(seed, "order", order_id)
    items = tuple(_items(rng, seed, order_id))
    total = sum((item.quantity * item.unit_price for item in items), Decimal(0))
    return Order(
        order_id,
        rng.randint(1, CUSTOMERS),
        order_date,
        _told(rng, total),
        items,
        tuple(_steps(rng)),
    )


def _items(rng: Random, seed: int, order_id: int) -> Iterator[Item]:
    is_early = happens(rng, EARLY_ITEMS)  # the service of the items was quicker than that of orders
    for place in range(rng.choice((1, 1, 2, 2, 2, 3, 4, 5))):
        delay = timedelta(seconds=-2 if is_early else 0)
        if happens(rng, LATE_ITEM):
            delay = timedelta(seconds=rng.randint(1, 8))
        product_id = 1 + int(PRODUCTS * rng.random() ** 2)  # the first ones sell best
        yield Item(
            order_id * ITEM_NUMBERS + place,
            order_id,
            product_id,
            0 if happens(rng, EMPTY_ITEM) else rng.choice((1, 1, 1, 2, 3)),
            _price(seed, product_id),
            delay,
        )


@cache
def _price(seed: int, product_id: int) -> Decimal:
    return Decimal(seeded_rng(seed, "price", product_id).randint(199, 24_999)).scaleb(-2)


def _told(rng: Random, total: Decimal) -> Decimal:
    """Return the total in the header: a few are not that of the items, fewer are below zero."""
    if happens(rng, NEGATIVE_TOTAL):
        return -total - 1
    if happens(rng, WRONG_TOTAL):
        return total + Decimal(rng.choice((-100, -1, 1, 495))).scaleb(-2)
    return total


def _steps(rng: Random) -> Iterator[Step]:
    """Yield what becomes of an order: most are paid and shipped at once, some take days."""
    paid = hours(rng, 1, 30) if happens(rng, 0.08) else timedelta(seconds=rng.randint(1, 20))
    over = hours(rng, 1, 40) if happens(rng, 0.15) else timedelta(seconds=rng.randint(5, 60))
    fate = rng.random()
    if fate < 0.04:  # left at the till
        return
    if fate < 0.09:
        yield Step(paid, CANCELLED)
        return
    yield Step(paid, PAID)
    yield Step(paid + over, CANCELLED if fate < 0.13 else SHIPPED)
