"""Transactions in which PostgreSQL writes values in one form, however role and pooler are set.

A pooler that hands server connections from client to client (pgbouncer in transaction mode) keeps
nothing between two transactions: neither settings of a session nor prepared statements. So all that
is read is read inside a transaction, and what it depends on is set there, with its beginning.
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ingestion.connectors.postgres.lock_waits import LockWatch
from lake.errors import EnvironmentFault

if TYPE_CHECKING:
    import asyncpg

# One text form for every value. synchronize_seqscans and parallel plans are off so that an
# unchanged table is read in an unchanged order; notices are off because asyncpg drops the rows it
# holds when one arrives between them; row_security is off so that a policy which would hide rows is
# an error. Time limits of the role are for other programs: a load may read and wait for long.
SETTINGS = {
    "client_encoding": "UTF8",
    "client_min_messages": "error",
    "standard_conforming_strings": "on",
    "DateStyle": "ISO, YMD",
    "IntervalStyle": "iso_8601",
    "TimeZone": "UTC",
    "bytea_output": "hex",
    "extra_float_digits": "1",
    "synchronize_seqscans": "off",
    "max_parallel_workers_per_gather": "0",
    "row_security": "off",
    "statement_timeout": "0",
    "lock_timeout": "0",
    "idle_in_transaction_session_timeout": "0",
}
SETTINGS_SINCE_17 = {"transaction_timeout": "0"}
SQL_ASCII = "SQL_ASCII"
_BEGIN = "begin transaction isolation level repeatable read, read only"


@dataclass(frozen=True)
class Session:
    """A connection, and who tells what its transactions wait for."""

    connection: asyncpg.Connection
    watch: LockWatch


@asynccontextmanager
async def reading_transaction(session: Session) -> AsyncIterator[asyncpg.Connection]:
    """Give the connection in a read-only transaction of one snapshot with all settings.

    One message holds the beginning and the settings, so that no time limit of the role applies.
    """
    connection = session.connection
    settings = _settings(connection)
    assignments = [f"set local {name} = '{value}'" for name, value in settings.items()]
    await connection.execute("; ".join([_BEGIN, *assignments]))
    try:
        async with session.watch.over(connection):
            yield connection
    except BaseException:
        with contextlib.suppress(Exception):  # what ended the transaction says more
            await connection.execute("rollback")
        raise
    await connection.execute("commit")


async def fetch(session: Session, query: str, *arguments: object) -> list[Any]:
    """Return the records of a query in a transaction of its own, so that it sees what is now."""
    async with reading_transaction(session) as connection:
        return list(await connection.fetch(query, *arguments))


async def require_settings(connection: asyncpg.Connection) -> None:
    """Read all settings back within a transaction. Raises EnvironmentFault for any that differs."""
    wanted = _settings(connection)
    shown = ", ".join(f"current_setting('{name}')" for name in wanted)
    [found] = await connection.fetch(f"select {shown}")
    differing = [
        f"{name} is {value!r}, set was {wanted[name]!r}"
        for name, value in zip(wanted, found, strict=True)
        if value != wanted[name]
    ]
    if differing:
        raise EnvironmentFault(
            f"the server does not keep the settings of a transaction: {'; '.join(differing)}",
            "values would be read in another form: connect to PostgreSQL itself, or by a pooler"
            " that passes SET LOCAL on",
        )


def copy_encoding(connection: asyncpg.Connection) -> str | None:
    """Return the encoding to copy in: None for UTF-8, as set.

    A database in SQL_ASCII holds any bytes. They are taken as they are, because asked for UTF-8 the
    server ends the whole COPY at the first that are none.
    """
    return SQL_ASCII if connection.get_settings().server_encoding == SQL_ASCII else None


def _settings(connection: asyncpg.Connection) -> Mapping[str, str]:
    is_new = connection.get_server_version() >= (17,)
    return SETTINGS | SETTINGS_SINCE_17 if is_new else SETTINGS
