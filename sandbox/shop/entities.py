"""The shop's rows as Python objects: one dataclass per table, a field per column, in order."""

from dataclasses import dataclass, fields
from datetime import date, datetime
from functools import cached_property
from typing import Literal, NewType, TypeAlias, get_type_hints

Cents = NewType("Cents", int)
OrderStatus: TypeAlias = Literal["placed", "paid", "shipped", "delivered", "cancelled"]
MovementKind: TypeAlias = Literal["receipt", "sale", "return", "adjustment"]


@dataclass(slots=True)
class Customer:
    """A row of shop.customers."""

    customer_id: int
    full_name: str
    email: str
    phone: str
    birth_date: date
    city: str
    country: str
    marketing_consent: bool
    created_at: datetime
    updated_at: datetime


@dataclass(slots=True)
class Category:
    """A row of shop.categories."""

    category_id: int
    name: str
    parent_category_id: int | None


@dataclass(slots=True)
class Product:
    """A row of shop.products."""

    product_id: int
    sku: str
    name: str
    category_id: int
    unit_cost: Cents
    list_price: Cents
    is_active: bool
    created_at: datetime
    updated_at: datetime


@dataclass(slots=True)
class Warehouse:
    """A row of shop.warehouses."""

    warehouse_id: int
    name: str
    city: str
    country: str


@dataclass(slots=True)
class Order:
    """A row of shop.orders."""

    order_id: int
    customer_id: int
    status: OrderStatus
    currency: str
    discount_amount: Cents
    shipping_amount: Cents
    tax_amount: Cents
    placed_at: datetime
    created_at: datetime
    updated_at: datetime


@dataclass(slots=True)
class OrderItem:
    """A row of shop.order_items."""

    order_item_id: int
    order_id: int
    product_id: int
    quantity: int
    unit_price: Cents
    discount_amount: Cents
    created_at: datetime
    updated_at: datetime

    @property
    def net_amount(self) -> Cents:
        """Quantity times price less the item's own discount."""
        return Cents(self.quantity * self.unit_price - self.discount_amount)


@dataclass(slots=True)
class Payment:
    """A row of shop.payments."""

    payment_id: int
    order_id: int
    method: str
    amount: Cents
    status: Literal["pending", "captured", "failed", "partially_refunded", "refunded"]
    created_at: datetime
    updated_at: datetime


@dataclass(slots=True)
class Shipment:
    """A row of shop.shipments."""

    shipment_id: int
    order_id: int
    warehouse_id: int
    carrier: str
    shipping_cost: Cents
    shipped_at: datetime
    promised_at: datetime
    delivered_at: datetime | None
    created_at: datetime
    updated_at: datetime


@dataclass(slots=True)
class Return:
    """A row of shop.returns."""

    return_id: int
    order_item_id: int
    quantity: int
    refund_amount: Cents
    reason: str
    requested_at: datetime
    created_at: datetime
    updated_at: datetime


@dataclass(slots=True)
class StockMovement:
    """A row of shop.stock_movements."""

    movement_id: int
    product_id: int
    warehouse_id: int
    kind: MovementKind
    quantity: int
    moved_at: datetime
    created_at: datetime


Entity: TypeAlias = (
    Customer
    | Category
    | Product
    | Warehouse
    | Order
    | OrderItem
    | Payment
    | Shipment
    | Return
    | StockMovement
)


@dataclass(frozen=True)
class Table:
    """How an entity is stored: name, columns, which of them is the key and which hold money."""

    name: str
    entity: type[Entity]

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """All columns, in order."""
        return tuple(field.name for field in fields(self.entity))

    @cached_property
    def key(self) -> str:
        """The primary key."""
        return self.columns[0]

    @cached_property
    def money(self) -> frozenset[str]:
        """The columns that are kept in cents here and as numeric in the database."""
        hints = get_type_hints(self.entity)
        return frozenset(name for name in self.columns if hints[name] is Cents)


TABLES = (
    Table("customers", Customer),
    Table("categories", Category),
    Table("products", Product),
    Table("warehouses", Warehouse),
    Table("orders", Order),
    Table("order_items", OrderItem),
    Table("payments", Payment),
    Table("shipments", Shipment),
    Table("returns", Return),
    Table("stock_movements", StockMovement),
)
"""Every table of the shop, parents before children."""

TABLE_OF: dict[type[Entity], Table] = {table.entity: table for table in TABLES}


def id_of(entity: Entity) -> int:
    """Return the entity's primary key."""
    key: int = getattr(entity, TABLE_OF[type(entity)].key)
    return key
