"""The checkout's tables against their recomputation, however its rows arrive."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import count

import pytest
from hypothesis import Phase, assume, given, settings
from hypothesis import strategies as st

from tests.recomputation.checkout.checkout_lake import CheckoutLake, Writes
from tests.recomputation.checkout.from_rows import Item, Order, Seen, recompute
from tests.recomputation.checkout.worlds import ROUNDS, Place, World, worlds
from tests.recomputation.compare import Row
from tests.warm_dbt import DbtFailedError

pytestmark = [pytest.mark.postgres, pytest.mark.spark]

EXAMPLES = max(1, settings().max_examples // 200)  # 10 with the profile `long`
WORLDS = 12  # of each example; three arrivals of each are in one lake
PLACES = count()
AT = datetime(2025, 6, 3, 8, 0, 30, tzinfo=UTC)
MINUTE = AT.replace(second=0)


def amount(text: str) -> Decimal:
    return Decimal(text)


def test_the_recomputation_says_what_was_worked_out_by_hand() -> None:
    later = AT + timedelta(seconds=10)
    seen = Seen(
        orders=[
            Order(1, 7, AT, amount("59.98"), "pending", AT),
            Order(1, 7, AT, amount("59.98"), "paid", later),
            Order(2, 7, AT, amount("5.00"), "cancelled", AT),
            Order(3, 7, AT, amount("-1.00"), "paid", later),
            Order(3, 7, AT, amount("1.00"), "paid", AT),
            Order(4, 7, AT, amount("1.00"), "paid", AT),
        ],
        items=[
            Item(10, 1, 100, 3, amount("19.99"), AT),
            Item(11, 1, 100, 1, amount("0.01"), AT),
            Item(20, 2, 100, 1, amount("5.01"), AT),
            Item(30, 3, 100, 0, amount("1.00"), AT),
        ],
        gone_orders={4},
    )
    tables = recompute(seen)
    live = tables["gold.checkout_orders_live"].in_order(
        ["order_id", "order_status", "items_amount", "difference_amount", "is_consistent"]
    )
    assert set(live.values) == {
        (1, "paid", amount("59.98"), amount("0.00"), True),
        (2, "cancelled", amount("5.01"), amount("-0.01"), False),
        (3, "paid", amount("0.00"), amount("1.00"), False),
    }
    assert tables["gold.checkout_sales_by_minute"].values == [
        (MINUTE, 2, 4, amount("59.98"), 1, amount("5.01"))
    ]
    thirds = amount("0.666667"), amount("0.000000"), amount("0.333333")
    assert tables["gold.checkout_status_funnel"].values == [
        (date(2025, 6, 3), 3, 0, 2, 0, 1, 2, amount("0.000000"), *thirds)
    ]


def test_every_table_is_right_after_the_first_load(till: CheckoutLake) -> None:
    writes = Writes()
    writes.order(1, AT, amount("59.98"))
    writes.item(10**9 + 10, 1, 3, amount("19.99"))
    writes.item(10**9 + 11, 1, 1, amount("0.01"))
    writes.order(2, AT, amount("5.00"), "cancelled")
    writes.order(3, AT, amount("-1.00"))
    writes.item(10**9 + 30, 3, 0, amount("1.00"))
    writes.item(10**9 + 40, 4, 1, amount("4.00"))  # its order comes later
    till.load(writes)

    rejected = till.table("quarantine.checkout__rejected").in_order(["rule_name"]).values
    assert sorted(str(rule) for (rule,) in rejected) == [
        "quantity_is_positive", "total_amount_is_not_negative",
    ]  # fmt: skip
    till.assert_engines_agree()


def test_what_comes_late_changes_its_own_order_minute_and_date_alone(till: CheckoutLake) -> None:
    before = till.gold("checkout_sales_by_minute").values
    writes = Writes()
    writes.order(4, AT + timedelta(days=1), amount("4.00"))  # its item is there already
    writes.order(2, AT, amount("5.00"), "cancelled")
    writes.item(10**9 + 20, 2, 1, amount("5.00"))  # late
    writes.order(3, AT, amount("0.00"))  # mended
    till.load(writes)
    after = till.gold("checkout_sales_by_minute")

    assert len(before) == 1
    assert set(after.in_order(["minute_at", "revenue_amount", "cancelled_amount"]).values) == {
        (MINUTE, amount("59.98"), amount("5.00")),
        (MINUTE + timedelta(days=1), amount("4.00"), amount("0.00")),
    }


def test_what_is_deleted_upstream_leaves_gold(till: CheckoutLake) -> None:
    till.delete(orders=[4], items=[10**9 + 11])
    till.load(Writes())

    assert len(till.gold("checkout_sales_by_minute").values) == 1
    assert len(till.gold("checkout_status_funnel").values) == 1
    [units] = till.gold("checkout_sales_by_minute").in_order(["units_count"]).values
    assert units == (3,)


@settings(max_examples=EXAMPLES, phases=[Phase.explicit, Phase.generate], deadline=None)
@given(st.lists(worlds(), min_size=WORLDS, max_size=WORLDS))
def test_any_order_and_any_batching_make_the_same_tables(
    till: CheckoutLake, drawn: list[World]
) -> None:
    """In real loads, after each of which all tables are right."""
    assume(any(round_ for world in drawn for way in world.arrivals for _, _, round_ in way))
    arriving = [
        (Place(next(PLACES)), world, arrival) for world in drawn for arrival in world.arrivals
    ]
    for number in range(ROUNDS):
        writes = Writes()
        for place, world, arrival in arriving:
            place.write(writes, world, arrival, number)
        till.load(writes)
    for world in drawn:
        first, *others = [place.tables(till) for place, of, _ in arriving if of is world]
        assert any(first.values()) or not _usable(world)
        for other in others:
            assert other == first


def _usable(world: World) -> list[Row]:
    """Return the items of a world that break no rule."""
    return [item for order in world.orders for item in order["items"] if item[0]]


def test_one_full_refresh_makes_the_same_tables(till: CheckoutLake) -> None:
    till.assert_rebuild_gives_the_same()
    till.assert_right()
    till.build(tests=True)


def test_every_table_is_right_when_all_rows_have_left_staging(till: CheckoutLake) -> None:
    """The data tests too; what comes after that is merged as ever."""
    assert till.remove_consumed() > 0
    writes = Writes()
    writes.order(1, AT, amount("59.98"), "shipped")
    writes.order(5, AT, amount("-1.00"))
    writes.item(10**9 + 50, 5, 1, amount("4.00"))
    till.load(writes, tests=True)

    assert len(till.table("raw_checkout.orders").values) == 2
    with pytest.raises(DbtFailedError, match="without the rows that have left"):
        till.build("checkout__orders", full_refresh=True)


def test_every_unit_test_passes(till: CheckoutLake) -> None:
    assert "pass" in till.run_unit_tests().statuses.values()
