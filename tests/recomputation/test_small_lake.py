"""A small lake through many small runs: every change, one after the other, and a rebuild."""

import contextlib
from collections.abc import Iterator

import psycopg
import pytest

from tests.recomputation.changes import DAYS, Change
from tests.recomputation.compare import assert_same_rows
from tests.recomputation.lake import Lake

pytestmark = pytest.mark.spark

SMALL_RUNS = 10
PLAIN_DAYS = 2


@pytest.mark.parametrize("day", DAYS, ids=lambda day: " and ".join(c.name for c in day))
def test_every_mart_follows_when(day: tuple[Change, ...], small_lake: Lake) -> None:
    """Nothing else happens on that day, which would have groups of these changes made again."""
    for change in day:
        before = small_lake.recomputed_digests(change.marts)
        assert small_lake.change(*change.statements) > 0
        after = small_lake.recomputed_digests(change.marts)
        unmoved = [name for name in change.marts if after[name] == before[name]]
        assert not unmoved, f"{change.name}: does not test what it is there to test"
    small_lake.land(deletes=True)
    small_lake.build()
    small_lake.assert_marts_are_right()


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


def test_a_transaction_that_commits_after_a_load_is_not_lost(small_lake: Lake) -> None:
    """Nor is a row that is there for one load alone."""
    with open_transaction(small_lake):
        small_lake.advance(days=1)
        assert small_lake.change("insert into shop.categories (name) values ('Short-lived')") == 1
        small_lake.land()
        small_lake.build()
        before = small_lake.recomputed_digests(["sales_daily"])
    assert small_lake.recomputed_digests(["sales_daily"]) != before
    assert small_lake.change("delete from shop.categories where name = 'Short-lived'") == 1
    small_lake.land()
    small_lake.build()
    small_lake.assert_marts_are_right()


def test_ten_small_runs_equal_one_full_rebuild(small_lake: Lake) -> None:
    missing = SMALL_RUNS + 1 - small_lake.builds  # the first was no small one
    for _ in range(max(missing, PLAIN_DAYS)):
        small_lake.advance(days=1)
        small_lake.land(deletes=True)
        small_lake.build()
    small_lake.assert_marts_are_right()
    models = small_lake.models()
    incremental = {name: small_lake.table(name) for name in models}
    assert {name.split(".")[0] for name in models} == {"silver", "gold"}
    snapshots = small_lake.snapshots()

    small_lake.build(full_refresh=True)

    rebuilt = small_lake.snapshots()
    assert all(rebuilt[name] != snapshots[name] for name in models)
    for name, key in models.items():
        assert_same_rows(small_lake.table(name), incremental[name], key, name)


def test_a_run_with_nothing_new_changes_no_snapshot(small_lake: Lake) -> None:
    small_lake.land(deletes=True)
    small_lake.build()
    before = small_lake.snapshots()
    assert None not in before.values()
    small_lake.land(deletes=True)
    small_lake.build()
    assert small_lake.snapshots() == before
