"""How far it is safe to read: open transactions -> an upper bound below every row still to come.

A row's cursor is usually set by `now()`, the start of its transaction, but the row is seen only
after the commit. Reading up to the newest cursor would skip rows of transactions that commit later.
So the bound U is found first and the snapshot is taken after it:

1. t0 = clock_timestamp(), then a pause of 20 ms, then the open transactions are read. A session
   takes its transaction's start time a moment before it shows it in pg_stat_activity; without the
   pause a transaction could be older than t0, not be listed yet and commit after the snapshot.
2. U = least(t0, start of the oldest open transaction), all of them, also those that have not
   written yet. Activity must be read BEFORE the snapshot: read after it, a transaction that
   committed in between would be neither listed nor visible.
3. The snapshot is taken and rows with cursor < U are read. Whatever commits later started at U or
   after, so its `now()` is not below U.

For integer cursors U is the greatest value + 1, usable once no transaction is open that began
before it was read: each value up to U was drawn by then. (A sequence with CACHE above 1 breaks
that order; so does a program that sets the cursor from a clock of its own. `settle` covers those
for times.)
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from ingestion.declarations import TableDeclaration
from ingestion.errors import ConfigurationError
from ingestion.readers.postgres.types import quoted
from ingestion.readers.postgres.upstream import UpstreamTable

if TYPE_CHECKING:
    import asyncpg

PAUSE_SECONDS = 0.02
INTEGER_WAIT_SECONDS = 10.0
INTEGER_POLL_SECONDS = 0.1
FUTURE = timedelta(days=1)
Cursor = datetime | date | int

_SESSION = """
select clock_timestamp() as now, pg_is_in_recovery() as is_replica, current_user::text as role,
    pg_has_role(current_user, 'pg_read_all_stats', 'usage') as sees_all,
    pg_last_xact_replay_timestamp() as replayed
"""
_PREPARED = """
select gid, prepared from pg_prepared_xacts where database = current_database()
order by prepared limit 1
"""
_OLDEST = """
select pid, xact_start from pg_stat_activity
where datid = (select oid from pg_database where datname = current_database())
    and pid <> pg_backend_pid() and xact_start is not null
    and backend_type is distinct from 'autovacuum worker'
order by xact_start limit 1
"""


@dataclass(frozen=True)
class Watermark:
    """Read rows with `cursor < upper`; rows from `future` on are set aside, the rest is for later.

    `upper` is None when nothing may be read this time; `note` then says who is in the way.
    """

    upper: Cursor | None
    future: Cursor | None = None
    note: str | None = None


async def find_watermark(
    connection: asyncpg.Connection, table: TableDeclaration, upstream: UpstreamTable
) -> Watermark:
    """Find the bound for an incremental load. Must run outside of, and before, the load's snapshot.

    Raises ConfigurationError when other sessions cannot be seen and no `settle` is declared.
    """
    if table.cursor is None:
        raise ValueError(f"{table.label} has no cursor")
    kind = table.column(table.cursor).data_type.name
    [session] = await connection.fetch(_SESSION)
    if not session["sees_all"] or session["is_replica"]:
        return _settled_only(table, session, kind)
    if kind in ("int", "bigint"):
        return await _integer_watermark(connection, table, upstream)
    prepared = await connection.fetchrow(_PREPARED)
    if prepared and table.settle is None:
        return Watermark(None, note=_prepared_note(prepared))
    await asyncio.sleep(PAUSE_SECONDS)
    oldest = await connection.fetchrow(_OLDEST)
    upper, note = session["now"], None
    if oldest and oldest["xact_start"] < upper:
        upper = oldest["xact_start"]
        note = f"read up to {upper.isoformat()}: pid {oldest['pid']} is in a transaction since then"
    settle = table.settle or timedelta()
    upper = min(upper, session["now"] - settle)
    if prepared:
        upper = min(upper, prepared["prepared"] - settle)
    return Watermark(_as_cursor(upper, kind), _as_cursor(session["now"] + FUTURE, kind), note)


async def _integer_watermark(
    connection: asyncpg.Connection, table: TableDeclaration, upstream: UpstreamTable
) -> Watermark:
    """Wait until no transaction is open that could still add values below the greatest one."""
    [newest] = await connection.fetch(
        f"select max({quoted(str(table.cursor))}) as value, clock_timestamp() as read_at"
        f" from {upstream.relation}"
    )
    if prepared := await connection.fetchrow(_PREPARED):
        return Watermark(None, note=_prepared_note(prepared))
    waited = 0.0
    await asyncio.sleep(PAUSE_SECONDS)
    while True:
        oldest = await connection.fetchrow(_OLDEST)
        if oldest is None or oldest["xact_start"] > newest["read_at"]:
            return Watermark(0 if newest["value"] is None else newest["value"] + 1)
        if waited >= INTEGER_WAIT_SECONDS:
            since = oldest["xact_start"].isoformat()
            note = f"nothing read: pid {oldest['pid']} is in a transaction since {since}"
            return Watermark(None, note=note)
        await asyncio.sleep(INTEGER_POLL_SECONDS)
        waited += INTEGER_POLL_SECONDS


def _settled_only(table: TableDeclaration, session: asyncpg.Record, kind: str) -> Watermark:
    """Stay `settle` behind the clock where open transactions cannot be seen."""
    reason, cure = (
        ("reads from a replica, where the primary's transactions cannot be seen", "")
        if session["is_replica"]
        else (
            f"reads as {session['role']}, which may not see other roles' transactions",
            f"grant pg_read_all_stats to {quoted(session['role'])}; or ",
        )
    )
    if table.settle is None or kind in ("int", "bigint"):
        raise ConfigurationError(
            f"{table.label} {reason}: rows that commit late would be lost",
            f"{cure}declare how long the longest transaction takes, for example settle: 10 minutes"
            " (cursors that are times only)",
        )
    now = min(session["now"], session["replayed"] or session["now"])
    return Watermark(
        _as_cursor(now - table.settle, kind), _as_cursor(session["now"] + FUTURE, kind)
    )


def _as_cursor(moment: datetime, kind: str) -> Cursor:
    return moment.date() if kind == "date" else moment


def _prepared_note(prepared: asyncpg.Record) -> str:
    return (
        f"nothing read: transaction {prepared['gid']!r} is prepared since"
        f" {prepared['prepared'].isoformat()} and its start is unknown;"
        " commit it, roll it back, or declare settle"
    )
