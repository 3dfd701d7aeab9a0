"""A shop's gold against its recomputation, through everything that can happen to the shop."""

import contextlib
from collections.abc import Iterator

import psycopg
import pytest

from tests.recomputation.changes import DAYS, Change
from tests.recomputation.compare import Rows, assert_same_rows
from tests.recomputation.lake import Lake
from tests.recomputation.readers import MART_KEYS

pytestmark = pytest.mark.spark

SMALL_RUNS = 10


def test_every_mart_is_right_after_the_first_load(lake: Lake) -> None:
    lake.assert_marts_are_right()


def test_two_engines_read_the_same_rows(lake: Lake) -> None:
    lake.assert_engines_agree()


def test_every_unit_test_passes(lake: Lake) -> None:
    assert "pass" in lake.run_unit_tests().statuses.values()


def test_every_item_has_its_part_of_the_discount(lake: Lake) -> None:
    parts = lake.recomputed("order_item_discount_parts")
    items = lake.gold("fct_order_items").in_order(["order_item_id", "order_discount_amount"])
    assert_same_rows(
        parts, Rows(parts.columns, items.values), ["order_item_id"], "gold.fct_order_items"
    )


def test_every_mart_is_right_after_a_week_with_deleted_rows(lake: Lake) -> None:
    before = lake.recomputed_digests()
    lake.advance(days=7)
    after = lake.recomputed_digests()
    assert all(after[name] != before[name] for name in MART_KEYS)
    lake.land(deletes=True)
    lake.build(tests=True)
    lake.assert_marts_are_right()


@pytest.mark.parametrize("day", DAYS, ids=lambda day: " and ".join(c.name for c in day))
def test_every_mart_follows_when(day: tuple[Change, ...], lake: Lake) -> None:
    """Nothing else happens on that day, which would have groups of these changes made again."""
    for change in day:
        before = lake.recomputed_digests(change.marts)
        assert lake.change(*change.statements) > 0
        after = lake.recomputed_digests(change.marts)
        unmoved = [name for name in change.marts if after[name] == before[name]]
        assert not unmoved, f"{change.name}: does not test what it is there to test"
    lake.land(deletes=True)
    lake.build()
    lake.assert_marts_are_right()


@contextlib.contextmanager
def open_transaction(lake: Lake) -> Iterator[None]:
    """Hold a transaction open that has changed and added orders; it commits at the end."""
    with psycopg.connect(lake.url) as connection:
        connection.execute(
            """
            update shop.order_items set quantity = quantity + 1
            where order_id = (select min(order_id) from shop.orders where status = 'delivered')
            """
        )
        connection.execute(
            """
            with placed as (
                insert into shop.orders (
                    customer_id, status, currency, discount_amount, shipping_amount,
                    tax_amount, placed_at
                )
                select customer_id, 'paid', 'EUR', 1.00, 0, 0, placed_at
                from shop.orders
                order by order_id
                limit 1
                returning order_id
            )
            insert into shop.order_items
                (order_id, product_id, quantity, unit_price, discount_amount)
            select placed.order_id, products.product_id, 3, 7.77, 0.10
            from placed
            cross join (select min(product_id) as product_id from shop.products) as products
            """
        )
        yield


def test_a_transaction_that_commits_after_a_load_is_not_lost(lake: Lake) -> None:
    """Nor is a row that is there for one load alone."""
    with open_transaction(lake):
        lake.advance(days=1)
        assert lake.change("insert into shop.categories (name) values ('Short-lived')") == 1
        lake.land()
        lake.build()
        before = lake.recomputed_digests(["sales_daily"])
    assert lake.recomputed_digests(["sales_daily"]) != before
    assert lake.change("delete from shop.categories where name = 'Short-lived'") == 1
    lake.land()
    lake.build()
    lake.assert_marts_are_right()


def test_ten_small_runs_equal_one_full_rebuild(lake: Lake) -> None:
    while lake.builds < SMALL_RUNS + 1:  # the first was no small one
        lake.advance(days=1)
        lake.land(deletes=True)
        lake.build()
    lake.assert_marts_are_right()
    assert {name.split(".")[0] for name in lake.models()} == {"silver", "gold"}
    lake.assert_rebuild_gives_the_same()


def test_a_run_with_nothing_new_changes_no_snapshot(lake: Lake) -> None:
    lake.land(deletes=True)
    lake.build()
    before = lake.snapshots()
    assert None not in before.values()
    lake.land(deletes=True)
    lake.build()
    assert lake.snapshots() == before
