"""Time goes on: clock and rows in PostgreSQL -> days lived -> one transaction per day."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import psycopg

from lake.errors import ConfigurationError, EnvironmentFault
from sandbox.shop.database import (
    STAMPS,
    Clock,
    clock,
    connect,
    copy_rows,
    delete_rows,
    next_key,
    read_rows,
    update_rows,
)
from sandbox.shop.entities import (
    TABLE_OF,
    TABLES,
    Category,
    Customer,
    Entity,
    Order,
    OrderItem,
    Payment,
    Product,
    Return,
    Shipment,
    Warehouse,
)
from sandbox.shop.fulfilment import schedule_order
from sandbox.shop.habits import RETURN_WINDOW
from sandbox.shop.simulation import live_one_day
from sandbox.shop.state import Changes, ShopState

_STILL_MOVING = RETURN_WINDOW + timedelta(days=10)
"""How long after delivery or cancelling something may still happen to an order."""


@dataclass(frozen=True)
class TableChanges:
    """How many rows of one table were inserted, updated and deleted."""

    table: str
    inserted: int
    updated: int
    deleted: int


@dataclass(frozen=True)
class Advance:
    """Where the shop's clock stood before and after, and what that did to each table."""

    from_date: date
    to_date: date
    changes: tuple[TableChanges, ...]


def advance(url: str, *, days: int, seed: int | None = None) -> Advance:
    """Let the shop live on for `days` days from its own clock, one transaction per day.

    `url` is the database owner's. What happens depends on the seed (the base fill's, unless given)
    and the shop as it is; created_at and updated_at are the database's own transaction times.
    Raises ConfigurationError when there is no shop, or its clock would pass the present.
    """
    with connect(url) as connection:
        start = clock(connection)
        _refuse_the_future(start, days)
        state = _load(connection, start, seed)
        connection.commit()
        days_lived = [_advance_one_day(connection, state) for _ in range(days)]
    return Advance(start.today, state.today, _summary(days_lived))


def _refuse_the_future(start: Clock, days: int) -> None:
    present = datetime.now(UTC).date()
    possible = (present - start.today).days
    if days < 1:
        raise ConfigurationError(f"cannot advance the shop by {days} days", "give at least 1 day")
    if days > possible:
        raise ConfigurationError(
            f"the shop's clock stands at {start.today}: {days} days on it would pass the present"
            f" ({present})",
            f"advance by at most {possible} days"
            if possible > 0
            else "start afresh: firn sandbox destroy",
        )


def _load(connection: psycopg.Connection, start: Clock, seed: int | None) -> ShopState:
    """Read what can still change: everything but orders that were finished long ago."""
    state = ShopState(
        seed=start.seed if seed is None else seed,
        orders_wanted=start.orders,
        today=start.today,
        next_id=lambda entity: next_key(connection, TABLE_OF[entity]),
    )
    for entity in (Customer, Category, Product, Warehouse):
        _keep_all(state, read_rows(connection, TABLE_OF[entity], "true"))
    _load_orders(connection, state)
    state.last_order_at.update(
        connection.execute(
            "select customer_id, max(placed_at) from shop.orders group by customer_id"
        ).fetchall()
    )
    for product_id, warehouse_id, level in connection.execute(
        "select product_id, warehouse_id, sum(quantity) from shop.stock_movements"
        " group by product_id, warehouse_id order by product_id, warehouse_id"
    ):
        state.on_hand[product_id, warehouse_id] = int(level)
    for order in state.orders.values():
        schedule_order(state, order)
    return state


def _load_orders(connection: psycopg.Connection, state: ShopState) -> None:
    bounds = {"today": state.morning, "since": state.morning - _STILL_MOVING}
    found = connection.execute(
        """
        select orders.order_id
        from shop.orders
        left join shop.shipments on shipments.order_id = orders.order_id
        where orders.placed_at < %(today)s
            and case orders.status
                when 'delivered' then shipments.delivered_at >= %(since)s
                when 'cancelled' then orders.placed_at >= %(since)s
                else true
            end
        """,
        bounds,
    )
    numbers = [row[0] for row in found]
    for entity in (Order, OrderItem, Payment, Shipment):
        rows = read_rows(connection, TABLE_OF[entity], "order_id = any(%(values)s)", numbers)
        _keep_all(state, rows)
    items = list(state.items)
    _keep_all(
        state,
        read_rows(connection, TABLE_OF[Return], "order_item_id = any(%(values)s)", items),
    )


def _keep_all(state: ShopState, rows: Iterator[Entity]) -> None:
    for row in rows:
        state.keep(row)


def _advance_one_day(connection: psycopg.Connection, state: ShopState) -> Changes:
    with connection.transaction():
        if clock(connection, lock=True).today != state.today:
            raise EnvironmentFault(
                f"the shop's clock was moved from {state.today} by somebody else meanwhile",
                "wait until the other command has ended and run this again",
            )
        state.changes = Changes()
        live_one_day(state, with_chores=True)
        connection.execute("update sandbox.clock set today = %s", [state.today])
        _write(connection, state.changes)
    return state.changes


def _write(connection: psycopg.Connection, changes: Changes) -> None:
    """Write a day's changes: parents before children, and deletions the other way round."""
    for table in TABLES:
        rows = changes.inserted.get(table.entity, {})
        if rows:
            columns = [column for column in table.columns if column not in STAMPS]
            copy_rows(connection, table, rows.values(), columns)
        update_rows(connection, table, changes.updated.get(table.entity, {}))
    for table in reversed(TABLES):
        delete_rows(connection, table, changes.deleted.get(table.entity, []))


def _summary(days: Sequence[Changes]) -> tuple[TableChanges, ...]:
    return tuple(
        TableChanges(
            table=table.name,
            inserted=sum(len(day.inserted.get(table.entity, {})) for day in days),
            updated=sum(len(day.updated.get(table.entity, {})) for day in days),
            deleted=sum(len(day.deleted.get(table.entity, [])) for day in days),
        )
        for table in TABLES
    )
