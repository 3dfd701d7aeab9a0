"""Silver and gold of the clickstream by definition: messages -> Rows, without Spark, dbt or raw."""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from tests.recomputation.clickstream.messages import Message
from tests.recomputation.compare import Row, Rows

KEYS = {
    "silver.clickstream__events": ("event_id",),
    "gold.hourly_sales": ("hour_at",),
    "gold.category_sales": ("category",),
    "gold.top_products": ("product_id",),
    "gold.top_users": ("user_id",),
    "gold.sessions": ("session_id",),
    "gold.conversion_funnel": ("started_date",),
}
TYPES = ("view_item", "add_to_cart", "remove_from_cart", "purchase")
CENT, MILLIONTH = Decimal("0.01"), Decimal("0.000001")


@dataclass(frozen=True)
class Click:
    """An event as silver has it."""

    event_id: str
    user: str
    session: str
    product: str
    kind: str
    category: str
    device: str
    quantity: int
    price: Decimal | None
    at: datetime
    message: Message

    @property
    def revenue(self) -> Decimal:
        """What it brings if it is a purchase."""
        return ((self.price or Decimal(0)) * self.quantity).quantize(CENT)


def recompute(messages: Iterable[Message]) -> dict[str, Rows]:
    """Return silver and gold as these messages, and no others, have to make them."""
    clicks = list(_first_clicks(messages))
    bought = [click for click in clicks if click.kind == "purchase"]
    sessions = [_session(own) for own in _grouped(clicks, lambda click: click.session).values()]
    return {
        "silver.clickstream__events": _silver(clicks),
        "gold.hourly_sales": _hourly_sales(bought),
        "gold.category_sales": _category_sales(bought),
        "gold.top_products": _ranked("product_id", bought, lambda click: click.product),
        "gold.top_users": _ranked("user_id", bought, lambda click: click.user),
        "gold.sessions": Rows(SESSION_COLUMNS, [session.row() for session in sessions]),
        "gold.conversion_funnel": _funnel(sessions),
    }


def _first_clicks(messages: Iterable[Message]) -> Iterable[Click]:
    first: dict[str, Click] = {}
    for message in sorted(messages, key=lambda message: (message.offset, message.partition)):
        for click in _clicks(message):
            first.setdefault(click.event_id, click)
    return first.values()


def _clicks(message: Message) -> Iterator[Click]:
    """Yield the event of a message, or nothing where it has none that can be used."""
    try:
        sent = json.loads(message.value, parse_float=Decimal)
    except ValueError:
        return
    if isinstance(sent, dict) and _is_sound(sent):
        price = sent.get("price")
        yield Click(
            event_id=sent["event_id"],
            user=sent["user_id"].strip(" "),
            session=sent["session_id"].strip(" "),
            product=sent["product_id"].strip(" "),
            kind=_code(sent["event_type"]),
            category=_code(sent.get("category")),
            device=_code(sent.get("device")),
            quantity=sent["quantity"],
            price=None if price is None else Decimal(price),
            at=datetime.fromisoformat(sent["event_timestamp"]).astimezone(UTC),
            message=message,
        )


def _is_sound(sent: dict[str, Any]) -> bool:
    ids = ("event_id", "user_id", "session_id", "product_id")
    return (
        all((sent.get(column) or "").strip(" ") for column in ids)
        and _code(sent.get("event_type")) in TYPES
        and sent.get("event_timestamp") is not None
        and datetime.fromisoformat(sent["event_timestamp"]) < datetime.now(UTC)
        and isinstance(sent.get("quantity"), int)
        and 0 < sent["quantity"] <= 10_000
        and (sent.get("price") is None or sent["price"] >= 0)
    )


def _code(text: str | None) -> str:
    return (text or "").strip(" ").lower() or "unknown"


def _grouped(clicks: Iterable[Click], key: Callable[[Click], Any]) -> dict[Any, list[Click]]:
    groups: dict[Any, list[Click]] = {}
    for click in clicks:
        groups.setdefault(key(click), []).append(click)
    return groups


# the tables


def _silver(clicks: Iterable[Click]) -> Rows:
    columns = (
        "event_id", "user_id", "session_id", "product_id", "event_type", "category", "device",
        "quantity", "price_amount", "is_price_missing", "is_deleted", "occurred_at",
        "_kafka_topic", "_kafka_partition", "_kafka_offset",
    )  # fmt: skip
    return Rows(columns, [_silver_row(click) for click in clicks])


