"""Known customers: seed and number -> home store, habits, and who may come today."""

from dataclasses import dataclass
from functools import lru_cache

from sandbox.bakery.chain import stores
from sandbox.seeded_random import happens, seeded_rng

_AT_OPENING = 360
_NEW_A_DAY = 2


@dataclass(frozen=True)
class Customer:
    """A customer with a card: visits from `first_day` on, until `last_day` where there is one."""

    customer_id: str
    home_store_id: str
    weight: float
    first_day: int
    last_day: int | None


def guests_of(seed: int, store_id: str, day_number: int) -> list[Customer]:
    """Return the customers of a store who may come on a day, counted from the chain's first."""
    count = _AT_OPENING + _NEW_A_DAY * day_number
    known = (_customer(seed, number) for number in range(count))
    return [
        customer
        for customer in known
        if customer.home_store_id == store_id
        and customer.first_day <= day_number
        and (customer.last_day is None or day_number <= customer.last_day)
    ]


@lru_cache(maxsize=10_000)
def _customer(seed: int, number: int) -> Customer:
    """Return a customer: one in seven comes once, one in five stops, a few come daily."""
    rng = seeded_rng(seed, "customer", number)
    joined = max(0, (number - _AT_OPENING) // _NEW_A_DAY)
    kind = rng.random()
    if kind < 0.15:
        first_day = joined or rng.randint(0, 100)
        last_day: int | None = first_day
    else:
        first_day = joined
        last_day = first_day + rng.randint(10, 80) if happens(rng, 0.22) else None
    return Customer(
        customer_id=f"C{number + 1:04}",
        home_store_id=stores()[number % len(stores())].store_id,
        weight=min(rng.paretovariate(1.3), 12),
        first_day=first_day,
        last_day=last_day,
    )
