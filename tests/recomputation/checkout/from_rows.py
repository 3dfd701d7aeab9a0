"""Silver and gold of the checkout by definition: rows of PostgreSQL -> Rows, without Spark."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, NamedTuple

from tests.recomputation.compare import Row, Rows

KEYS = {
    "silver.checkout__orders": ("order_id",),
    "silver.checkout__order_items": ("order_item_id",),
    "gold.checkout_orders_live": ("order_id",),
    "gold.checkout_sales_by_minute": ("minute_at",),
    "gold.checkout_status_funnel": ("ordered_date",),
}
STATUSES = ("pending", "paid", "shipped", "cancelled")
CENT, MILLIONTH = Decimal("0.01"), Decimal("0.000001")


class Order(NamedTuple):
    """A row of checkout.orders."""

    order_id: int
    customer_id: int
    order_date: datetime
    total_amount: Decimal
    status: str
    updated_at: datetime

    @property
    def is_usable(self) -> bool:
        """Whether it breaks no rule."""
        return self.status in STATUSES and self.total_amount >= 0


class Item(NamedTuple):
    """A row of checkout.order_items."""

    order_item_id: int
    order_id: int
    product_id: int
    quantity: int
    unit_price: Decimal
    updated_at: datetime

    @property
    def is_usable(self) -> bool:
        """Whether it breaks no rule."""
        return self.quantity > 0 and self.unit_price >= 0

    @property
    def amount(self) -> Decimal:
        """Quantity times price."""
        return (self.quantity * self.unit_price).quantize(CENT)


@dataclass
class Seen:
    """The versions of rows that loads found in the database, and the keys gone since."""

    orders: list[Order] = field(default_factory=list)
    items: list[Item] = field(default_factory=list)
    gone_orders: set[int] = field(default_factory=set)
    gone_items: set[int] = field(default_factory=set)


def recompute(seen: Seen) -> dict[str, Rows]:
    """Return silver and gold as these rows, and no others, have to make them."""
    orders = _newest(seen.orders, seen.gone_orders)
    items = _newest(seen.items, seen.gone_items)
    present = [item for key, item in items.items() if key not in seen.gone_items]
    of_order = _grouped(present, lambda item: item.order_id)
    live = [
        _Live(order, of_order.get(key, []))
        for key, order in orders.items()
        if key not in seen.gone_orders
    ]
    return {
        "silver.checkout__orders": Rows(
            ORDER_COLUMNS, [_order(order, key in seen.gone_orders) for key, order in orders.items()]
        ),
        "silver.checkout__order_items": Rows(
            ITEM_COLUMNS, [_item(item, key in seen.gone_items) for key, item in items.items()]
        ),
        "gold.checkout_orders_live": Rows(LIVE_COLUMNS, [order.row() for order in live]),
        "gold.checkout_sales_by_minute": Rows(MINUTE_COLUMNS, list(_minutes(live))),
        "gold.checkout_status_funnel": Rows(FUNNEL_COLUMNS, list(_funnel(live))),
    }


def _newest(versions: Iterable[Any], gone: set[int]) -> dict[int, Any]:
    """Return by key the newest version that can be used; of a row that is gone, the newest one."""
    newest: dict[int, Any] = {}
    for version in sorted(versions, key=lambda version: version.updated_at):
        if version.is_usable or version[0] in gone:
            newest[version[0]] = version
    return newest


def _grouped(rows: Iterable[Any], key: Callable[[Any], Any]) -> dict[Any, list[Any]]:
    groups: dict[Any, list[Any]] = {}
    for row in rows:
        groups.setdefault(key(row), []).append(row)
    return groups


ORDER_COLUMNS = (
    "order_id", "customer_id", "status", "total_amount", "is_cancelled", "is_deleted",
    "ordered_date", "ordered_at", "updated_at",
)  # fmt: skip


def _order(order: Order, is_gone: bool) -> Row:
    return (
        order.order_id, order.customer_id, order.status, order.total_amount,
        order.status == "cancelled", is_gone, order.order_date.date(), order.order_date,
        order.updated_at,
    )  # fmt: skip


ITEM_COLUMNS = (
    "order_item_id", "order_id", "product_id", "quantity", "unit_price", "gross_amount",
    "is_deleted", "updated_at",
)  # fmt: skip


def _item(item: Item, is_gone: bool) -> Row:
    return (
        item.order_item_id, item.order_id, item.product_id, item.quantity, item.unit_price,
        item.amount, is_gone, item.updated_at,
    )  # fmt: skip


LIVE_COLUMNS = (
    "order_id", "customer_id", "order_status", "items_count", "units_count", "items_amount",
    "total_amount", "difference_amount", "is_cancelled", "is_consistent", "ordered_date",
    "ordered_at", "updated_at",
)  # fmt: skip


@dataclass(frozen=True)
class _Live:
    order: Order
    items: list[Item]

    @property
    def amount(self) -> Decimal:
        return sum((item.amount for item in self.items), Decimal("0.00"))

    @property
    def units(self) -> int:
        return sum(item.quantity for item in self.items)

    @property
    def is_cancelled(self) -> bool:
        return self.order.status == "cancelled"

    @property
    def is_consistent(self) -> bool:
        return self.order.total_amount == self.amount

    def row(self) -> Row:
        order = self.order
        return (
            order.order_id, order.customer_id, order.status, len(self.items), self.units,
            self.amount, order.total_amount, order.total_amount - self.amount, self.is_cancelled,
            self.is_consistent, order.order_date.date(), order.order_date, order.updated_at,
        )  # fmt: skip


MINUTE_COLUMNS = (
    "minute_at", "orders_count", "units_count", "revenue_amount", "cancelled_orders_count",
    "cancelled_amount",
)  # fmt: skip


def _minutes(live: Iterable[_Live]) -> Iterator[Row]:
    minutes = _grouped(live, lambda own: own.order.order_date.replace(second=0, microsecond=0))
    for minute, orders in minutes.items():
        sold = [own for own in orders if not own.is_cancelled]
        lost = [own for own in orders if own.is_cancelled]
        yield (
            minute, len(sold), sum(own.units for own in sold), _sum(sold), len(lost), _sum(lost)
        )  # fmt: skip


def _sum(orders: Iterable[_Live]) -> Decimal:
    return sum((own.amount for own in orders), Decimal("0.00"))


FUNNEL_COLUMNS = (
    "ordered_date", "orders_count", "pending_orders_count", "paid_orders_count",
    "shipped_orders_count", "cancelled_orders_count", "inconsistent_orders_count",
    "pending_rate", "paid_rate", "shipped_rate", "cancelled_rate",
)  # fmt: skip


def _funnel(live: Iterable[_Live]) -> Iterator[Row]:
    for day, orders in _grouped(live, lambda own: own.order.order_date.date()).items():
        counts = [sum(own.order.status == status for own in orders) for status in STATUSES]
        wrong = sum(not own.is_consistent for own in orders)
        rates = [_rate(count, len(orders)) for count in counts]
        yield (day, len(orders), *counts, wrong, *rates)


def _rate(part: int, whole: int) -> Decimal:
    return (Decimal(part) / Decimal(whole)).quantize(MILLIONTH, ROUND_HALF_UP)
