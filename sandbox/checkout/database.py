"""The checkout's tables in PostgreSQL: schema.sql, and orders -> rows of a database."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from importlib.resources import files

import psycopg
from psycopg.rows import class_row

from lake.errors import ConfigurationError, EnvironmentFault
from sandbox.checkout.orders import OPEN
from sandbox.postgres import EmbeddedPostgres

DATABASE = "checkout"
OWNER = "checkout"
READER = "firn_reader"
START = "firn sandbox start checkout"

_ORDERS = (
    "copy checkout.orders (order_id, customer_id, order_date, total_amount, status) from stdin"
)
_ITEMS = (
    "copy checkout.order_items (order_item_id, order_id, product_id, quantity, unit_price)"
    " from stdin"
)
_PAST_ORDERS = "copy checkout.orders from stdin"
_PAST_ITEMS = "copy checkout.order_items from stdin"
_MOVE = """
update checkout.orders set status = moved.status
from unnest(%s::bigint[], %s::text[]) as moved (order_id, status)
where orders.order_id = moved.order_id
"""

Row = Sequence[object]


@dataclass(frozen=True)
class CheckoutUrls:
    """URLs of the checkout's database, passwords included: secrets, never to be logged."""

    owner: str
    reader: str

    def __repr__(self) -> str:
        return "CheckoutUrls(owner=***, reader=***)"


@dataclass(frozen=True)
class Clock:
    """The seed, the first day that has not happened yet, and the number of the next order."""

    seed: int
    today: date
    next_order_id: int


def create(server: EmbeddedPostgres) -> CheckoutUrls:
    """Make the database `checkout`, its owner and its reader, and return their URLs; repeatable.

    The reader may select from the schema once it is there, and see who else is at work
    (pg_read_all_stats); it may not write.
    """
    server.ensure_role(OWNER)
    server.ensure_role(READER, ["pg_read_all_stats"])
    server.ensure_database(DATABASE, OWNER)
    return CheckoutUrls(server.url(OWNER, DATABASE), server.url(READER, DATABASE))


def connect(url: str) -> psycopg.Connection:
    """Open a connection. Raises EnvironmentFault, without the password, when that fails."""
    try:
        return psycopg.connect(url, application_name="firn sandbox")
    except psycopg.OperationalError as error:
        raise EnvironmentFault(
            f"cannot connect to the checkout's database: {error}", START
        ) from None


def is_filled(url: str) -> bool:
    """Return whether the database holds a checkout."""
    with connect(url) as connection:
        found = connection.execute("select to_regclass('sandbox.clock') is not null").fetchone()
        return found is not None and bool(found[0])


def drop(url: str) -> None:
    """Remove the checkout and the sandbox's own schema, with all rows; database and roles stay."""
    with connect(url) as connection:
        connection.execute("drop schema if exists checkout, sandbox cascade")


def install(connection: psycopg.Connection, first: Clock) -> None:
    """Create the schema, empty but for its clock, in the current transaction."""
    connection.execute(files(__package__).joinpath("schema.sql").read_bytes())
    connection.execute(
        "insert into sandbox.clock (seed, today, next_order_id) values (%s, %s, %s)",
        [first.seed, first.today, first.next_order_id],
    )


def take_clock(connection: psycopg.Connection) -> Clock:
    """Return the checkout's clock; nobody else moves it until the transaction ends.

    Raises ConfigurationError when there is no checkout in the database.
    """
    query = "select seed, today, next_order_id from sandbox.clock for update"
    try:
        with connection.cursor(row_factory=class_row(Clock)) as cursor:
            found = cursor.execute(query).fetchone()
    except psycopg.errors.UndefinedTable:
        found = None
    if found is None:
        raise ConfigurationError("the database holds no checkout yet", START)
    return found


def set_clock(connection: psycopg.Connection, today: date, next_order_id: int) -> None:
    """Move the clock on."""
    connection.execute(
        "update sandbox.clock set today = %s, next_order_id = %s", [today, next_order_id]
    )


def copy_past(connection: psycopg.Connection, orders: Iterable[Row], items: Iterable[Row]) -> None:
    """Write whole rows, with the time at which they arrived."""
    _copy(connection, _PAST_ORDERS, orders)
    _copy(connection, _PAST_ITEMS, items)


def copy_new(connection: psycopg.Connection, orders: Iterable[Row], items: Iterable[Row]) -> None:
    """Write rows that arrive now: the database stamps them."""
    _copy(connection, _ORDERS, orders)
    _copy(connection, _ITEMS, items)


def set_statuses(connection: psycopg.Connection, statuses: dict[int, str]) -> None:
    """Change the status of orders, given by number."""
    if statuses:
        connection.execute(_MOVE, [list(statuses), list(statuses.values())])


def open_orders(
    connection: psycopg.Connection, before: datetime
) -> list[tuple[int, datetime, str]]:
    """Return number, time and status of the orders from before a moment that may still change."""
    query = (
        "select order_id, order_date, status from checkout.orders"
        " where status = any(%s) and order_date < %s order by order_id"
    )
    return connection.execute(query, [list(OPEN), before]).fetchall()


def _copy(connection: psycopg.Connection, statement: str, rows: Iterable[Row]) -> None:
    rows = list(rows)
    if rows:
        with connection.cursor() as cursor, cursor.copy(statement.encode()) as copy:
            for row in rows:
                copy.write_row(row)
