"""Stock in the warehouses: demand and levels -> receipts, stocktakes, where orders ship from."""

import math
from datetime import datetime, timedelta
from random import Random

from sandbox.seeded_random import happens
from sandbox.shop.demand import UNITS_PER_ORDER, expected_orders
from sandbox.shop.entities import OrderItem
from sandbox.shop.habits import product_habits
from sandbox.shop.state import ShopState
from sandbox.shop.vocabulary import catalogue

_REORDER_DAYS = 6
_TARGET_DAYS = 40


def replenish(state: ShopState, rng: Random) -> None:
    """Book today's receipts: the first stock of a new product, then whenever a level is low.

    Suppliers need about four days, slow ones about three weeks: some shelves run empty meanwhile.
    """
    active = [product for product in state.products.values() if product.is_active]
    weights = [product_habits(state.seed, product.product_id).weight for product in active]
    units = expected_orders(state.orders_wanted, state.today) * UNITS_PER_ORDER / sum(weights)
    for product, weight in zip(active, weights, strict=True):
        is_slow = product_habits(state.seed, product.product_id).has_slow_supplier
        for warehouse_id, plan in zip(state.warehouses, catalogue().warehouses, strict=True):
            daily = units * weight * plan.share
            level = state.on_hand.get((product.product_id, warehouse_id))
            is_low = level is not None and level <= math.ceil(daily * _REORDER_DAYS)
            if level is None or (is_low and happens(rng, 0.05 if is_slow else 0.28)):
                wanted = math.ceil(daily * _TARGET_DAYS) + rng.randint(3, 8) - (level or 0)
                at = state.morning + timedelta(seconds=rng.randint(5 * 3600, 7 * 3600))
                state.move_stock(product.product_id, warehouse_id, "receipt", max(1, wanted), at)


def take_stock(state: ShopState, rng: Random) -> None:
    """Book what last evening's stocktake found: now and then some units too few or too many."""
    pairs = sorted(state.on_hand)
    for _ in range(rng.randint(0, 2) if pairs else 0):
        product_id, warehouse_id = rng.choice(pairs)
        difference = rng.choice((-3, -2, -1, -1, -1, 1, 2))
        last_evening = state.morning - timedelta(hours=4)
        movement = state.move_stock(
            product_id, warehouse_id, "adjustment", difference, last_evening
        )
        movement.created_at = state.morning + timedelta(hours=7)


def choose_warehouse(state: ShopState, country: str, items: list[OrderItem]) -> int:
    """Return the warehouse that serves the country, or another one if only that has all items.

    When none has them, the country's own warehouse ships what is still on its way in: its level
    goes below zero until the receipt is booked.
    """
    plans = catalogue().warehouses
    ranked = sorted(
        zip(state.warehouses, plans, strict=True), key=lambda pair: country not in pair[1].serves
    )
    for warehouse_id, _ in ranked:
        levels = (state.on_hand.get((item.product_id, warehouse_id), 0) for item in items)
        if all(level >= item.quantity for level, item in zip(levels, items, strict=True)):
            return warehouse_id
    return ranked[0][0]


def book_sale(state: ShopState, warehouse_id: int, items: list[OrderItem], at: datetime) -> None:
    """Take the items of a shipment out of the warehouse's stock."""
    for item in items:
        state.move_stock(item.product_id, warehouse_id, "sale", -item.quantity, at)
