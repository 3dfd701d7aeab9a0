"""The clickstream's messages: repeatable, of sessions that make sense, and wrong where meant."""

import json
import re
from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta
from itertools import islice, pairwise
from typing import Any

import pytest

from sandbox.clickstream.history import FIRST_DAY, Arrival, Clock, arrivals, day_events
from sandbox.clickstream.live import live
from sandbox.clickstream.messages import EVENTS, MALFORMED, SHARES, Kind, Message
from sandbox.clickstream.sessions import PRICELESS_SHARE, Event, EventType

CLOCK = Clock(seed=7, sessions=380)
DAYS = 14
TYPES = {
    "event_id": str, "event_type": str, "event_timestamp": str, "user_id": str,
    "session_id": str, "product_id": str, "category": str, "price": float, "quantity": int,
    "device": str,
}  # fmt: skip


@pytest.fixture(scope="module")
def arrived() -> list[Arrival]:
    """Return what the default fill delivers."""
    return arrivals(CLOCK, DAYS)


@pytest.fixture(scope="module")
def lived() -> list[Event]:
    """Return all events of the days, session by session in the order of their steps."""
    return [event for number in range(DAYS) for event in day_events(CLOCK, number)]


def documents(arrived: list[Arrival], *kinds: Kind) -> list[dict[str, Any]]:
    return [
        json.loads(arrival.message.value or b"")
        for arrival in arrived
        if arrival.message.kind in kinds
    ]


