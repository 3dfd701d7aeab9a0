"""A visit: visitor -> products viewed, put into the cart, taken out, purchased -> events."""

import json
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from random import Random

from sandbox.clickstream.assortment import Product, choose
from sandbox.clickstream.visitors import Visitor
from sandbox.seeded_random import count_around, happens

PRICELESS_SHARE = 0.02
_VIEWS = 3.4  # after the first, on average
_ADDS, _REMOVES, _PURCHASES = 0.12, 0.06, 0.4
_QUANTITIES = ((1, 2, 3), (82, 14, 4))


class EventType(StrEnum):
    """What a visitor does."""

    VIEW_ITEM = "view_item"
    ADD_TO_CART = "add_to_cart"
    REMOVE_FROM_CART = "remove_from_cart"
    PURCHASE = "purchase"


@dataclass(frozen=True)
class Step:
    """One thing done with so many of a product."""

    event_type: EventType
    product: Product
    quantity: int


@dataclass(frozen=True)
class Event:
    """A step of a session, when it was taken; without a price where the shop's page lost it."""

    event_id: str
    session_id: str
    visitor: Visitor
    step: Step
    happened_at: datetime
    has_price: bool

    def document(self) -> dict[str, object]:
        """Return the event as the shop's pages send it."""
        product = self.step.product
        return {
            "event_id": self.event_id,
            "event_type": self.step.event_type,
            "event_timestamp": self.visitor.stamp(self.happened_at),
            "user_id": self.visitor.user_id,
            "session_id": self.session_id,
            "product_id": product.product_id,
            "category": product.category,
            "price": product.price / 100 if self.has_price else None,
            "quantity": self.step.quantity,
            "device": self.visitor.device,
        }

    def as_json(self) -> bytes:
        """Return the document's bytes."""
        return json.dumps(self.document(), separators=(",", ":")).encode()


class Session:
    """One visit: its steps are taken one after the other, at the times they are asked for."""

    def __init__(self, rng: Random, visitor: Visitor) -> None:
        """Begin a visit, which draws all it does from `rng`."""
        self._rng = rng
        self._visitor = visitor
        self._session_id = f"S{rng.getrandbits(64):016x}"
        self._steps = _steps(rng)

    def next_step(self) -> Step | None:
        """Return what the visitor does next, None when the visit is over."""
        return next(self._steps, None)

    def event(self, step: Step, happened_at: datetime) -> Event:
        """Return what is told of a step that was taken at that time."""
        event_id = str(uuid.UUID(int=self._rng.getrandbits(128), version=4))
        has_price = not happens(self._rng, PRICELESS_SHARE)
        return Event(event_id, self._session_id, self._visitor, step, happened_at, has_price)


def _steps(rng: Random) -> Iterator[Step]:
    """Yield a visit's steps: only what is in the cart is removed or purchased."""
    cart: dict[Product, int] = {}
    for _ in range(1 + count_around(rng, _VIEWS)):
        product = choose(rng)
        yield Step(EventType.VIEW_ITEM, product, 1)
        if happens(rng, _ADDS):
            quantity = rng.choices(*_QUANTITIES)[0]
            cart[product] = cart.get(product, 0) + quantity
            yield Step(EventType.ADD_TO_CART, product, quantity)
        if cart and happens(rng, _REMOVES):
            yield _removal(rng, cart)
    if happens(rng, _PURCHASES):
        for product, quantity in cart.items():
            yield Step(EventType.PURCHASE, product, quantity)


def _removal(rng: Random, cart: dict[Product, int]) -> Step:
    """Take some or all of a product out of the cart."""
    product = rng.choice(list(cart))
    quantity = rng.randint(1, cart[product])
    cart[product] -= quantity
    if not cart[product]:
        del cart[product]
    return Step(EventType.REMOVE_FROM_CART, product, quantity)
