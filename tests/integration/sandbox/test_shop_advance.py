"""Time goes on in the shop: what changes is what `advance` says, stamped by the database."""

from datetime import UTC, date, datetime

import psycopg
import pytest
from psycopg.rows import tuple_row

from lake.errors import ConfigurationError, EnvironmentFault
from sandbox.shop import Advance, advance, fill, progress
from sandbox.shop.entities import TABLES, Table
from tests.integration.sandbox.conftest import NewDatabase
from tests.integration.sandbox.facts import FACTS, fingerprints, violations

pytestmark = pytest.mark.postgres

ORDERS = 4_000
Rows = dict[str, dict[int, tuple[object, ...]]]


def rows_of(url: str) -> Rows:
    with psycopg.connect(url, row_factory=tuple_row) as connection:
        return {table.name: _rows_of_table(connection, table) for table in TABLES}


def _rows_of_table(connection: psycopg.Connection, table: Table) -> dict[int, tuple[object, ...]]:
    columns = ", ".join(table.columns)
    found = connection.execute(f"select {columns} from shop.{table.name}".encode())
    return {row[0]: row for row in found}


class Week:
    """A shop before and after a week, and what `advance` said of it."""

    def __init__(self, url: str) -> None:
        self.url = url
        fill(url, orders=ORDERS)
        self.before = rows_of(url)
        self.started_at = datetime.now(UTC)
        self.result: Advance = advance(url, days=7)
        self.after = rows_of(url)

    def changes(self, table: str) -> tuple[set[int], set[int], set[int]]:
        """Return the keys that were really inserted, updated and deleted."""
        before, after = self.before[table], self.after[table]
        updated = {key for key in before.keys() & after.keys() if before[key] != after[key]}
        return after.keys() - before.keys(), updated, before.keys() - after.keys()


@pytest.fixture(scope="module")
def week(new_database: NewDatabase) -> Week:
    """Return a shop that has lived for a week after its base fill."""
    return Week(new_database())


def test_clock_moves_on_by_the_days(week: Week) -> None:
    assert (week.result.from_date, week.result.to_date) == (date(2025, 7, 1), date(2025, 7, 8))


@pytest.mark.parametrize("table", [table.name for table in TABLES])
def test_summary_says_what_really_changed(week: Week, table: str) -> None:
    inserted, updated, deleted = week.changes(table)
    said = next(change for change in week.result.changes if change.table == table)

    # A row made on one day may change or go on another: it was counted on both.
    assert said.inserted >= len(inserted)
    assert said.inserted - said.deleted == len(inserted) - len(deleted)
    assert said.updated >= len(updated)
    assert bool(said.updated) or not updated


@pytest.mark.parametrize(
    ("table", "verbs"),
    [
        ("customers", "insert update"),
        ("products", "update"),
        ("orders", "insert update delete"),
        ("order_items", "insert delete"),
        ("payments", "insert update delete"),
        ("shipments", "insert update delete"),
        ("returns", "insert update delete"),
        ("stock_movements", "insert"),
    ],
)
def test_week_brings_new_changed_and_deleted_rows(week: Week, table: str, verbs: str) -> None:
    names = ("insert", "update", "delete")
    seen = [name for name, keys in zip(names, week.changes(table), strict=True) if keys]

    assert " ".join(seen) == verbs


def test_week_moves_orders_products_and_customers(week: Week) -> None:
    def column(table: str, name: str) -> list[tuple[object, object]]:
        index = next(row for row in TABLES if row.name == table).columns.index(name)
        _, updated, _ = week.changes(table)
        pairs = [(week.before[table][k][index], week.after[table][k][index]) for k in updated]
        return [(old, new) for old, new in pairs if old != new]

    assert {("paid", "delivered"), ("shipped", "delivered")} <= set(column("orders", "status"))
    assert column("products", "list_price")
    assert column("products", "category_id")
    assert column("products", "is_active")
    assert column("customers", "country")
    assert column("returns", "refund_amount")
    assert column("shipments", "delivered_at")


@pytest.mark.parametrize("fact", FACTS)
def test_rows_stay_consistent(week: Week, fact: str) -> None:
    assert violations(week.url, fact) == []


def test_stamps_are_the_databases_own_and_one_per_day(week: Week) -> None:
    with psycopg.connect(week.url) as connection:
        stamps = connection.execute(
            "select distinct created_at from shop.orders where created_at >= %s order by 1",
            [week.started_at],
        ).fetchall()
    assert len(stamps) == 7
    assert all(week.started_at <= stamp <= datetime.now(UTC) for (stamp,) in stamps)

    for table in TABLES:
        if "updated_at" not in table.columns:
            continue
        index = table.columns.index("updated_at")
        inserted, updated, _ = week.changes(table.name)
        for key in inserted | updated:
            stamp = week.after[table.name][key][index]
            assert (stamp,) in stamps


