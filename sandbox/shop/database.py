"""The shop's tables in PostgreSQL: schema.sql and entities <-> rows of a database."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from importlib.resources import files
from typing import LiteralString, cast

import psycopg
from psycopg import sql
from psycopg.rows import class_row

from lake.errors import ConfigurationError, EnvironmentFault
from sandbox.postgres import EmbeddedPostgres
from sandbox.shop.entities import TABLES, Entity, Table

DATABASE = "shop"
OWNER = "shop"
READER = "firn_reader"
STAMPS = ("created_at", "updated_at")
"""Columns that the database fills in for rows written after the base fill."""


@dataclass(frozen=True)
class ShopUrls:
    """Connection URLs of the shop's database, passwords included: secrets, never to be logged."""

    owner: str
    reader: str

    def __repr__(self) -> str:
        return "ShopUrls(owner=***, reader=***)"


@dataclass(frozen=True)
class Clock:
    """How the shop was filled, and the first day that has not happened yet."""

    seed: int
    orders: int
    today: date


def create(server: EmbeddedPostgres) -> ShopUrls:
    """Make the database `shop`, its owner and its reader, and return their URLs; repeatable.

    The reader may select from the schema once it is there, and see who else is at work
    (pg_read_all_stats); it may not write.
    """
    server.ensure_role(OWNER)
    server.ensure_role(READER, ["pg_read_all_stats"])
    server.ensure_database(DATABASE, OWNER)
    return ShopUrls(server.url(OWNER, DATABASE), server.url(READER, DATABASE))


def connect(url: str) -> psycopg.Connection:
    """Open a connection. Raises EnvironmentFault, without the password, when that fails."""
    try:
        return psycopg.connect(url, application_name="firn sandbox")
    except psycopg.OperationalError as error:
        raise EnvironmentFault(
            f"cannot connect to the shop's database: {error}", "start it: firn sandbox start shop"
        ) from None


def is_filled(url: str) -> bool:
    """Return whether the database holds a shop."""
    with connect(url) as connection:
        found = connection.execute("select to_regclass('sandbox.clock') is not null").fetchone()
        return found is not None and bool(found[0])


def drop(url: str) -> None:
    """Remove the shop and the sandbox's own schema, with all rows; the database and roles stay."""
    with connect(url) as connection:
        connection.execute("drop schema if exists shop, sandbox cascade")


def install(connection: psycopg.Connection) -> None:
    """Create the schema, empty, in the current transaction."""
    connection.execute(files(__package__).joinpath("schema.sql").read_bytes())


def clock(connection: psycopg.Connection, *, lock: bool = False) -> Clock:
    """Return the shop's clock; `lock` keeps others from moving it until the transaction ends.

    Raises ConfigurationError when there is no shop in the database.
    """
    query = "select seed, orders, today from sandbox.clock" + (" for update" if lock else "")
    try:
        with connection.cursor(row_factory=class_row(Clock)) as cursor:
            found = cursor.execute(query).fetchone()
    except psycopg.errors.UndefinedTable:
        found = None
    if found is None:
        raise ConfigurationError("the database holds no shop yet", "firn sandbox start shop")
    return found


def copy_rows(
    connection: psycopg.Connection, table: Table, rows: Iterable[Entity], columns: Sequence[str]
) -> None:
    """Write rows by COPY, the given columns only."""
    money = [column in table.money for column in columns]
    statement = sql.SQL("copy shop.{} ({}) from stdin").format(
        sql.Identifier(table.name), sql.SQL(", ").join(map(sql.Identifier, columns))
    )
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        for row in rows:
            values = (getattr(row, column) for column in columns)
            copy.write_row(
                [
                    _euros(value) if paid else value
                    for value, paid in zip(values, money, strict=True)
                ]
            )


def update_rows(
    connection: psycopg.Connection, table: Table, changes: Mapping[int, Mapping[str, object]]
) -> None:
    """Set the changed columns of rows, given by key."""
    key = sql.Identifier(table.key)
    by_columns: dict[tuple[str, ...], list[list[object]]] = {}
    for number, values in changes.items():
        row = [_euros(value) if name in table.money else value for name, value in values.items()]
        by_columns.setdefault(tuple(values), []).append([*row, number])
    for columns, rows in by_columns.items():
        settings = sql.SQL(", ").join(
            sql.SQL("{} = %s").format(sql.Identifier(column)) for column in columns
        )
        statement = sql.SQL("update shop.{} set {} where {} = %s").format(
            sql.Identifier(table.name), settings, key
        )
        with connection.cursor() as cursor:
            cursor.executemany(statement, rows)


def delete_rows(connection: psycopg.Connection, table: Table, keys: Sequence[int]) -> None:
    """Delete rows, given by key."""
    statement = sql.SQL("delete from shop.{} where {} = any(%s)").format(
        sql.Identifier(table.name), sql.Identifier(table.key)
    )
    connection.execute(statement, [list(keys)])


def read_rows(
    connection: psycopg.Connection, table: Table, condition: LiteralString, values: object = None
) -> Iterator[Entity]:
    """Yield the rows that meet an SQL condition on %(values)s, by key, money in cents."""
    columns = sql.SQL(", ").join(
        sql.SQL("({0} * 100)::bigint as {0}" if column in table.money else "{0}").format(
            sql.Identifier(column)
        )
        for column in table.columns
    )
    statement = sql.SQL("select {} from shop.{} where {} order by {}").format(
        columns, sql.Identifier(table.name), sql.SQL(condition), sql.Identifier(table.key)
    )
    with connection.cursor(row_factory=class_row(table.entity)) as cursor:
        cursor.execute("set local timezone = 'UTC'")
        yield from cursor.execute(statement, {"values": values})


def next_key(connection: psycopg.Connection, table: Table) -> int:
    """Return the next number of a table's key, from the sequence that the database itself uses."""
    found = connection.execute(
        "select nextval(pg_get_serial_sequence(%s, %s))", [f"shop.{table.name}", table.key]
    ).fetchone()
    return int(found[0]) if found else 0


def let_keys_continue(connection: psycopg.Connection) -> None:
    """Move every key's sequence behind the largest key in its table."""
    for table in TABLES:
        connection.execute(
            sql.SQL(
                "select setval(pg_get_serial_sequence({name}, {column}), max({key}))"
                " from shop.{table}"
            ).format(
                name=sql.Literal(f"shop.{table.name}"),
                column=sql.Literal(table.key),
                key=sql.Identifier(table.key),
                table=sql.Identifier(table.name),
            )
        )


def _euros(cents: object) -> Decimal:
    return Decimal(cast("int", cents)).scaleb(-2)
