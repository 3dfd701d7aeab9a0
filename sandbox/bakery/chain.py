"""The chain as its lookups say it: seeds/bakery_*.csv -> stores, products, who sells what."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

from sandbox.seeded_random import seeded_rng

SEEDS = Path(__file__).parents[2] / "seeds"
_SHARE_OF_PRODUCTS = 0.75


@dataclass(frozen=True)
class Store:
    """A store, where it stands and when it is open, in hours of its own clock."""

    store_id: str
    city: str
    time_zone: ZoneInfo
    opening_hour: int
    closing_hour: int

    def at(self, day: date, hours: float) -> datetime:
        """Return the moment at which the store's own clock shows `hours` on `day`."""
        clock = datetime.combine(day, time()) + timedelta(seconds=round(hours * 3600))
        return clock.replace(tzinfo=self.time_zone)


@dataclass(frozen=True)
class Product:
    """A product with its list price and cost in cents."""

    product_id: str
    name: str
    category: str
    unit: str
    list_price: int
    unit_cost: int
    shelf_life_days: int


@cache
def stores() -> tuple[Store, ...]:
    """Return the stores of the chain."""
    return tuple(
        Store(
            row["store_id"],
            row["city"],
            ZoneInfo(row["time_zone"]),
            int(row["opening_hour"]),
            int(row["closing_hour"]),
        )
        for row in _rows("bakery_stores")
    )


@cache
def products() -> tuple[Product, ...]:
    """Return everything that the chain bakes or pours."""
    return tuple(
        Product(
            row["product_id"],
            row["product_name"],
            row["category"],
            row["unit"],
            _cents(row["list_price_amount"]),
            _cents(row["unit_cost_amount"]),
            int(row["shelf_life_days"]),
        )
        for row in _rows("bakery_products")
    )


@cache
def assortment(seed: int, store_id: str) -> tuple[Product, ...]:
    """Return what a store sells: three quarters of all products."""
    count = round(_SHARE_OF_PRODUCTS * len(products()))
    chosen = seeded_rng(seed, "assortment", store_id).sample(products(), count)
    return tuple(sorted(chosen, key=lambda product: product.product_id))


def _rows(seed: str) -> Iterator[dict[str, str]]:
    with (SEEDS / f"{seed}.csv").open(encoding="utf-8", newline="") as lines:
        yield from csv.DictReader(lines)


def _cents(amount: str) -> int:
    whole, _, part = amount.partition(".")
    return int(whole) * 100 + int(part.ljust(2, "0"))
