"""What the seed has decided about each customer, product and order: seed + id -> traits and plans.

Nothing of this is stored: the base fill and every later day draw the same traits from the same id,
so an order that is under way when the fill ends goes on as if nothing had happened.
"""

from dataclasses import dataclass
from datetime import timedelta
from functools import cache, lru_cache
from typing import Literal

from sandbox.seeded_random import happens, hours, seeded_rng


@dataclass(frozen=True)
class CustomerHabits:
    """How eagerly a customer comes back, and after how long without an order no longer."""

    weight: float
    patience: timedelta


@cache
def customer_habits(seed: int, customer_id: int) -> CustomerHabits:
    """Return a customer's habits: about half never come back, a few come back very often."""
    rng = seeded_rng(seed, "customer", customer_id)
    kind = rng.random()
    if kind < 0.42:
        return CustomerHabits(0.0, timedelta())
    if kind < 0.82:
        return CustomerHabits(rng.uniform(0.5, 1.5), timedelta(days=rng.randint(60, 240)))
    return CustomerHabits(
        min(rng.paretovariate(1.6), 4) * 2.5, timedelta(days=rng.randint(90, 300))
    )


@dataclass(frozen=True)
class ProductHabits:
    """How well a product sells, whether its supplier is slow, and when it is on sale (days)."""

    weight: float
    has_slow_supplier: bool
    launch_day: int
    retirement_day: int | None


@cache
def product_habits(seed: int, product_id: int) -> ProductHabits:
    """Return a product's habits; days count from the shop's opening."""
    rng = seeded_rng(seed, "product", product_id)
    weight = rng.lognormvariate(0, 0.9)
    is_slow = happens(rng, 0.12)
    launch_day = rng.randint(30, 420) if happens(rng, 0.2) else 0
    retirement_day = rng.randint(200, 540) if launch_day == 0 and happens(rng, 0.08) else None
    return ProductHabits(weight, is_slow, launch_day, retirement_day)


@dataclass(frozen=True)
class OrderPlan:
    """How an order will go; durations count from the step before (cancelling: from placing)."""

    method: Literal["card", "paypal", "bank_transfer", "invoice"]
    has_failed_attempt: bool
    pays_after: timedelta
    cancels_after: timedelta | None
    packs_after: timedelta
    delivery: Literal["on_time", "late", "lost"]


@lru_cache(maxsize=100_000)
def order_plan(seed: int, order_id: int) -> OrderPlan:
    """Return an order's plan: about 4 % are cancelled, 10 % late, one in 250 lost."""
    rng = seeded_rng(seed, "order", order_id)
    method: Literal["card", "paypal", "bank_transfer", "invoice"] = rng.choices(
        ("card", "paypal", "bank_transfer", "invoice"), (46, 30, 12, 12)
    )[0]
    is_slow = method in ("bank_transfer", "invoice")
    luck = rng.random()
    return OrderPlan(
        method=method,
        has_failed_attempt=not is_slow and happens(rng, 0.04),
        pays_after=hours(rng, 10, 72) if is_slow else hours(rng, 0.01, 0.5),
        cancels_after=hours(rng, 0.2, 8) if happens(rng, 0.04) else None,
        packs_after=hours(rng, 8, 40),
        delivery="late" if luck < 0.1 else "lost" if luck < 0.104 else "on_time",
    )


@dataclass(frozen=True)
class ReturnPlan:
    """When an item is sent back after its delivery, and looked at after the request."""

    requests_after: timedelta
    inspects_after: timedelta
    is_partial: bool
    is_resold: bool
    keeps_fee: bool


RETURN_WINDOW = timedelta(days=30)
"""The longest time from a delivery to the last thing that happens to its items."""


@lru_cache(maxsize=200_000)
def return_plan(seed: int, order_item_id: int) -> ReturnPlan | None:
    """Return how an item will be sent back, or None: about 94 % are kept."""
    rng = seeded_rng(seed, "item", order_item_id)
    if not happens(rng, 0.065):
        return None
    return ReturnPlan(
        requests_after=hours(rng, 24, 21 * 24),
        inspects_after=hours(rng, 48, 8 * 24),
        is_partial=happens(rng, 0.5),
        is_resold=happens(rng, 0.8),
        keeps_fee=happens(rng, 0.07),
    )
