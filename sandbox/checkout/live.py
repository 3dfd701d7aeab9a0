"""The present: rate and clock -> orders, items and changes of status as they happen -> PostgreSQL.

Items come with their order, a few before or after it; what is still to come when the run ends is
written then, so every order that was begun is whole.
"""

import heapq
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count

import psycopg

from lake.errors import ConfigurationError
from sandbox.checkout.database import (
    Row,
    connect,
    copy_new,
    open_orders,
    set_clock,
    set_statuses,
    take_clock,
)
from sandbox.checkout.orders import PENDING, Order, order_of

TICK_SECONDS = 0.2


@dataclass
class Produced:
    """How many rows were written."""

    orders: int = 0
    items: int = 0
    changed: int = 0

    def __str__(self) -> str:
        return f"{self.orders:,} orders, {self.items:,} items, {self.changed:,} changes of status"


@dataclass
class Batch:
    """What one transaction writes."""

    orders: list[Row] = field(default_factory=list)
    items: list[Row] = field(default_factory=list)
    statuses: dict[int, str] = field(default_factory=dict)


class Arrivals:
    """Orders under way: what of them is still to be written, by the time at which it is due."""

    def __init__(self, seed: int) -> None:
        """Begin with nothing under way."""
        self._seed = seed
        self._due: list[tuple[datetime, int, Order, str, Row]] = []
        self._numbers = count()

    def place(self, order_id: int, at: datetime) -> None:
        """Let an order be placed."""
        order = order_of(self._seed, order_id, at)
        begins = min(item.delay for item in order.items)
        shift = -min(begins, timedelta())  # its first row is written now
        self._plan(at + shift, order, "order", order.row())
        for item in order.items:
            self._plan(at + shift + item.delay, order, "item", item.row())
        self._plan_step(order, PENDING, at)

    def resume(self, order_id: int, at: datetime, status: str) -> None:
        """Go on with an order of an earlier run."""
        self._plan_step(order_of(self._seed, order_id, at), status, at)

    def until(self, moment: datetime) -> Batch:
        """Return what is due by a moment."""
        batch = Batch()
        while self._due and self._due[0][0] <= moment:
            at, _, order, kind, row = heapq.heappop(self._due)
            self._take(batch, at, order, kind, row)
        return batch

    def rest(self) -> Batch:
        """Return the rows not yet written of orders that were placed."""
        batch = Batch()
        for _, _, _, kind, row in sorted(self._due, key=lambda due: due[:2]):
            if kind == "order":
                batch.orders.append(row)
            elif kind == "item":
                batch.items.append(row)
        return batch

    def _take(self, batch: Batch, at: datetime, order: Order, kind: str, row: Row) -> None:
        if kind == "order":
            batch.orders.append(row)
        elif kind == "item":
            batch.items.append(row)
        else:
            batch.statuses[order.order_id] = kind
            self._plan_step(order, kind, at)

    def _plan_step(self, order: Order, status: str, since: datetime) -> None:
        step = order.next_step(status)
        if step:
            due = max(order.order_date + step.after, since) + timedelta(seconds=3)
            self._plan(due, order, step.status, ())

    def _plan(self, at: datetime, order: Order, kind: str, row: Row) -> None:
        heapq.heappush(self._due, (at, next(self._numbers), order, kind, row))


def produce(
    url: str,
    rate: float,
    seconds: float | None = None,
    is_stopped: Callable[[], bool] = lambda: False,
) -> Produced:
    """Let orders be placed in the present, `rate` a second, for so many seconds or until stopped.

    What is ordered follows from the seed, when it arrives from the clock. The calendar stays where
    it stands. Raises ConfigurationError when there is no checkout, EnvironmentFault without server.
    """
    if rate <= 0:
        raise ConfigurationError(f"cannot produce {rate} orders a second", "ask for more than 0")
    written = Produced()
    with connect(url) as connection:
        clock = take_clock(connection)
        arrivals = Arrivals(clock.seed)
        for number, at, status in open_orders(connection, datetime.now(UTC)):
            arrivals.resume(number, at, status)
        connection.commit()
        for orders, now in _ticks(rate, seconds, is_stopped):
            number = take_clock(connection).next_order_id
            for place in range(orders):
                arrivals.place(number + place, now)
            set_clock(connection, clock.today, number + orders)
            _write(connection, arrivals.until(now), written)
        _write(connection, arrivals.rest(), written)
    return written


def _ticks(
    rate: float, seconds: float | None, is_stopped: Callable[[], bool]
) -> Iterator[tuple[int, datetime]]:
    """Yield, a few times a second, how many orders to place now; what was late is made up for."""
    start, placed = time.monotonic(), 0
    for tick in count(1):
        end = start + tick * TICK_SECONDS
        while (left := end - time.monotonic()) > 0 and not is_stopped():
            time.sleep(min(left, TICK_SECONDS))
        elapsed = time.monotonic() - start
        is_over = is_stopped() or (seconds is not None and elapsed >= seconds)
        wanted = int(rate * (min(elapsed, seconds) if seconds is not None else elapsed))
        yield wanted - placed, datetime.now(UTC)
        placed = wanted
        if is_over:
            return


def _write(connection: psycopg.Connection, batch: Batch, written: Produced) -> None:
    """Write a batch in one transaction."""
    copy_new(connection, batch.orders, batch.items)
    set_statuses(connection, batch.statuses)
    connection.commit()
    written.orders += len(batch.orders)
    written.items += len(batch.items)
    written.changed += len(batch.statuses)
