"""The base fill in a real database: believable shares, consistent rows, the reader's rights."""

import psycopg
import pytest

from lake.errors import ConfigurationError, EnvironmentFault
from sandbox.postgres import EmbeddedPostgres
from sandbox.shop import advance, create, drop, fill, is_filled
from sandbox.shop.database import READER
from tests.integration.sandbox.conftest import NewDatabase
from tests.integration.sandbox.facts import FACTS, fingerprints, violations

pytestmark = pytest.mark.postgres

SHARES = {
    "cancelled orders": (
        "select avg((status = 'cancelled')::int) from shop.orders",
        (0.03, 0.05),
    ),
    "orders under way": (
        "select avg((status in ('placed', 'paid', 'shipped'))::int) from shop.orders",
        (0.005, 0.03),
    ),
    "late deliveries": (
        "select avg((delivered_at > promised_at)::int) from shop.shipments",
        (0.08, 0.12),
    ),
    "returned items": (
        "select (select count(*) from shop.returns)::float / count(*) from shop.order_items",
        (0.05, 0.075),
    ),
    "partial returns": (
        "select avg((returns.quantity < order_items.quantity)::int)"
        " from shop.returns join shop.order_items using (order_item_id)",
        (0.08, 0.25),
    ),
    "orders with a voucher": (
        "select avg((discount_amount > 0)::int) from shop.orders",
        (0.12, 0.2),
    ),
    "discounted items": (
        "select avg((discount_amount > 0)::int) from shop.order_items",
        (0.05, 0.12),
    ),
    "customers with one order": (
        "select avg((orders = 1)::int) from"
        " (select count(*) as orders from shop.orders group by customer_id) as counts",
        (0.35, 0.65),
    ),
    "untidy countries": (
        "select avg((country <> upper(trim(country)))::int) from shop.customers",
        (0.01, 0.05),
    ),
    "levels below zero": (
        "select avg((level < 0)::int) from (select sum(quantity) over ("
        "partition by product_id, warehouse_id order by moved_at, movement_id) as level"
        " from shop.stock_movements) as levels",
        (0.002, 0.05),
    ),
    "movements that empty a shelf": (
        "select avg((level <= 0 and level - quantity > 0)::int) from (select quantity,"
        " sum(quantity) over (partition by product_id, warehouse_id"
        " order by moved_at, movement_id) as level from shop.stock_movements) as levels",
        (0.005, 0.05),
    ),
    "growth from the first to the last quarter": (
        "select count(*) filter (where placed_at >= '2025-04-01')::float"
        " / count(*) filter (where placed_at < '2024-04-01') from shop.orders",
        (1.5, 3.0),
    ),
}

COUNTS = {
    "customers": (3_500, 4_500),
    "categories": (20, 40),
    "products": (60, 120),
    "warehouses": (3, 3),
    "orders": (19_500, 20_500),
    "order_items": (40_000, 50_000),
    "payments": (20_000, 22_000),
    "shipments": (18_500, 20_000),
    "returns": (2_200, 3_200),
    "stock_movements": (40_000, 60_000),
}


@pytest.fixture(scope="module")
def shop_rows(server: EmbeddedPostgres) -> dict[str, int]:
    """Fill the shop with its default size and return what the fill says."""
    return fill(create(server).owner)


@pytest.fixture(scope="module")
def shop_url(server: EmbeddedPostgres, shop_rows: dict[str, int]) -> str:
    """Return the owner's URL of the filled shop."""
    return create(server).owner


def number(url: str, query: str) -> float:
    with psycopg.connect(url) as connection:
        row = connection.execute(query.encode()).fetchone()
    assert row is not None
    return float(row[0])


@pytest.mark.parametrize("table", COUNTS)
def test_tables_have_a_believable_size(
    shop_url: str, shop_rows: dict[str, int], table: str
) -> None:
    low, high = COUNTS[table]

    assert low <= shop_rows[table] <= high
    assert number(shop_url, f"select count(*) from shop.{table}") == shop_rows[table]


