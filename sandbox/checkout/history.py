"""The checkout's past: seed and days -> orders and items with what became of them -> PostgreSQL."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

import psycopg

from lake.errors import ConfigurationError
from sandbox.checkout.database import (
    Clock,
    Row,
    connect,
    copy_new,
    copy_past,
    install,
    open_orders,
    set_clock,
    set_statuses,
    take_clock,
)
from sandbox.checkout.orders import Order, order_of
from sandbox.seeded_random import count_around, seeded_rng

END_OF_FILL = date(2025, 7, 1)
"""The first day that the base fill does not cover."""

DAYS, ORDERS_A_DAY = 14, 200
SEED = 41


@dataclass(frozen=True)
class Advance:
    """Where the calendar stands after some days, and what they brought."""

    today: date
    orders: int
    items: int
    changed: int


def fill(url: str, *, days: int = DAYS, orders: int = ORDERS_A_DAY, seed: int = SEED) -> None:
    """Make the schema and fill it with so many days of about so many orders, in one transaction.

    The same arguments give the same rows. `url` is that of the database's owner.
    """
    first = END_OF_FILL - timedelta(days=days)
    evening = _morning(END_OF_FILL)
    placed: list[Order] = []
    for number in range(days):
        day = first + timedelta(days=number)
        placed += _orders_of(day, seed, 1 + len(placed), orders)
    with connect(url) as connection:
        install(connection, Clock(seed, END_OF_FILL, 1 + len(placed)))
        copy_past(
            connection,
            (_past_order(order, evening) for order in placed),
            (row for order in placed for row in _past_items(order)),
        )


def advance(url: str, *, days: int, orders: int = ORDERS_A_DAY) -> Advance:
    """Let so many days of its own calendar pass, one transaction per day.

    What arrives is stamped by the database with the present. Raises ConfigurationError when there
    is no checkout, or its calendar would pass the present.
    """
    with connect(url) as connection:
        clock = take_clock(connection)
        _refuse_the_future(clock.today, days)
        lived = [_live_one_day(connection, orders) for _ in range(days)]
    return Advance(
        lived[-1].today,
        sum(day.orders for day in lived),
        sum(day.items for day in lived),
        sum(day.changed for day in lived),
    )


def _live_one_day(connection: psycopg.Connection, orders: int) -> Advance:
    clock = take_clock(connection)
    tomorrow = clock.today + timedelta(days=1)
    evening = _morning(tomorrow)
    changed = {}
    for number, placed_at, status in open_orders(connection, _morning(clock.today)):
        now, _ = order_of(clock.seed, number, placed_at).state_at(evening)
        if now != status:
            changed[number] = now
    placed = _orders_of(clock.today, clock.seed, clock.next_order_id, orders)
    items = [item.row() for order in placed for item in order.items]
    copy_new(connection, [order.row(order.state_at(evening)[0]) for order in placed], items)
    set_statuses(connection, changed)
    set_clock(connection, tomorrow, clock.next_order_id + len(placed))
    connection.commit()
    return Advance(tomorrow, len(placed), len(items), len(changed))


def _orders_of(day: date, seed: int, first_number: int, expected: int) -> list[Order]:
    """Return the orders of a day, numbered in the order of time."""
    rng = seeded_rng(seed, "day", day.isoformat())
    count = count_around(rng, expected)
    micros = sorted(int(86_400_000_000 * rng.betavariate(2.2, 1.8)) for _ in range(count))
    return [
        order_of(seed, first_number + place, _morning(day) + timedelta(microseconds=after))
        for place, after in enumerate(micros)
    ]


def _past_order(order: Order, evening: datetime) -> Row:
    status, since = order.state_at(evening)
    return *order.row(status), since


def _past_items(order: Order) -> Iterator[Row]:
    for item in order.items:
        yield *item.row(), order.order_date + item.delay


def _morning(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def _refuse_the_future(today: date, days: int) -> None:
    possible = (datetime.now(UTC).date() - today).days
    if days < 1:
        raise ConfigurationError(f"cannot let {days} days pass", "give at least 1 day")
    if days > possible:
        raise ConfigurationError(
            f"the checkout's calendar stands at {today}: {days} days on it would pass the present",
            f"advance by at most {possible} days" if possible > 0 else "wait for tomorrow",
        )
