"""How far it is safe to read: open transactions -> an upper bound below every row still to come.

A row's cursor is usually set by `now()`, the start of its transaction, but the row is seen only
after the commit. Reading up to the newest cursor would skip rows of transactions that commit later.
So a bound is found first and the snapshot is taken after it. For a timestamptz:

1. t0 = clock_timestamp(), then a pause of 20 ms, then the open transactions are read. A session
   takes its transaction's start time a moment before it shows it in pg_stat_activity; without the
   pause a transaction could be older than t0, not be listed yet and commit after the snapshot.
2. U = least(t0, start of the oldest open transaction), all of them, also those that have not
   written yet. Activity must be read BEFORE the snapshot: read after it, a transaction that
   committed in between would be neither listed nor visible.
3. The snapshot is taken and rows with cursor < U are read. Whatever commits later started at U or
   after, so its `now()` is not below U.

An integer, or a timestamp without time zone (of whatever zone the writers are in), cannot be
compared with the clock. There U is just above the greatest value, usable once no transaction is
open that began before it was read: each value up to U was drawn by then.
A date lands two days later, when it has ended in every time zone.

What no bound can see: a sequence with CACHE above 1, a program that sets the cursor from a clock of
its own, a cursor that is set back by hand. `lag` keeps a distance from now for such sources.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from ingestion.connectors.postgres.declaration import PostgresTable
from ingestion.connectors.postgres.transaction import Session, fetch
from ingestion.connectors.postgres.types import quoted
from ingestion.connectors.postgres.upstream import UpstreamTable
from lake.errors import ConfigurationError

if TYPE_CHECKING:
    import asyncpg

PAUSE_SECONDS = 0.02
LONGEST_WAIT_SECONDS = 10.0
POLL_SECONDS = 0.1
FUTURE = timedelta(days=1)
STEP = timedelta(microseconds=1)
# Where rows are written all the time, some transaction always has just begun.
WORTH_A_NOTE = timedelta(seconds=1)
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
    session: Session, table: PostgresTable, upstream: UpstreamTable
) -> Watermark:
    """Find the bound for an incremental load. Must run outside of, and before, the load's snapshot.

    Raises ConfigurationError when other sessions cannot be seen and no `lag` is declared.
    """
    column = upstream.cursor_of(table)
    [server] = await fetch(session, _SESSION)
    if not server["sees_all"] or server["is_replica"]:
        return _lag_only(table, column.base, server)
    prepared = await _first(session, _PREPARED)
    if prepared and (table.lag is None or column.base not in ("timestamptz", "date")):
        return Watermark(None, note=_prepared_note(prepared))
    if column.base not in ("timestamptz", "date"):
        return await _newest_watermark(session, column.base, column.name, upstream)
    await asyncio.sleep(PAUSE_SECONDS)
    oldest = await _first(session, _OLDEST)
    upper, note = server["now"], None
    if oldest and oldest["xact_start"] < upper:
        upper = oldest["xact_start"]
        if server["now"] - upper >= WORTH_A_NOTE:
            pid = oldest["pid"]
            note = f"read up to {upper.isoformat()}: pid {pid} is in a transaction since then"
    lag = table.lag or timedelta()
    upper = min(upper, server["now"] - lag)
    if prepared:
        upper = min(upper, prepared["prepared"] - lag)
    return _time_watermark(column.base, upper, server["now"], note)


async def _newest_watermark(
    session: Session, base: str, name: str, upstream: UpstreamTable
) -> Watermark:
    """Wait until no transaction is open that could still add values below the greatest one."""
    is_time = base == "timestamp"
    future = "clock_timestamp() at time zone 'UTC' + interval '1 day'" if is_time else "null::int8"
    below = f"where {quoted(name)} < {future}" if is_time else ""
    [newest] = await fetch(
        session,
        f"select max({quoted(name)}) as value, clock_timestamp() as read_at, {future} as future"
        f" from {upstream.relation} {below}",
    )
    await asyncio.sleep(PAUSE_SECONDS)
    waited = 0.0
    while True:
        oldest = await _first(session, _OLDEST)
        if oldest is None or oldest["xact_start"] > newest["read_at"]:
            break
        if waited >= LONGEST_WAIT_SECONDS:
            since = oldest["xact_start"].isoformat()
            note = f"nothing read: pid {oldest['pid']} is in a transaction since {since}"
            return Watermark(None, note=note)
        await asyncio.sleep(POLL_SECONDS)
        waited += POLL_SECONDS
    value = newest["value"]
    if value is None:  # no rows, or only such as are set aside
        return Watermark(datetime.min if is_time else 0, newest["future"])
    return Watermark(value + (STEP if is_time else 1), newest["future"])


async def _first(session: Session, query: str) -> asyncpg.Record | None:
    """Return the first record of a query, None where there is none."""
    return next(iter(await fetch(session, query)), None)


def _lag_only(table: PostgresTable, base: str, server: asyncpg.Record) -> Watermark:
    """Stay `lag` behind the clock where open transactions cannot be seen."""
    reason, fix = (
        ("reads from a replica, where the primary's transactions cannot be seen", "")
        if server["is_replica"]
        else (
            f"reads as {server['role']}, which may not see other roles' transactions",
            f"grant pg_read_all_stats to {quoted(server['role'])}; or ",
        )
    )
    if table.lag is None or base not in ("timestamptz", "timestamp", "date"):
        raise ConfigurationError(
            f"{table.label} {reason}: rows that commit late would be lost",
            f"{fix}declare how long the longest transaction takes, for example lag: 10 minutes"
            " (for cursors that are times; add the offset of a local time from UTC)",
        )
    now = min(server["now"], server["replayed"] or server["now"])
    return _time_watermark(base, now - table.lag, server["now"], None)


def _time_watermark(base: str, upper: datetime, now: datetime, note: str | None) -> Watermark:
    """Return the bound in the cursor's own type."""
    if base == "date":
        return Watermark(upper.date() - timedelta(days=1), (now + FUTURE).date() + FUTURE, note)
    return Watermark(upper, now + FUTURE, note)


def _prepared_note(prepared: asyncpg.Record) -> str:
    return (
        f"nothing read: transaction {prepared['gid']!r} is prepared since"
        f" {prepared['prepared'].isoformat()} and its start is unknown;"
        " commit it, roll it back, or (for a cursor that is a time) declare lag"
    )
