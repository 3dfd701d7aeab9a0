"""What arrives late or again: rows that the generator wrote -> changed rows for another file."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TypeVar

from sandbox.bakery.rows import Row
from tests.recomputation.bakery.files import Bakery, Rating, Sale, Update

FAR_AWAY = "S03"
Drop = Callable[[str, str, list[Row]], None]
Event = TypeVar("Event", Sale, Update, Rating)


def resend(bakery: Bakery, drop: Drop) -> None:
    """Send again, in files of greater names: a sale, an update and a rating that have changed.

    The sale went to another store and product, a day later; an update turned out to be a count of
    another product; a rating was about another product. A count and a sale come late.
    """
    sale = _middle([sale for sale in bakery.sales if sale.customer and sale.store != FAR_AWAY])
    drop(
        "sales_events",
        "9-again.jsonl",
        [
            sale_row(sale, sold_at=as_text(sale.at + timedelta(days=1)), store_id=FAR_AWAY),
            sale_row(sale, event_id="late-sale", quantity=7, unit_price=9.99),
        ],
    )
    update = _middle([update for update in bakery.updates if update.kind == "use"])
    other = _middle([u for u in bakery.updates if u.product != update.product])
    moved = {"change_type": "count", "product_id": other.product, "store_id": other.store}
    drop(
        "inventory_updates",
        "9-again.csv",
        [
            update_row(update, **moved),
            update_row(update, update_id="late-restock", change_type="restock", quantity=5),
        ],
    )
    rating = _middle([rating for rating in bakery.ratings if rating.sentiment])
    drop(
        "customer_feedback",
        "9-again.jsonl",
        [feedback_row(rating, product_id=sale.product, comment="Not good, not fresh.")],
    )


def sale_row(sale: Sale, **changes: object) -> Row:
    """Return a till's line for a sale, with changes."""
    row = {
        "event_id": sale.key,
        "ticket_id": sale.ticket,
        "store_id": sale.store,
        "register_id": f"{sale.store}-R1",
        "customer_id": sale.customer,
        "product_id": sale.product,
        "product_name": "anything",
        "category": sale.category,
        "quantity": sale.quantity,
        "unit_price": float(sale.price),
        "discount_amount": 0,
        "payment_method": "card",
        "sold_at": as_text(sale.at),
    }
    return row | changes


def update_row(update: Update, **changes: object) -> Row:
    """Return a store's note of an update, with changes."""
    row = {
        "update_id": update.key,
        "store_id": update.store,
        "product_id": update.product,
        "change_type": update.kind,
        "quantity": str(update.quantity),
        "unit": update.unit,
        "unit_cost": "1.00",
        "recorded_at": as_text(update.at),
    }
    return row | changes


def feedback_row(rating: Rating, **changes: object) -> Row:
    """Return a rating as a channel sends it, with changes; its comment is lost."""
    row = {
        "feedback_id": rating.key,
        "customer_id": rating.customer,
        "store_id": rating.store,
        "product_id": rating.product,
        "rating": rating.rating,
        "comment": None,
        "channel": "app",
        "submitted_at": as_text(rating.at),
    }
    return row | changes


def _middle(events: list[Event]) -> Event:
    """Return an event of the middle of the bakery's life."""
    return sorted(events, key=lambda event: (event.at, event.key))[len(events) // 2]


def as_text(at: datetime) -> str:
    """Return a time, which is UTC, as files write it."""
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")
