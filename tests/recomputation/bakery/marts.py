"""The bakery's marts, by their definitions: what can be used of the files -> Rows of each mart."""

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import TypeVar
from zoneinfo import ZoneInfo

from tests.recomputation.bakery.exact import mean, rounded, rounded_double
from tests.recomputation.bakery.features import FEATURE_KEY, ml_features
from tests.recomputation.bakery.files import Bakery, Sale, Update, lead_times, time_zones
from tests.recomputation.compare import Row, Rows

WINDOW = 28
Item = TypeVar("Item")
Key = TypeVar("Key")


def grouped(items: Iterable[Item], key: Callable[[Item], Key]) -> dict[Key, list[Item]]:
    """Return items by their key, in their order."""
    groups: dict[Key, list[Item]] = defaultdict(list)
    for item in items:
        groups[key(item)].append(item)
    return groups


def daily_sales_summary(bakery: Bakery) -> Rows:
    """Return what each store sold each day, by category."""
    columns = (
        "store_id", "sold_date", "category", "tickets_count", "units_count", "revenue_amount",
        "discount_amount", "average_ticket_amount", "best_product_id",
    )  # fmt: skip
    groups = grouped(bakery.sales, lambda sale: (sale.store, sale.day, sale.category))
    return Rows(columns, [(*key, *_sold(lines)) for key, lines in groups.items()])


def _sold(lines: list[Sale]) -> Row:
    revenue = sum((line.total for line in lines), Decimal(0))
    tickets = len({line.ticket for line in lines})
    by_product: Counter[str] = Counter()
    for line in lines:
        by_product[line.product] += int(line.total * 100)
    return (
        tickets,
        sum(line.quantity for line in lines),
        rounded(revenue, 2),
        rounded(sum((line.discount for line in lines), Decimal(0)), 2),
        mean(revenue, tickets, 2),
        min(by_product, key=lambda product: (-by_product[product], product)),
    )


def customer_analytics(bakery: Bakery) -> Rows:
    """Return who comes how often, for how much, and what they think."""
    columns = (
        "customer_id", "visits_count", "visits_last_28_days_count", "spend_amount",
        "average_basket_amount", "favourite_category", "first_visit_date", "last_visit_date",
        "days_since_last_visit", "average_rating", "average_sentiment_score", "segment",
    )  # fmt: skip
    as_of = max(sale.day for sale in bakery.sales)
    opinions = grouped(bakery.ratings, lambda rating: rating.customer)
    rows: list[Row] = []
    for customer, lines in grouped(bakery.sales, lambda sale: sale.customer).items():
        if customer is None:
            continue
        stars = [rating.rating for rating in opinions.get(customer, ())]
        sounds = [r.sentiment for r in opinions.get(customer, ()) if r.sentiment is not None]
        rows.append(
            (
                customer,
                *_visits(lines, as_of),
                mean(sum(stars), len(stars), 2),
                mean(sum(sounds, Decimal(0)), len(sounds), 4),
                _segment(lines, as_of),
            )
        )
    return Rows(columns, rows)


def _visits(lines: list[Sale], as_of: date) -> Row:
    tickets = {line.ticket for line in lines}
    spend = sum((line.total for line in lines), Decimal(0))
    units: Counter[str] = Counter()
    for line in lines:
        units[line.category] += line.quantity
    days = [line.day for line in lines]
    return (
        len(tickets),
        _recent_visits(lines, as_of),
        rounded(spend, 2),
        mean(spend, len(tickets), 2),
        min(units, key=lambda category: (-units[category], category)),
        min(days),
        max(days),
        (as_of - max(days)).days,
    )


def _recent_visits(lines: list[Sale], as_of: date) -> int:
    return len({line.ticket for line in lines if as_of - line.day < timedelta(days=WINDOW)})


def _segment(lines: list[Sale], as_of: date) -> str:
    recent = _recent_visits(lines, as_of)
    if len({line.ticket for line in lines}) == 1:
        return "one_time"
    if recent == 0:
        return "lapsed"
    return "regular" if recent >= 4 else "occasional"


def inventory_optimization(bakery: Bakery) -> Rows:
    """Return what lies where, how long it lasts and what to order."""
    columns = (
        "store_id", "product_id", "unit", "on_hand_quantity", "as_of_date", "lead_time_days",
        "average_daily_use_quantity", "deviation_of_daily_use_quantity", "waste_rate",
        "safety_stock_quantity", "reorder_point_quantity", "days_of_cover",
        "recommended_order_quantity", "status",
    )  # fmt: skip
    newest = max(update.at for update in bakery.updates)
    rows: list[Row] = []
    for (store, product), updates in grouped(
        bakery.updates, lambda update: (update.store, update.product)
    ).items():
        updates.sort(key=lambda update: (update.at, update.key))
        as_of = newest.astimezone(time_zones().get(store, ZoneInfo("UTC"))).date()
        lead_time = lead_times()[product]
        on_hand = levels(updates)[-1]
        plan = _plan(updates, on_hand, as_of, lead_time)
        rows.append((store, product, updates[-1].unit, on_hand, as_of, lead_time, *plan))
    return Rows(columns, rows)


def levels(updates: list[Update]) -> list[Decimal]:
    """Return what lay there after each update of one store and product, which are in order."""
    level, found = Decimal("0.00"), []
    for update in updates:
        match update.kind:
            case "restock":
                level += update.quantity
            case "count":
                level = Decimal("0.00") + update.quantity
            case _:
                level -= update.quantity
        found.append(level.quantize(Decimal("0.01")))
    return found


def _plan(updates: list[Update], on_hand: Decimal, as_of: date, lead_time: int) -> Row:
    days = [as_of - timedelta(days=back) for back in range(WINDOW, 0, -1)]
    used = {day: sum(_of_kind(updates, "use", day), Decimal(0)) for day in days}
    wasted = sum((q for day in days for q in _of_kind(updates, "waste", day)), Decimal(0))
    total = sum(used.values(), Decimal(0))
    average = Fraction(total) / WINDOW
    variance = sum((Fraction(quantity) - average) ** 2 for quantity in used.values()) / WINDOW
    deviation = math.sqrt(variance)
    safety = rounded_double(1.65 * deviation * math.sqrt(lead_time), 2)
    missing = average * (lead_time + 7) + Fraction(safety) - Fraction(on_hand)
    order = max(math.ceil(missing), 0)
    reorder_point = average * lead_time + Fraction(safety)
    status = "fine" if order == 0 else "order_now" if on_hand <= reorder_point else "watch"
    return (
        rounded(average, 6),
        rounded_double(deviation, 6),
        rounded(Fraction(wasted) / Fraction(total + wasted), 6) if total + wasted else None,
        safety,
        rounded(reorder_point, 2),
        rounded(Fraction(on_hand) / average, 2) if average else None,
        order,
        status,
    )


def _of_kind(updates: list[Update], kind: str, day: date) -> Iterator[Decimal]:
    return (update.quantity for update in updates if update.kind == kind and update.day == day)


MARTS: dict[str, tuple[Callable[[Bakery], Rows], tuple[str, ...]]] = {
    "daily_sales_summary": (daily_sales_summary, ("store_id", "sold_date", "category")),
    "customer_analytics": (customer_analytics, ("customer_id",)),
    "inventory_optimization": (inventory_optimization, ("store_id", "product_id")),
    "ml_features": (ml_features, FEATURE_KEY),
}
"""Each mart: how to compute it, and its key."""
