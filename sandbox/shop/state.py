"""The shop in memory and what changed in it: entities by id, events ahead, changes of the day."""

import heapq
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal, NamedTuple, TypeVar

from sandbox.shop.entities import (
    Category,
    Customer,
    Entity,
    MovementKind,
    Order,
    OrderItem,
    Payment,
    Product,
    Return,
    Shipment,
    StockMovement,
    Warehouse,
    id_of,
)

EventKind = Literal["pay", "cancel", "ship", "deliver", "request", "inspect"]
AnyEntity = TypeVar("AnyEntity", bound=Entity)


class Event(NamedTuple):
    """Something that will happen to an order, or (request, inspect) to one of its items."""

    at: datetime
    kind: EventKind
    entity_id: int


@dataclass
class Changes:
    """What one day did to the tables, each row at most once."""

    inserted: dict[type[Entity], dict[int, Entity]] = field(default_factory=dict)
    updated: dict[type[Entity], dict[int, dict[str, object]]] = field(default_factory=dict)
    deleted: dict[type[Entity], list[int]] = field(default_factory=dict)


@dataclass
class ShopState:
    """All that the generator must know to let the shop live on from the morning of `today`."""

    seed: int
    orders_wanted: int
    today: date
    next_id: Callable[[type[Entity]], int]
    customers: dict[int, Customer] = field(default_factory=dict)
    categories: dict[int, Category] = field(default_factory=dict)
    products: dict[int, Product] = field(default_factory=dict)
    warehouses: dict[int, Warehouse] = field(default_factory=dict)
    orders: dict[int, Order] = field(default_factory=dict)
    items: dict[int, OrderItem] = field(default_factory=dict)
    items_of: dict[int, list[OrderItem]] = field(default_factory=dict)
    payments_of: dict[int, list[Payment]] = field(default_factory=dict)
    shipment_of: dict[int, Shipment] = field(default_factory=dict)
    returns: dict[int, Return] = field(default_factory=dict)
    return_of: dict[int, Return] = field(default_factory=dict)
    movements: list[StockMovement] = field(default_factory=list)
    on_hand: dict[tuple[int, int], int] = field(default_factory=dict)
    last_order_at: dict[int, datetime] = field(default_factory=dict)
    changes: Changes = field(default_factory=Changes)
    _ahead: list[Event] = field(default_factory=list)

    # time

    @property
    def morning(self) -> datetime:
        """The first instant of today."""
        return datetime.combine(self.today, time(), UTC)

    def plan(self, at: datetime, kind: EventKind, entity_id: int) -> None:
        """Let something happen at `at`, or this morning if that has passed already."""
        heapq.heappush(self._ahead, Event(max(at, self.morning), kind, entity_id))

    def events_of_today(self) -> Iterable[Event]:
        """Yield what happens today in order of time, also what is planned meanwhile."""
        evening = self.morning + timedelta(days=1)
        while self._ahead and self._ahead[0].at < evening:
            yield heapq.heappop(self._ahead)

    # rows

    def add(self, entity: AnyEntity) -> AnyEntity:
        """Take a new row in and note it as inserted."""
        self.keep(entity)
        self._note_insertion(entity)
        return entity

    def _note_insertion(self, entity: Entity) -> None:
        self.changes.inserted.setdefault(type(entity), {})[id_of(entity)] = entity

    def keep(self, entity: Entity) -> None:
        """Take a row in that the database has already."""
        match entity:
            case Customer():
                self.customers[entity.customer_id] = entity
            case Category():
                self.categories[entity.category_id] = entity
            case Product():
                self.products[entity.product_id] = entity
            case Warehouse():
                self.warehouses[entity.warehouse_id] = entity
            case StockMovement():
                self.movements.append(entity)
            case _:
                self._keep_of_order(entity)

    def _keep_of_order(self, entity: Entity) -> None:
        match entity:
            case Order():
                self.orders[entity.order_id] = entity
                self.items_of.setdefault(entity.order_id, [])
                self.payments_of.setdefault(entity.order_id, [])
            case OrderItem():
                self.items[entity.order_item_id] = entity
                self.items_of[entity.order_id].append(entity)
            case Payment():
                self.payments_of[entity.order_id].append(entity)
            case Shipment():
                self.shipment_of[entity.order_id] = entity
            case Return():
                self.returns[entity.return_id] = entity
                self.return_of[entity.order_item_id] = entity

    def change(self, entity: Entity, at: datetime, **values: object) -> None:
        """Set columns of a row and note it as updated, unless it was inserted today anyway."""
        for name, value in values.items():
            setattr(entity, name, value)
        if hasattr(entity, "updated_at"):
            entity.updated_at = at
        kind, key = type(entity), id_of(entity)
        if key not in self.changes.inserted.get(kind, {}):
            self.changes.updated.setdefault(kind, {}).setdefault(key, {}).update(values)

    def move_stock(
        self, product_id: int, warehouse_id: int, kind: MovementKind, quantity: int, at: datetime
    ) -> StockMovement:
        """Book a stock movement at `at` and return it."""
        pair = (product_id, warehouse_id)
        self.on_hand[pair] = self.on_hand.get(pair, 0) + quantity
        number = self.next_id(StockMovement)
        return self.add(StockMovement(number, product_id, warehouse_id, kind, quantity, at, at))

    def remove_return(self, entity: Return) -> None:
        """Forget a return and note it as deleted."""
        del self.returns[entity.return_id], self.return_of[entity.order_item_id]
        self._note_deletion(entity)

    def remove_order(self, order: Order) -> None:
        """Forget an order with all that hangs on it, and note every row as deleted."""
        for payment in self.payments_of.pop(order.order_id):
            self._note_deletion(payment)
        if order.order_id in self.shipment_of:
            self._note_deletion(self.shipment_of.pop(order.order_id))
        for item in self.items_of.pop(order.order_id):
            if item.order_item_id in self.return_of:
                self.remove_return(self.return_of[item.order_item_id])
            del self.items[item.order_item_id]
            self._note_deletion(item)
        del self.orders[order.order_id]
        self._note_deletion(order)

    def _note_deletion(self, entity: Entity) -> None:
        kind, key = type(entity), id_of(entity)
        self.changes.updated.get(kind, {}).pop(key, None)
        if self.changes.inserted.get(kind, {}).pop(key, None) is None:
            self.changes.deleted.setdefault(kind, []).append(key)


def entities_in(state: ShopState, entity: type[Entity]) -> list[Entity]:
    """Return all rows of one table, by key."""
    rows: dict[type[Entity], Iterable[Entity]] = {
        Customer: state.customers.values(),
        Category: state.categories.values(),
        Product: state.products.values(),
        Warehouse: state.warehouses.values(),
        Order: state.orders.values(),
        OrderItem: state.items.values(),
        Payment: (row for rows in state.payments_of.values() for row in rows),
        Shipment: state.shipment_of.values(),
        Return: state.returns.values(),
        StockMovement: state.movements,
    }
    return sorted(rows[entity], key=id_of)
