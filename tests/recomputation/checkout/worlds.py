"""Worlds of orders for property tests: many in one lake, each with numbers and days of its own.

A build costs the same for one world as for many. So each way in which the rows of a world arrive
happens in another place, and places are compared when all of them have arrived.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from tests.recomputation.checkout.checkout_lake import CheckoutLake, Writes
from tests.recomputation.checkout.from_rows import Seen, recompute
from tests.recomputation.compare import Row, Rows

ROUNDS = 3
FIRST_DAY = datetime(2001, 1, 1, tzinfo=UTC)
DAYS_APART = timedelta(days=4)
NUMBERS_APART = 1_000
ITEMS_FROM = 10**9  # no order has such a number
LIVES = (
    ("pending",),
    ("pending", "paid"),
    ("pending", "paid", "shipped"),
    ("pending", "cancelled"),
    ("pending", "paid", "cancelled"),
    ("lost", "paid"),  # mended
    ("lost",),
)
OF_THE_ROUND = ("updated_at",)


@dataclass(frozen=True)
class World:
    """Orders with their items, and the ways in which their rows arrive.

    An arrival gives a round to each row: (order, None) for each step of an order's life in turn,
    (order, place) for each item.
    """

    orders: list[dict[str, Any]]
    arrivals: list[list[tuple[int, int | None, int]]]


_ITEMS = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 300)), max_size=3)
_ORDERS = st.fixed_dictionaries(
    {
        "seconds": st.integers(0, 40).map(lambda number: 4_319 * number),  # two days
        "life": st.sampled_from(LIVES),
        "items": _ITEMS,
        "difference": st.sampled_from([0, 0, 0, 1, -1_000]),
    }
)


@st.composite
def worlds(draw: st.DrawFn, arrivals: int = 3) -> World:
    """Draw orders, and so many ways in which their rows arrive."""
    orders = draw(st.lists(_ORDERS, min_size=3, max_size=6))
    return World(orders, [draw(_arrivals(orders)) for _ in range(arrivals)])


@st.composite
def _arrivals(draw: st.DrawFn, orders: list[dict[str, Any]]) -> list[tuple[int, int | None, int]]:
    arrival: list[tuple[int, int | None, int]] = []
    for number, order in enumerate(orders):
        steps = len(order["life"])
        rounds = st.lists(st.integers(0, ROUNDS - 1), min_size=steps, max_size=steps)
        arrival += [(number, None, round_) for round_ in sorted(draw(rounds))]
        arrival += [
            (number, place, draw(st.integers(0, ROUNDS - 1)))
            for place in range(len(order["items"]))
        ]
    return arrival


@dataclass(frozen=True)
class Place:
    """Where one arrival of a world happens: its numbers begin at one, its days are its own."""

    number: int

    @property
    def _first(self) -> int:
        return (self.number + 1) * NUMBERS_APART

    @property
    def _begin(self) -> datetime:
        return FIRST_DAY + self.number * DAYS_APART

    def write(
        self,
        writes: Writes,
        world: World,
        arrival: list[tuple[int, int | None, int]],
        round_: int,
    ) -> None:
        """Add what arrives in a round."""
        passed = dict.fromkeys(range(len(world.orders)), 0)
        for number, place, in_round in arrival:
            order = world.orders[number]
            if place is None:
                status = order["life"][passed[number]]
                passed[number] += 1
                if in_round == round_:
                    self._put_order(writes, number, order, status)
            elif in_round == round_:
                quantity, cents = order["items"][place]
                order_id = self._first + number
                key = ITEMS_FROM + 10 * order_id + place
                writes.item(key, order_id, quantity, Decimal(cents).scaleb(-2))

    def _put_order(self, writes: Writes, number: int, order: dict[str, Any], status: str) -> None:
        cents = sum(quantity * price for quantity, price in order["items"]) + order["difference"]
        at = self._begin + timedelta(seconds=order["seconds"])
        writes.order(self._first + number, at, Decimal(cents).scaleb(-2), status)

    def tables(self, lake: CheckoutLake) -> dict[str, set[Row]]:
        """Return what silver and gold have of this place, as if it were the only one."""
        return {
            name: set(self._rows(lake.table(name), expected.columns))
            for name, expected in recompute(Seen()).items()
        }

    def _rows(self, rows: Rows, columns: Iterable[str]) -> Iterator[Row]:
        here = rows.in_order([name for name in columns if name not in OF_THE_ROUND])
        for row in here.values:
            if self._is_here(row[0]):
                yield tuple(map(self._without_place, row))

    def _is_here(self, key: Any) -> bool:  # noqa: ANN401
        if isinstance(key, date):
            return self._begin <= _moment(key) < self._begin + DAYS_APART
        order_id = key if key < ITEMS_FROM else (key - ITEMS_FROM) // 10
        return bool(self._first <= order_id < self._first + NUMBERS_APART)

    def _without_place(self, value: Any) -> Any:  # noqa: ANN401
        if isinstance(value, date):
            return _moment(value) - self._begin
        if isinstance(value, int) and value >= ITEMS_FROM:
            return value - ITEMS_FROM - 10 * self._first
        return value - self._first if isinstance(value, int) and value >= self._first else value


def _moment(value: date) -> datetime:
    return value if isinstance(value, datetime) else datetime.combine(value, time(), UTC)
