"""The clickstream's tables against their recomputation, however its messages arrive."""

from decimal import Decimal
from itertools import count

import pytest
from hypothesis import Phase, assume, given, settings
from hypothesis import strategies as st

from tests.recomputation.clickstream.clicks_lake import ClicksLake
from tests.recomputation.clickstream.from_messages import recompute
from tests.recomputation.clickstream.messages import Draft, Event, Message, draft, event, june
from tests.recomputation.clickstream.worlds import ROUNDS, Place, World, worlds
from tests.recomputation.compare import Row

pytestmark = [pytest.mark.kafka, pytest.mark.spark]

EXAMPLES = max(1, settings().max_examples // 200)  # 10 with the profile `long`
WORLDS = 12  # of each example; three arrivals of each are in one lake
PLACES = count()


def _first_messages() -> list[Draft]:
    """Return two sessions that bought, one that did not, and one that bought out of order."""
    return [
        draft(event("a1", "view_item", june(3, 8))),
        draft(event("a2", "add_to_cart", june(3, 8, 5))),
        draft(event("a3", "purchase", june(3, 8, 10), quantity=3, price=19.99)),
        draft(event("b1", "view_item", june(3, 23, 59), session_id="s2", device=None), 1),
        draft(event("b2", "add_to_cart", june(4, 0, 1), session_id="s2", category=" Boots "), 1),
        draft(event("b3", "purchase", june(4, 0, 2), session_id="s2", price=None), 1),
        draft(event("c1", "view_item", june(4, 9), session_id="s3", user_id="u3"), 2),
        draft(event("c2", "remove_from_cart", june(4, 9, 1), session_id="s4", user_id="u3"), 2),
        draft(event("d2", "add_to_cart", june(4, 10, 2), session_id="s5", user_id="u2"), 2),
        draft(event("d1", "purchase", june(4, 10, 1), session_id="s5", user_id="u2"), 2),
        draft(event("d0", "view_item", june(4, 10), session_id="s5", user_id="u2"), 2),
    ]  # fmt: skip


def _bad_messages() -> list[Draft]:
    """Return messages that are not landed, and some that break a rule."""
    good = event("e1", "purchase", june(4, 12))
    return [
        draft(b"no json"),
        draft({**good, "event_id": None}),
        draft({**good, "quantity": "many"}),
        draft({**good, "event_type": "refund"}),
        draft({**good, "event_timestamp": "2999-01-01T00:00:00+02:00", "session_id": " "}),
        draft({**good, "quantity": 0, "price": -1}),
        draft({**good, "event_type": "Purchase ", "price": 7}),  # the first that can be used
    ]


def test_the_recomputation_says_what_was_worked_out_by_hand() -> None:
    drafts = [*_first_messages(), *_bad_messages()]
    tables = recompute(Message(0, offset, sent.value) for offset, sent in enumerate(drafts))

    def rows(name: str, *columns: str) -> set[Row]:
        return set(tables[name].in_order(columns).values)

    assert rows("gold.hourly_sales", "hour_at", "purchases_count", "revenue_amount") == {
        (june(3, 8), 1, Decimal("59.97")),
        (june(4, 0), 1, Decimal("0.00")),
        (june(4, 10), 1, Decimal("1.25")),
        (june(4, 12), 1, Decimal("7.00")),
    }
    assert rows("gold.top_users", "revenue_rank", "user_id", "purchases_count") == {
        (1, "u1", 3), (2, "u2", 1),
    }  # fmt: skip
    assert rows("gold.sessions", "session_id", "furthest_step", "purchased_at") == {
        ("s1", "purchase", june(3, 8, 10)), ("s2", "purchase", june(4, 0, 2)),
        ("s3", "view", None), ("s4", "none", None), ("s5", "purchase", None),
    }  # fmt: skip
    assert {row[1:] for row in tables["gold.conversion_funnel"].values} == {
        (2, 2, 2, 2, *[Decimal("1.000000")] * 3),
        (3, 2, 1, 0, Decimal("0.500000"), Decimal("0.000000"), Decimal("0.000000")),
    }


def _messages_to_be_sent_again() -> list[Draft]:
    """Return a session of one event, with an offset that is no low one."""
    views = [
        draft(event(f"f{hour}", "view_item", june(6, hour), session_id="f")) for hour in range(9)
    ]
    moving = event("g1", "purchase", june(9, 7), session_id="moving", user_id="u9")
    return [*views, draft(moving)]


def test_every_table_is_right_after_the_first_load(clicks: ClicksLake) -> None:
    clicks.load([*_first_messages(), *_bad_messages(), *_messages_to_be_sent_again()])

    rejected = clicks.table("quarantine.clickstream__rejected").in_order(["rule_name"]).values
    assert sorted(str(rule) for (rule,) in rejected) == [
        "event_timestamp_is_not_after_the_message",
        "event_type_is_known",
        "price_is_not_negative",
        "quantity_is_positive",
        "session_id_is_present",
    ]
    assert len(clicks.table("quarantine.clickstream").values) == 3
    clicks.assert_engines_agree()


def test_an_event_that_is_sent_again_is_there_once(clicks: ClicksLake) -> None:
    """Fault sent-twice: in a later load and another partition, with other values too.

    The only event of a session goes to another one: its date has no session any more.
    """
    in_raw = len(clicks.table("raw_clickstream.events").values)
    assert june(9).date() in _dates(clicks)
    clicks.load(
        [
            draft(event("a3", "purchase", june(3, 8, 10), quantity=3, price=19.99), 0),
            draft(event("g1", "purchase", june(9, 8), session_id="moved", user_id="u8"), 0),
            draft(event("g1", "purchase", june(8, 7), session_id="moved", user_id="u8"), 1),
        ]
    )
    assert len(clicks.table("raw_clickstream.events").values) == in_raw + 3
    assert june(9).date() not in _dates(clicks)
    assert june(8).date() in _dates(clicks)


def _dates(clicks: ClicksLake) -> set[object]:
    funnel = clicks.table("gold.conversion_funnel")
    return {day for (day,) in funnel.in_order(["started_date"]).values}


def test_an_event_three_days_late_changes_its_own_hour_alone(clicks: ClicksLake) -> None:
    """Fault late-events."""
    before = set(clicks.checked("gold.hourly_sales").values)
    clicks.load(
        [
            draft(event("h1", "purchase", june(3, 8, 59, 59), price=0.03)),
            draft(event("h2", "view_item", june(2, 23), session_id="s1")),
        ]
    )
    after = set(clicks.checked("gold.hourly_sales").values)
    assert before - after == {(june(3, 8), 1, 3, Decimal("59.97"), 0)}
    assert after - before == {(june(3, 8), 2, 4, Decimal("60.00"), 0)}
    began = clicks.table("gold.sessions").in_order(["session_id", "started_date"]).values
    assert ("s1", june(2).date()) in began


def test_a_run_with_nothing_new_changes_no_snapshot(clicks: ClicksLake) -> None:
    before = clicks.snapshots()
    assert None not in before.values()
    clicks.land()
    clicks.build()
    assert clicks.snapshots() == before


@settings(max_examples=EXAMPLES, phases=[Phase.explicit, Phase.reuse, Phase.generate])
@given(drawn=st.lists(worlds(), min_size=WORLDS, max_size=WORLDS))
def test_any_order_and_any_batching_make_the_same_tables(
    clicks: ClicksLake, drawn: list[World]
) -> None:
    """Faults late-events and sent-twice: in real loads, after each of which all tables are right.

    Worlds of which messages contradict each other are no more than right: there, order matters.
    """
    assume(any(sending.round for world in drawn for way in world.arrivals for sending in way))
    arriving = [
        (Place(next(PLACES)), world, arrival) for world in drawn for arrival in world.arrivals
    ]
    for number in range(ROUNDS):
        clicks.load(
            [
                sent
                for place, world, arrival in arriving
                for sent in place.drafts(world, arrival, number)
            ]
        )
    for world in [world for world in drawn if not world.differs]:
        first, *others = [place.tables(clicks) for place, of, _ in arriving if of is world]
        assert first["silver.clickstream__events"] or not _usable(world)
        for other in others:
            assert other == first


def _usable(world: World) -> list[Event]:
    """Return the events of a world that break no rule."""
    return [made for made in world.events if made["quantity"] and made["event_type"] != "refund"]


def test_one_full_refresh_makes_the_same_tables(clicks: ClicksLake) -> None:
    clicks.assert_rebuild_gives_the_same()
    clicks.assert_right()
    clicks.build(tests=True)


def test_every_unit_test_passes(clicks: ClicksLake) -> None:
    assert "pass" in clicks.run_unit_tests().statuses.values()