@pytest.mark.parametrize("share", SHARES)
def test_shares_are_believable(shop_url: str, share: str) -> None:
    query, (low, high) = SHARES[share]

    assert low <= number(shop_url, query) <= high


@pytest.mark.parametrize("fact", FACTS)
def test_rows_are_consistent(shop_url: str, fact: str) -> None:
    assert violations(shop_url, fact) == []


def test_there_are_prospects_and_categories_without_products(shop_url: str) -> None:
    assert (
        number(
            shop_url,
            "select count(*) from shop.customers where not exists (select from shop.orders"
            " where orders.customer_id = customers.customer_id)",
        )
        >= 10
    )
    assert (
        number(
            shop_url,
            "select count(*) from shop.categories where parent_category_id is not null"
            " and not exists (select from shop.products"
            " where products.category_id = categories.category_id)",
        )
        >= 1
    )


def test_times_of_the_fill_lie_within_its_eighteen_months(shop_url: str) -> None:
    with psycopg.connect(shop_url) as connection:
        first, last, changed = connection.execute(
            "select min(placed_at), max(placed_at), max(updated_at) from shop.orders"
        ).fetchone() or (None, None, None)

    assert str(first).startswith("2024-01-01")
    assert str(last).startswith("2025-06-30")
    assert str(changed).startswith("2025-06-30")


def test_reader_reads_but_does_not_write(server: EmbeddedPostgres, shop_url: str) -> None:
    with psycopg.connect(create(server).reader, autocommit=True) as connection:
        for table in COUNTS:
            assert connection.execute(f"select 1 from shop.{table} limit 1".encode()).fetchone()
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(f"delete from shop.{table}".encode())
        row = connection.execute("select pg_has_role('pg_read_all_stats', 'usage')").fetchone()
        assert row == (True,)
    assert server.url(READER, "shop") == create(server).reader


def test_new_rows_get_keys_and_stamps_from_the_database(shop_url: str) -> None:
    with psycopg.connect(shop_url) as connection:
        row = connection.execute(
            "insert into shop.orders (customer_id, status, currency, discount_amount,"
            " shipping_amount, tax_amount, placed_at) values (1, 'placed', 'EUR', 0, 0, 0, now())"
            " returning order_id > (select max(order_id) from shop.orders),"
            " created_at = now(), updated_at = now()"
        ).fetchone()
        changed = connection.execute(
            "update shop.customers set updated_at = '2000-01-01' where customer_id = 1"
            " returning updated_at = now()"
        ).fetchone()
        connection.rollback()

    assert row == (True, True, True)
    assert changed == (True,)


def test_filled_database_is_not_filled_again(shop_url: str) -> None:
    assert is_filled(shop_url)
    with pytest.raises(ConfigurationError, match="holds a shop already") as caught:
        fill(shop_url)
    assert caught.value.fix


def test_dropped_shop_comes_back_identical(new_database: NewDatabase) -> None:
    one, other = new_database(), new_database()
    fill(one, orders=300)
    fill(other, orders=300)
    first = fingerprints(one)
    drop(one)
    assert not is_filled(one)
    fill(one, orders=300)

    assert fingerprints(one) == first == fingerprints(other)


def test_other_seed_gives_another_shop(new_database: NewDatabase) -> None:
    one, other = new_database(), new_database()
    fill(one, orders=300, seed=7)
    fill(other, orders=300, seed=8)

    assert fingerprints(one)["orders"] != fingerprints(other)["orders"]


def test_smallest_shop_can_be_filled_and_lives_on(new_database: NewDatabase) -> None:
    url = new_database()
    fill(url, orders=1)
    advance(url, days=3)

    with pytest.raises(ConfigurationError, match="0 orders"):
        fill(url, orders=0)


def test_unreachable_database_is_named_without_its_password(server: EmbeddedPostgres) -> None:
    url = create(server).owner.replace(f":{server.port}/", ":1/")
    password = str(psycopg.conninfo.conninfo_to_dict(url)["password"])

    with pytest.raises(EnvironmentFault, match="cannot connect") as caught:
        fill(url)

    assert password not in str(caught.value)
    assert "***" in repr(create(server))
    assert password not in repr(create(server))
