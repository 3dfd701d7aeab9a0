"""The checkout's database: filled the same each time, moved on by days, and alive at a rate."""

from datetime import UTC, date, datetime
from typing import Any

import psycopg
import pytest

from lake.errors import ConfigurationError
from sandbox.checkout import Advance, advance, drop, fill, is_filled, produce
from sandbox.checkout.history import END_OF_FILL
from tests.integration.sandbox.conftest import NewDatabase

pytestmark = pytest.mark.postgres

_ROWS = {
    "orders": "select * from checkout.orders order by order_id",
    "items": "select * from checkout.order_items order by order_item_id",
}
_COUNTS = (
    "select (select count(*) from checkout.orders), (select count(*) from checkout.order_items)"
)
_ORPHANS = """
select count(*) from checkout.order_items
where not exists (select from checkout.orders where orders.order_id = order_items.order_id)
"""


def ask(url: str, query: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(url) as connection:
        return connection.execute(query.encode()).fetchall()


@pytest.fixture(scope="module")
def filled(new_database: NewDatabase) -> str:
    """Return the URL of a checkout of two days."""
    url = new_database()
    assert not is_filled(url)
    fill(url, days=2, orders=100)
    return url


def test_a_seed_fills_the_same_rows(filled: str, new_database: NewDatabase) -> None:
    again = new_database()
    fill(again, days=2, orders=100)
    for query in _ROWS.values():
        assert ask(again, query) == ask(filled, query)
    drop(again)
    assert not is_filled(again)


def test_days_bring_orders_and_changes_that_the_database_stamps(filled: str) -> None:
    started_at = datetime.now(UTC)
    [before] = ask(filled, _COUNTS)
    done = advance(filled, days=2, orders=100)
    [after] = ask(filled, _COUNTS)
    assert done == Advance(
        date(2025, 7, 3), after[0] - before[0], after[1] - before[1], done.changed
    )
    assert done.changed > 0
    [(stamped,)] = ask(
        filled, f"select count(*) from checkout.orders where updated_at >= '{started_at}'"
    )
    # an order of the first day may change on the second
    assert done.orders < stamped <= done.orders + done.changed
    assert ask(filled, "select max(order_date) < '2025-07-03' from checkout.orders") == [(True,)]
    assert date(2025, 7, 1) == END_OF_FILL


def test_orders_of_the_present_are_whole_when_the_run_ends(filled: str) -> None:
    [before] = ask(filled, _COUNTS)
    made = produce(filled, rate=200, seconds=1)
    [after] = ask(filled, _COUNTS)
    assert made.orders == 200
    assert (made.orders, made.items) == (after[0] - before[0], after[1] - before[1])
    assert ask(filled, _ORPHANS) == [(0,)]


def test_what_cannot_be_is_refused(filled: str, new_database: NewDatabase) -> None:
    with pytest.raises(ConfigurationError, match="would pass the present"):
        advance(filled, days=100_000)
    with pytest.raises(ConfigurationError, match="0 orders a second"):
        produce(filled, rate=0)
    with pytest.raises(ConfigurationError, match="no checkout yet"):
        advance(new_database(), days=1)
