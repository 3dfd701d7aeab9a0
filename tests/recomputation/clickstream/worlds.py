"""Worlds of events for property tests: many in one lake, each with ids and days of its own.

A build costs the same for one world as for many. So each way in which the events of a world
arrive happens in another place, and places are compared when all of them have arrived.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from hypothesis import strategies as st

from tests.recomputation.clickstream.clicks_lake import ClicksLake
from tests.recomputation.clickstream.from_messages import recompute
from tests.recomputation.clickstream.messages import PARTITIONS, Draft, Event, draft, event
from tests.recomputation.compare import Row, Rows

ROUNDS = 3
FIRST_DAY = datetime(2001, 1, 1, tzinfo=UTC)
DAYS_APART = timedelta(days=6)
OTHERWISE = {"event_type": "purchase", "session": 9, "minutes": 1440, "quantity": 7}
OF_A_MESSAGE = ("_kafka_topic", "_kafka_partition", "_kafka_offset")


@dataclass(frozen=True)
class Sending:
    """One message of a world: which of its events, in which round and to which partition.

    `copy` is 1 for the second message of an event.
    """

    event: int
    copy: int
    round: int
    partition: int


@dataclass(frozen=True)
class World:
    """Events, and the ways in which they arrive: the messages of each in the order of sending.

    Where `differs`, the second message of an event says something else, and which one is sent first
    matters.
    """

    events: list[Event]
    differs: bool
    arrivals: list[list[Sending]]


_EVENTS: st.SearchStrategy[Event] = st.fixed_dictionaries(
    {
        "event_type": st.sampled_from(
            ["view_item", "add_to_cart", "purchase", "remove_from_cart", "Purchase", "refund"]
        ),
        "minutes": st.integers(0, 44).map(lambda number: 97 * number),  # three days, with ties
        "user": st.integers(0, 2),
        "session": st.integers(0, 3),
        "product": st.integers(0, 2),
        "category": st.integers(0, 1),
        "price": st.none() | st.integers(0, 300).map(lambda cents: cents / 100),
        "quantity": st.integers(0, 3),
        "device": st.sampled_from(["mobile", "Desktop", None]),
        "copies": st.integers(1, 2),
    }
)


@st.composite
def worlds(draw: st.DrawFn, arrivals: int = 3) -> World:
    """Draw events, some of them sent twice, and so many ways in which they arrive."""
    events = draw(st.lists(_EVENTS, min_size=4, max_size=8))
    sent = [(number, copy) for number, made in enumerate(events) for copy in range(made["copies"])]
    differs = draw(st.booleans())
    return World(events, differs, [draw(_arrivals(sent)) for _ in range(arrivals)])


@st.composite
def _arrivals(draw: st.DrawFn, sent: list[tuple[int, int]]) -> list[Sending]:
    places = st.tuples(st.integers(0, ROUNDS - 1), st.integers(0, PARTITIONS - 1))
    chosen = draw(st.lists(places, min_size=len(sent), max_size=len(sent)))
    order = draw(st.permutations(sent))
    return [Sending(*message, *place) for message, place in zip(order, chosen, strict=True)]


@dataclass(frozen=True)
class Place:
    """Where one arrival of a world happens: its ids begin with a number, its days are its own."""

    number: int

    @property
    def _mark(self) -> str:
        return f"{self.number:05d}-"

    @property
    def _begin(self) -> datetime:
        return FIRST_DAY + self.number * DAYS_APART

    def drafts(self, world: World, arrival: list[Sending], round_: int) -> Iterator[Draft]:
        """Yield the messages of a round."""
        for sending in arrival:
            if sending.round == round_:
                made = world.events[sending.event]
                if sending.copy and world.differs:
                    made = {**made, **OTHERWISE}
                yield draft(self._event(sending.event, made), sending.partition)

    def _event(self, number: int, made: Event) -> Event:
        return event(
            f"{self._mark}e{number}",
            made["event_type"],
            self._begin + timedelta(minutes=made["minutes"]),
            **{
                f"{name}_id": f"{self._mark}{made[name]}" for name in ("user", "session", "product")
            },
            category=f"{self._mark}{made['category']}",
            **{name: made[name] for name in ("price", "quantity", "device")},
        )

    def tables(self, lake: ClicksLake) -> dict[str, set[Row]]:
        """Return what silver and gold have of this place, as if it were the only one.

        Where a message stands is left out, and ranks are those within the place.
        """
        return {
            name: set(self._rows(lake.table(name), expected.columns))
            for name, expected in recompute([]).items()
        }

    def _rows(self, rows: Rows, columns: Iterable[str]) -> Iterator[Row]:
        here = rows.in_order([name for name in columns if name not in OF_A_MESSAGE])
        own = [row for row in here.values if any(map(self._is_here, row))]
        if here.columns[0] == "revenue_rank":
            own = [(rank, *row[1:]) for rank, row in enumerate(sorted(own, key=_rank), 1)]
        for row in own:
            yield tuple(self._without_place(value) for value in row)

    def _is_here(self, value: object) -> bool:
        if isinstance(value, date):
            return self._begin <= _moment(value) < self._begin + DAYS_APART
        return isinstance(value, str) and value.startswith(self._mark)

    def _without_place(self, value: Any) -> Any:  # noqa: ANN401
        if isinstance(value, date):
            return _moment(value) - self._begin
        return value.removeprefix(self._mark) if isinstance(value, str) else value


def _rank(row: Row) -> Any:  # noqa: ANN401
    return row[0]


def _moment(value: date) -> datetime:
    return value if isinstance(value, datetime) else datetime.combine(value, time(), UTC)
