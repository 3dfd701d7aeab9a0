"""A store's day at the till: seed, store and day -> the lines of all its tickets."""

from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from random import Random

from sandbox.bakery.chain import Product, Store, assortment
from sandbox.bakery.customers import Customer, guests_of
from sandbox.bakery.rows import Row
from sandbox.seeded_random import count_around, happens, seeded_rng

_WEEKDAYS = (0.85, 0.85, 0.9, 0.95, 1.1, 1.35, 1.0)
_HOURS = (1, 1, 1, 1, 2, 5, 8, 11, 12, 9, 7, 8, 10, 8, 6, 6, 7, 7, 5, 4, 3, 2, 1, 1)
_METHODS = ("card", "cash", "phone")
_LINES = ((1, 2, 3, 4, 5), (30, 36, 20, 10, 4))
_UNITS = {
    "rolls": ((2, 3, 4, 6, 10), (30, 20, 26, 16, 8)),
    "viennoiserie": ((1, 2, 3, 4), (54, 28, 10, 8)),
}
_ONE_OR_TWO = ((1, 2), (86, 14))


@dataclass(frozen=True)
class Shift:
    """One store on one day; `number` counts days from the chain's first."""

    seed: int
    store: Store
    day: date
    number: int

    def rng(self, *about: object) -> Random:
        """Return the shift's own generator for one matter."""
        return seeded_rng(self.seed, self.store.store_id, self.day, *about)


def sell(shift: Shift, tickets: float) -> list[Row]:
    """Return the lines sold on a shift of about so many tickets, in the order of their times."""
    rng = shift.rng("sales")
    count = count_around(rng, tickets * _WEEKDAYS[shift.day.weekday()])
    buyers = _Buyers(shift)
    shelf = _Shelf(shift)
    lines: list[Row] = []
    for number, hours in enumerate(sorted(_hour(rng, shift.store) for _ in range(count)), 1):
        ticket = f"{shift.store.store_id}-{shift.day:%y%m%d}-{number:03}"
        header = {
            "ticket_id": ticket,
            "store_id": shift.store.store_id,
            "register_id": f"{shift.store.store_id}-R{rng.randint(1, 2)}",
            "customer_id": buyers.choose(rng),
        }
        at = shift.store.at(shift.day, hours)
        is_late = hours > shift.store.closing_hour - 2
        method = rng.choices(_METHODS, (60, 22, 18))[0]
        for place, product in enumerate(shelf.choose(rng), 1):
            line = _line(rng, shift, product, is_late=is_late)
            lines.append(
                {"event_id": f"{ticket}-{place}", **header, **line}
                | {"payment_method": method, "sold_at": _stamp(at)}
            )
    return lines


class _Buyers:
    """Who may come today: those who come just once do, the others by how often they like to."""

    def __init__(self, shift: Shift) -> None:
        guests = guests_of(shift.seed, shift.store.store_id, shift.number)
        self._once = [guest.customer_id for guest in guests if _comes_once(guest)]
        regulars = [guest for guest in guests if not _comes_once(guest)]
        self._ids = [guest.customer_id for guest in regulars]
        self._weights = [guest.weight for guest in regulars]

    def choose(self, rng: Random) -> str | None:
        """Return a customer's number, or None for somebody without a card."""
        if self._once:
            return self._once.pop()
        if not self._ids or happens(rng, 0.5):
            return None
        return rng.choices(self._ids, self._weights)[0]


def _comes_once(guest: Customer) -> bool:
    return guest.first_day == guest.last_day


class _Shelf:
    """What can be bought, drawn by how well it sells in this store."""

    def __init__(self, shift: Shift) -> None:
        self._products = assortment(shift.seed, shift.store.store_id)
        self._weights = [
            seeded_rng(
                shift.seed, "taste", shift.store.store_id, product.product_id
            ).lognormvariate(0, 0.8)
            for product in self._products
        ]

    def choose(self, rng: Random) -> list[Product]:
        """Return the products on one ticket, each of them once."""
        count = rng.choices(*_LINES)[0]
        chosen = rng.choices(self._products, self._weights, k=count)
        return list({product.product_id: product for product in chosen}.values())


def _line(rng: Random, shift: Shift, product: Product, *, is_late: bool) -> Row:
    quantity = rng.choices(*_UNITS.get(product.category, _ONE_OR_TWO))[0]
    price = _price(shift, product)
    percent = 30 if is_late and product.shelf_life_days == 1 else 10 if happens(rng, 0.05) else 0
    return {
        "product_id": product.product_id,
        "product_name": product.name,
        "category": product.category.upper() if happens(rng, 0.01) else product.category,
        "quantity": quantity,
        "unit_price": price / 100,
        "discount_amount": quantity * price * percent // 100 / 100,
    }


def _price(shift: Shift, product: Product) -> int:
    rises_on, raised = _rise(shift.seed, shift.store.store_id, product)
    return raised if shift.number >= rises_on else product.list_price


@cache
def _rise(seed: int, store_id: str, product: Product) -> tuple[int, int]:
    """Return the day on which a product becomes a little dearer in a store, and to what price."""
    rng = seeded_rng(seed, "price", store_id, product.product_id)
    rises_on, percent = rng.randint(10, 200), rng.choice((3, 5, 8))
    return rises_on, round(product.list_price * (100 + percent) / 100)


def _hour(rng: Random, store: Store) -> float:
    opening = range(store.opening_hour, store.closing_hour)
    return rng.choices(opening, [_HOURS[hour] for hour in opening])[0] + rng.random()


def _stamp(at: datetime) -> str:
    """Return a time as tills write it: of their own clock, with its distance from UTC."""
    return at.isoformat(timespec="seconds")
