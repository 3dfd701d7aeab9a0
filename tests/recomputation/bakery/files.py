"""What the bakery's files say that can be used: a folder -> sales, updates, ratings, each once."""

import csv
import gzip
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from functools import cache
from pathlib import Path
from typing import Any, TypeAlias, TypeVar
from zoneinfo import ZoneInfo

from tests.recomputation.bakery.sentiment import score

SEEDS = Path(__file__).parents[3] / "seeds"

Place: TypeAlias = tuple[str, int]
Record: TypeAlias = Mapping[str, Any]


@dataclass(frozen=True)
class Sale:
    """A line of a ticket, on the day of its store's own calendar."""

    key: str
    at: datetime
    ticket: str
    store: str
    product: str
    customer: str | None
    category: str
    quantity: int
    price: Decimal
    discount: Decimal
    day: date

    @property
    def total(self) -> Decimal:
        """What was paid for the line."""
        return self.quantity * self.price - self.discount


@dataclass(frozen=True)
class Update:
    """A change of what lies in a store."""

    key: str
    at: datetime
    store: str
    product: str
    kind: str
    unit: str
    quantity: Decimal
    day: date


@dataclass(frozen=True)
class Rating:
    """What a guest thinks, and how it sounds."""

    key: str
    at: datetime
    store: str
    product: str | None
    customer: str | None
    rating: int
    sentiment: Decimal | None
    day: date


@dataclass(frozen=True)
class Bakery:
    """All that the files say and the rules let pass."""

    sales: tuple[Sale, ...]
    updates: tuple[Update, ...]
    ratings: tuple[Rating, ...]

    def before(self, day: date) -> "Bakery":
        """Return what was known the evening before a day."""
        return replace(
            self,
            sales=tuple(sale for sale in self.sales if sale.day < day),
            updates=tuple(update for update in self.updates if update.day < day),
            ratings=tuple(rating for rating in self.ratings if rating.day < day),
        )


def read_bakery(folder: Path) -> Bakery:
    """Return what the files below the landing folder say."""
    return Bakery(
        tuple(_newest(_usable(folder / "sales_events", _sale))),
        tuple(_newest(_usable(folder / "inventory_updates", _update))),
        tuple(_newest(_usable(folder / "customer_feedback", _rating))),
    )


@cache
def time_zones() -> dict[str, ZoneInfo]:
    """Return the clock of each store."""
    return {row["store_id"]: ZoneInfo(row["time_zone"]) for row in _seed("bakery_stores")}


def lead_times() -> dict[str, int]:
    """Return the days that each product takes to come."""
    return {row["product_id"]: int(row["lead_time_days"]) for row in _seed("bakery_products")}


def _seed(name: str) -> list[dict[str, str]]:
    with (SEEDS / f"{name}.csv").open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


Event = TypeVar("Event", Sale, Update, Rating)


def _usable(folder: Path, make: Callable[[Record], Event | None]) -> Iterator[tuple[Place, Event]]:
    for file in sorted(folder.iterdir()):
        if file.name.startswith("."):
            continue
        for number, record in enumerate(_records(file), 1):
            event = make(record)
            if event is not None:
                yield (f"{folder.name}/{file.name}", number), event


def _newest(events: Iterable[tuple[Place, Event]]) -> Iterator[Event]:
    """Yield one of each key: the latest, then of the greatest file, then of its last row."""
    kept: dict[str, tuple[Place, Event]] = {}
    for place, event in events:
        found = kept.get(event.key)
        if found is None or (event.at, place) > (found[1].at, found[0]):
            kept[event.key] = place, event
    for _, event in kept.values():
        yield event


def _records(file: Path) -> Iterator[Record]:
    content = file.read_bytes()
    text = (gzip.decompress(content) if file.suffix == ".gz" else content).decode()
    if ".csv" in file.suffixes:
        yield from csv.DictReader(text.splitlines())
    else:
        for line in text.splitlines():
            yield json.loads(line, parse_float=Decimal)


def _sale(record: Record) -> Sale | None:
    quantity, price = record["quantity"], _cents(record["unit_price"])
    discount = _cents(record["discount_amount"])
    if record["event_id"] is None or not isinstance(quantity, int) or quantity <= 0:
        return None
    if price < 0 or not 0 <= discount <= quantity * price:
        return None
    at = _moment(record["sold_at"])
    return Sale(
        key=record["event_id"],
        at=at,
        ticket=record["ticket_id"],
        store=record["store_id"],
        product=record["product_id"],
        customer=record["customer_id"],
        category=record["category"].strip().lower(),
        quantity=quantity,
        price=price,
        discount=discount,
        day=_day(record["store_id"], at),
    )


def _update(record: Record) -> Update | None:
    try:
        quantity = Decimal(record["quantity"])
    except InvalidOperation:
        return None
    if record["change_type"] not in ("restock", "use", "waste", "count"):
        return None
    at = _moment(record["recorded_at"])
    return Update(
        key=record["update_id"],
        at=at,
        store=record["store_id"],
        product=record["product_id"],
        kind=record["change_type"],
        unit=record["unit"],
        quantity=quantity,
        day=_day(record["store_id"], at),
    )


def _rating(record: Record) -> Rating | None:
    if not 1 <= record["rating"] <= 5:
        return None
    at = _moment(record["submitted_at"])
    return Rating(
        key=record["feedback_id"],
        at=at,
        store=record["store_id"],
        product=record["product_id"],
        customer=record["customer_id"],
        rating=record["rating"],
        sentiment=score(record["comment"]),
        day=_day(record["store_id"], at),
    )


def _cents(amount: Decimal | int) -> Decimal:
    return Decimal(amount).quantize(Decimal("0.01"))


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def _day(store: str, at: datetime) -> date:
    zone = time_zones().get(store, ZoneInfo("UTC"))
    return at.astimezone(zone).date()
