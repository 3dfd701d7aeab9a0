"""A store's shelves: what was sold and what lay there -> restock, use, waste and counts."""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC
from random import Random

from sandbox.bakery.chain import Product, assortment
from sandbox.bakery.rows import Row
from sandbox.bakery.selling import Shift
from sandbox.seeded_random import happens

_FIRST_GUESS = 4.0
_LONGEST_STORE_DAYS = 28


@dataclass
class Stock:
    """What lies in the stores in half units, and what is usually sold of it in a day."""

    halves: dict[tuple[str, str], int] = field(default_factory=dict)
    usual: dict[tuple[str, str], float] = field(default_factory=dict)

    def live(self, shift: Shift, sales: Sequence[Row]) -> list[Row]:
        """Let a shift happen to the shelves of its store; return its updates by time."""
        sold: Counter[str] = Counter()
        for line in sales:
            sold[line["product_id"]] += line["quantity"]
        rng = shift.rng("stock")
        updates = [
            update
            for product in assortment(shift.seed, shift.store.store_id)
            for update in self._updates(shift, rng, product, sold[product.product_id])
        ]
        updates.sort(key=lambda update: update["recorded_at"])
        for number, update in enumerate(updates, 1):
            update["update_id"] = f"{shift.store.store_id}-{shift.day:%y%m%d}-{number:03}"
        return updates

    def _updates(self, shift: Shift, rng: Random, product: Product, sold: int) -> list[Row]:
        place = shift.store.store_id, product.product_id
        halves = self.halves.get(place, 0)
        usual = self.usual.get(place, _FIRST_GUESS)
        opening, closing = shift.store.opening_hour, shift.store.closing_hour
        updates = []
        if halves < 2 * max(usual * 1.4, sold):
            days = min(product.shelf_life_days + 1, _LONGEST_STORE_DAYS)
            restock = 2 * math.ceil(max(usual * days, sold) * rng.uniform(1.05, 1.3))
            halves += restock
            updates.append(_update(shift, product, "restock", restock, opening - rng.random()))
        for used, hour in _uses(sold, (opening + closing) / 2, closing):
            halves -= 2 * used
            updates.append(_update(shift, product, "use", 2 * used, hour))
        wasted = _wasted(rng, product, halves)
        if wasted:
            halves -= wasted
            updates.append(_update(shift, product, "waste", wasted, closing + rng.random() / 4))
        if (int(product.product_id[1:]) + shift.day.toordinal()) % 7 == 0:
            halves = max(0, halves + 2 * rng.choice((-2, -1, 0, 0, 0, 0, 1)))
            updates.append(_update(shift, product, "count", halves, closing + 0.5))
        self.halves[place] = halves
        self.usual[place] = 0.9 * usual + 0.1 * sold
        return updates


def _uses(sold: int, midday: float, closing: float) -> list[tuple[int, float]]:
    if sold > 4:
        return [(sold // 2, midday), (sold - sold // 2, closing)]
    return [(sold, closing)] if sold else []


def _wasted(rng: Random, product: Product, halves: int) -> int:
    if product.shelf_life_days == 1:
        return round(max(halves, 0) * rng.uniform(0.3, 0.9) / 2) * 2
    smallest = 1 if product.unit == "slice" else 2
    return min(smallest * rng.randint(1, 3), max(halves, 0)) if happens(rng, 0.12) else 0


def _update(shift: Shift, product: Product, change: str, halves: int, hour: float) -> Row:
    at = shift.store.at(shift.day, hour).astimezone(UTC)
    return {
        "update_id": "",
        "store_id": shift.store.store_id,
        "product_id": product.product_id,
        "change_type": change,
        "quantity": f"{halves / 2:g}",
        "unit": product.unit,
        "unit_cost": f"{product.unit_cost / 100:.2f}",
        "recorded_at": at.strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