def moment(document: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(document["event_timestamp"])


def test_same_seed_gives_the_same_messages(arrived: list[Arrival]) -> None:
    short = CLOCK.model_copy(update={"sessions": 20})

    assert arrivals(CLOCK, DAYS) == arrived
    assert arrivals(short, 2) != arrivals(short.model_copy(update={"seed": 8}), 2)


def test_days_one_by_one_bring_what_a_longer_fill_brings(arrived: list[Arrival]) -> None:
    by_days = [
        arrival
        for day in range(DAYS)
        for arrival in arrivals(CLOCK.model_copy(update={"days": day}), 1)
    ]

    assert by_days == arrived


def test_messages_arrive_in_order_within_the_days(arrived: list[Arrival]) -> None:
    times = [arrival.arrived_at for arrival in arrived]

    assert times == sorted(times)
    assert times[0].date() == FIRST_DAY
    assert times[-1].date() == FIRST_DAY + timedelta(days=DAYS - 1)
    assert 27_000 < len(times) < 33_000


def test_only_what_is_in_the_cart_is_removed_or_purchased(lived: list[Event]) -> None:
    carts: dict[str, Counter[str]] = defaultdict(Counter)
    purchased: set[str] = set()
    for event in lived:
        cart, product, step = (
            carts[event.session_id], event.step.product.product_id, event.step,
        )  # fmt: skip
        assert step.quantity >= 1
        match step.event_type:
            case EventType.ADD_TO_CART:
                assert event.session_id not in purchased
                cart[product] += step.quantity
            case EventType.REMOVE_FROM_CART:
                assert step.quantity <= cart[product]
                cart[product] -= step.quantity
            case EventType.PURCHASE:
                assert step.quantity == cart.pop(product)
                purchased.add(event.session_id)
    assert purchased
    assert not any(+carts[session] for session in purchased), "a purchase is of the whole cart"


def test_steps_become_rarer_from_view_to_purchase(lived: list[Event]) -> None:
    reached = {
        kind: len({event.session_id for event in lived if event.step.event_type is kind})
        for kind in EventType
    }

    assert reached[EventType.VIEW_ITEM] > 2 * reached[EventType.ADD_TO_CART]
    assert reached[EventType.ADD_TO_CART] > 2 * reached[EventType.PURCHASE] > 500
    assert 0 < reached[EventType.REMOVE_FROM_CART] < reached[EventType.ADD_TO_CART] / 2


def test_times_grow_within_a_session_and_evenings_are_busier_than_nights(
    lived: list[Event],
) -> None:
    for before, after in pairwise(lived):
        if before.session_id == after.session_id:
            assert before.happened_at < after.happened_at
    by_hour = Counter(event.happened_at.hour for event in lived)

    assert sum(by_hour[hour] for hour in (19, 20, 21)) > 5 * sum(by_hour[h] for h in (2, 3, 4))


def test_users_come_back_with_the_same_device(lived: list[Event]) -> None:
    sessions: dict[str, set[str]] = defaultdict(set)
    devices: dict[str, set[str]] = defaultdict(set)
    for event in lived:
        sessions[event.visitor.user_id].add(event.session_id)
        devices[event.visitor.user_id].add(event.visitor.device)

    assert all(len(used) == 1 for used in devices.values())
    assert sum(len(visits) > 5 for visits in sessions.values()) > 50
    assert sum(len(visits) == 1 for visits in sessions.values()) > 50


def test_a_product_has_one_category_and_one_price(lived: list[Event]) -> None:
    prices: dict[object, set[object]] = defaultdict(set)
    for document in (event.document() for event in lived):
        if document["price"] is not None:
            prices[document["product_id"]].add((document["category"], document["price"]))

    assert len(prices) > 50
    assert all(len(found) == 1 for found in prices.values())


def test_readable_messages_have_every_field_of_its_type(arrived: list[Arrival]) -> None:
    for document in documents(arrived, *EVENTS, Kind.DUPLICATE):
        assert list(document) == list(TYPES)
        assert all(
            isinstance(document[name], kind) for name, kind in TYPES.items() if name != "price"
        )
        assert moment(document).tzinfo is not None


def test_times_come_with_several_offsets_and_precisions(arrived: list[Arrival]) -> None:
    written = [document["event_timestamp"] for document in documents(arrived, *EVENTS)]
    endings = [re.fullmatch(r"[^.]{19}(\.\d+)?(Z|[+-]..:..)", text) for text in written]

    assert all(endings)
    assert {end[2] for end in endings if end} == {"Z", "+02:00", "-05:00", "+05:30"}
    assert {len(end[1] or "") for end in endings if end} == {0, 4, 7}


def test_what_goes_wrong_has_its_share(arrived: list[Arrival]) -> None:
    counts = Counter(arrival.message.kind for arrival in arrived)
    events = sum(counts[kind] for kind in EVENTS)
    prices = [document["price"] for document in documents(arrived, *EVENTS)]

    assert set(counts) == set(Kind)
    for kind in (Kind.LATE, Kind.DUPLICATE):
        assert counts[kind] / events == pytest.approx(SHARES[kind], rel=0.25)
    malformed = sum(counts[kind] for kind in MALFORMED)
    assert malformed / events == pytest.approx(sum(SHARES[k] for k in MALFORMED), rel=0.5)
    assert prices.count(None) / len(prices) == pytest.approx(PRICELESS_SHARE, rel=0.25)


def test_late_events_are_minutes_to_three_days_late(arrived: list[Arrival]) -> None:
    delays = [
        arrival.arrived_at - moment(json.loads(arrival.message.value or b""))
        for arrival in arrived
        if arrival.message.kind is Kind.LATE
    ]

    assert min(delays) >= timedelta(minutes=2)
    assert max(delays) <= timedelta(days=3, seconds=1)
    assert sum(delay > timedelta(days=1) for delay in delays) > 20


def test_events_come_out_of_order_within_and_across_sessions(arrived: list[Arrival]) -> None:
    told = documents(arrived, *EVENTS)
    within = defaultdict(list)
    for document in told:
        within[document["session_id"]].append(moment(document))

    assert sum(moment(a) > moment(b) for a, b in pairwise(told)) > 500
    assert sum(times != sorted(times) for times in within.values()) > 300


def test_a_duplicate_is_an_earlier_message_byte_by_byte(arrived: list[Arrival]) -> None:
    seen: set[Message] = set()
    ids: set[str] = set()
    for message in (arrival.message for arrival in arrived):
        plain = Message(Kind.EVENT, message.key, message.value, 0)
        if message.kind is Kind.DUPLICATE:
            assert plain in seen
        elif message.kind in EVENTS:
            assert plain not in seen
            seen.add(plain)
            ids.add(json.loads(message.value or b"")["event_id"])
    assert len(ids) == len(seen)


def test_malformed_messages_cannot_be_read_as_events(arrived: list[Arrival]) -> None:
    for message in (arrival.message for arrival in arrived):
        if message.kind in MALFORMED:
            assert _fault(message.value) is message.kind


def _fault(value: bytes | None) -> Kind | None:
    """Say what is wrong with a message, by rules of our own."""
    if value is None:
        return Kind.TOMBSTONE
    try:
        text = value.decode()
    except UnicodeDecodeError:
        return Kind.INVALID_UTF8
    try:
        document = json.loads(text)
    except ValueError:
        return Kind.CUT_OFF if text.startswith("{") else Kind.NOT_JSON
    if document.get("event_id") is None:
        return Kind.NO_EVENT_ID
    try:
        datetime.fromisoformat(document["event_timestamp"])
        int(document["quantity"])
        float(document["price"] or 0)
    except (TypeError, ValueError):
        return Kind.WRONG_TYPE
    return None


def test_the_key_is_the_session(arrived: list[Arrival]) -> None:
    for arrival in arrived:
        if arrival.message.kind in EVENTS:
            document = json.loads(arrival.message.value or b"")
            assert arrival.message.key.decode() == document["session_id"]


def test_live_events_are_stamped_as_they_happen_and_each_run_has_its_own() -> None:
    start = datetime(2025, 7, 1, 23, 59, tzinfo=UTC)
    ticks = iter(range(100_000))

    def now() -> datetime:
        return start + timedelta(milliseconds=10 * next(ticks))

    first = [message for arrived in islice(live(CLOCK, 100, now), 5000) for message in arrived]
    after = CLOCK.model_copy(update={"runs": 1})
    second = [message for arrived in islice(live(after, 100, now), 5000) for message in arrived]
    ids = [
        {json.loads(m.value or b"")["event_id"] for m in run if m.kind in EVENTS}
        for run in (first, second)
    ]

    assert {Kind.EVENT, Kind.LATE, Kind.DUPLICATE} < {message.kind for message in first}
    assert not ids[0] & ids[1]
    told = [json.loads(m.value or b"") for m in first if m.kind in EVENTS]
    assert min(map(moment, told)) >= start - timedelta(seconds=1)
    assert max(map(moment, told)) <= start + timedelta(seconds=50)
    assert _is_some_event_behind_later_ones(told)
    assert any(document["event_type"] == EventType.PURCHASE for document in told)


def _is_some_event_behind_later_ones(told: list[dict[str, Any]]) -> bool:
    return any(moment(a) > moment(b) + timedelta(seconds=1.5) for a, b in pairwise(told))