def _silver_row(click: Click) -> Row:
    price = (click.price or Decimal(0)).quantize(CENT)
    return (
        click.event_id, click.user, click.session, click.product, click.kind, click.category,
        click.device, click.quantity, price, click.price is None, False, click.at,
        "clickstream", click.message.partition, click.message.offset,
    )  # fmt: skip


def _sales(bought: list[Click]) -> tuple[int, int, Decimal]:
    """Return purchases, units and revenue."""
    revenue = sum((click.revenue for click in bought), Decimal("0.00"))
    return len(bought), sum(click.quantity for click in bought), revenue


SALES_COLUMNS = ("purchases_count", "units_count", "revenue_amount")


def _hourly_sales(bought: Iterable[Click]) -> Rows:
    hours = _grouped(bought, lambda click: click.at.replace(minute=0, second=0, microsecond=0))
    rows = [
        (hour, *_sales(own), sum(click.price is None for click in own))
        for hour, own in hours.items()
    ]
    return Rows(("hour_at", *SALES_COLUMNS, "unpriced_purchases_count"), rows)


def _category_sales(bought: Iterable[Click]) -> Rows:
    categories = _grouped(bought, lambda click: click.category)
    rows = [(category, *_sales(own)) for category, own in categories.items()]
    return Rows(("category", *SALES_COLUMNS), rows)


def _ranked(column: str, bought: Iterable[Click], key: Callable[[Click], str]) -> Rows:
    totals = [(name, *_sales(own)) for name, own in _grouped(bought, key).items()]
    totals.sort(key=lambda total: (-total[3], total[0].encode()))
    rows = [(rank, *total) for rank, total in enumerate(totals, 1)]
    return Rows(("revenue_rank", column, *SALES_COLUMNS), rows)


SESSION_COLUMNS = (
    "session_id", "user_id", "device", "furthest_step", "events_count", "purchases_count",
    "revenue_amount", "started_date", "started_at", "ended_at", "viewed_at", "carted_at",
    "purchased_at",
)  # fmt: skip


@dataclass(frozen=True)
class _Session:
    clicks: list[Click]  # in the order of time
    steps: tuple[datetime | None, ...]  # view, cart, purchase, each after the one before

    @property
    def began(self) -> date:
        return self.clicks[0].at.date()

    def row(self) -> Row:
        first, last = self.clicks[0], self.clicks[-1]
        purchases, _, revenue = _sales([c for c in self.clicks if c.kind == "purchase"])
        kinds = {click.kind for click in self.clicks}
        names = {"purchase": "purchase", "add_to_cart": "cart", "view_item": "view"}
        furthest = next((step for kind, step in names.items() if kind in kinds), "none")
        return (
            first.session, first.user, first.device, furthest, len(self.clicks), purchases,
            revenue, self.began, first.at, last.at, *self.steps,
        )  # fmt: skip


def _session(clicks: list[Click]) -> _Session:
    ordered = sorted(clicks, key=lambda click: (click.at, click.event_id.encode()))
    steps: list[datetime | None] = []
    since: datetime | None = ordered[0].at
    for kind in ("view_item", "add_to_cart", "purchase"):
        times = [c.at for c in ordered if c.kind == kind and since is not None and c.at >= since]
        since = times[0] if times else None
        steps.append(since)
    return _Session(ordered, tuple(steps))


def _funnel(sessions: Iterable[_Session]) -> Rows:
    reached: Counter[tuple[date, int]] = Counter()
    for session in sessions:
        passed = sum(step is not None for step in session.steps)
        reached.update((session.began, step) for step in range(passed + 1))
    rows = []
    for day in {day for day, _ in reached}:
        began, viewed, carted, bought = (reached[day, step] for step in range(4))
        rates = _rate(carted, viewed), _rate(bought, carted), _rate(bought, viewed)
        rows.append((day, began, viewed, carted, bought, *rates))
    columns = (
        "started_date", "sessions_count", "viewed_sessions_count", "carted_sessions_count",
        "purchased_sessions_count", "view_to_cart_rate", "cart_to_purchase_rate",
        "view_to_purchase_rate",
    )  # fmt: skip
    return Rows(columns, rows)


def _rate(part: int, whole: int) -> Decimal | None:
    if not whole:
        return None
    return (Decimal(part) / Decimal(whole)).quantize(MILLIONTH, rounding=ROUND_HALF_UP)
