"""What visitors look at: categories with their price ranges -> products, the same on every run."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import accumulate
from random import Random

from sandbox.seeded_random import seeded_rng

# category: number of products, lowest and highest price in cents
_CATEGORIES = {
    "headphones": (9, 19_90, 349_00),
    "keyboards": (7, 24_90, 189_00),
    "monitors": (8, 119_00, 899_00),
    "phones": (10, 149_00, 1_299_00),
    "cables": (12, 4_90, 29_90),
    "chargers": (8, 9_90, 79_90),
    "cameras": (5, 199_00, 1_899_00),
    "speakers": (6, 29_90, 499_00),
}
_ASSORTMENT = 1  # the seed of the assortment, which all sandboxes share


@dataclass(frozen=True)
class Product:
    """A product with its category, its price in cents and how often it is looked at."""

    product_id: str
    category: str
    price: int
    popularity: float


@cache
def assortment() -> tuple[Product, ...]:
    """Return all products, by number."""
    categories = [name for name, (count, _, _) in _CATEGORIES.items() for _ in range(count)]
    return tuple(_product(number, category) for number, category in enumerate(categories, 1))


def choose(rng: Random) -> Product:
    """Return a product, popular ones more often."""
    return rng.choices(assortment(), cum_weights=_popularity())[0]


@cache
def _popularity() -> Sequence[float]:
    return tuple(accumulate(product.popularity for product in assortment()))


def _product(number: int, category: str) -> Product:
    rng = seeded_rng(_ASSORTMENT, "product", number)
    _, lowest, highest = _CATEGORIES[category]
    price = round(rng.triangular(lowest, highest, lowest + (highest - lowest) / 4), -1)
    return Product(f"P{number:03}", category, int(price), min(rng.paretovariate(1.1), 15))