def test_business_times_are_the_shops_own(week: Week) -> None:
    with psycopg.connect(week.url) as connection:
        placed = connection.execute(
            "select min(placed_at)::date, max(placed_at)::date from shop.orders"
            " where created_at >= %s",
            [week.started_at],
        ).fetchone()
    assert placed == (date(2025, 7, 1), date(2025, 7, 7))


def test_seven_days_at_once_equal_seven_single_days(week: Week, new_database: NewDatabase) -> None:
    url = new_database()
    fill(url, orders=ORDERS)
    for _ in range(7):
        advance(url, days=1)

    assert fingerprints(url, with_stamps=False) == fingerprints(week.url, with_stamps=False)


def test_other_seed_brings_another_week(week: Week, new_database: NewDatabase) -> None:
    url = new_database()
    fill(url, orders=ORDERS)
    advance(url, days=7, seed=99)

    assert (
        fingerprints(url, with_stamps=False)["orders"]
        != (fingerprints(week.url, with_stamps=False)["orders"])
    )
    assert {fact: violations(url, fact) for fact in FACTS} == {fact: [] for fact in FACTS}


def test_shop_stays_consistent_for_months(new_database: NewDatabase) -> None:
    url = new_database()
    fill(url, orders=300)
    advance(url, days=60)
    advance(url, days=60)

    assert {fact: violations(url, fact) for fact in FACTS} == {fact: [] for fact in FACTS}


def test_shop_goes_on_beside_what_others_wrote(new_database: NewDatabase) -> None:
    url = new_database()
    fill(url, orders=300)
    with psycopg.connect(url) as connection:
        connection.execute(
            "insert into shop.orders (customer_id, status, currency, discount_amount,"
            " shipping_amount, tax_amount, placed_at)"
            " values (1, 'paid', 'EUR', 0, 0, 0, '2025-06-20'),"
            " (1, 'shipped', 'EUR', 0, 0, 0, '2025-06-20'), (1, 'placed', 'EUR', 0, 0, 0, now())"
        )
        connection.execute("delete from shop.returns")

    advance(url, days=14)

    with psycopg.connect(url) as connection:
        newest = connection.execute(
            "select status from shop.orders where placed_at > '2026-01-01'"
        ).fetchall()
    assert newest == [("placed",)]


def test_clock_does_not_pass_the_present(new_database: NewDatabase) -> None:
    url = new_database()
    fill(url, orders=50)
    possible = (datetime.now(UTC).date() - date(2025, 7, 1)).days
    before = fingerprints(url)

    with pytest.raises(ConfigurationError, match="would pass the present") as caught:
        advance(url, days=possible + 2)

    assert f"at most {possible} days" in caught.value.fix
    assert fingerprints(url) == before


@pytest.mark.parametrize("days", [0, -3])
def test_time_does_not_stand_still_or_run_backwards(week: Week, days: int) -> None:
    with pytest.raises(ConfigurationError, match=f"by {days} days"):
        advance(week.url, days=days)


def test_empty_database_has_no_clock(new_database: NewDatabase) -> None:
    with pytest.raises(ConfigurationError, match="no shop yet"):
        advance(new_database(), days=1)


def test_two_cannot_move_the_clock_at_once(
    new_database: NewDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = new_database()
    fill(url, orders=300)
    load = progress._load

    def load_while_another_advances(*arguments: object) -> object:
        state = load(*arguments)  # type: ignore[arg-type]
        monkeypatch.setattr(progress, "_load", load)
        advance(url, days=1)
        return state

    monkeypatch.setattr(progress, "_load", load_while_another_advances)

    with pytest.raises(EnvironmentFault, match="moved from 2025-07-01 by somebody else"):
        advance(url, days=1)

    assert {fact: violations(url, fact) for fact in FACTS} == {fact: [] for fact in FACTS}


def test_failed_day_leaves_the_shop_as_it_was(new_database: NewDatabase) -> None:
    url = new_database()
    fill(url, orders=300)
    with psycopg.connect(url) as connection:
        connection.execute("alter table shop.stock_movements add check (moved_at < '2025-07-03')")

    with pytest.raises(psycopg.errors.CheckViolation):
        advance(url, days=10)

    with psycopg.connect(url) as connection:
        row = connection.execute("select today from sandbox.clock").fetchone()
        later = connection.execute(
            "select count(*) from shop.orders where placed_at >= '2025-07-03'"
        ).fetchone()
    assert row == (date(2025, 7, 3),)
    assert later == (0,)
