"""Who holds the lock that a transaction waits for: its process id -> a sentence, while it waits.

The connection that waits can be asked nothing, so after some seconds another one asks for it.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import asyncpg

SECONDS_BEFORE_TOLD = 5.0
# A pooler invents process ids: behind one the session is known by its user and application name.
_BLOCKERS = """
select coalesce(l.relation::regclass::text, l.locktype) as wanted, holder.pid,
    a.usename::text as role, a.query_start
from pg_stat_activity as w
inner join pg_locks as l on l.pid = w.pid and not l.granted
cross join unnest(pg_blocking_pids(w.pid)) as holder (pid)
left join pg_stat_activity as a on a.pid = holder.pid
where w.datname = current_database() and w.usename = current_user
    and (
        w.pid = $1
        or w.application_name = current_setting('application_name')
        and not exists (select 1 from pg_stat_activity where pid = $1 and usename = current_user)
    )
order by holder.pid
"""


@dataclass(frozen=True)
class LockWatch:
    """Tells what a transaction waits for: `connect` opens the other connection, `tell` is told."""

    connect: Callable[[], Awaitable[asyncpg.Connection]]
    tell: Callable[[str], None]

    @asynccontextmanager
    async def over(self, connection: asyncpg.Connection) -> AsyncIterator[None]:
        """Watch over the transaction that a connection is in; what fails here costs no load."""
        watching = asyncio.create_task(self._watch(connection.get_server_pid()))
        try:
            yield
        finally:
            watching.cancel()
            await asyncio.gather(watching, return_exceptions=True)

    async def _watch(self, pid: int) -> None:
        """Tell each holder of the lock once, as long as there is one; a COPY waits at its start."""
        await asyncio.sleep(SECONDS_BEFORE_TOLD)
        other = await self.connect()
        try:
            told: list[str] = []
            while blockers := await _blockers(other, pid):
                said = [_sentence(blocker) for blocker in blockers]
                for sentence in sorted(set(said).difference(told)):
                    self.tell(sentence)
                told += said
                await asyncio.sleep(SECONDS_BEFORE_TOLD)
        finally:
            other.terminate()


async def _blockers(other: asyncpg.Connection, pid: int) -> list[asyncpg.Record]:
    """Return who holds what is waited for now; within a transaction for the sake of poolers."""
    async with other.transaction(readonly=True):
        return list(await other.fetch(_BLOCKERS, pid))


def _sentence(blocker: asyncpg.Record) -> str:
    """Say who holds it; what another role's session does is shown to pg_read_all_stats alone."""
    if not blocker["pid"]:
        return f"waiting for a lock on {blocker['wanted']}: a prepared transaction holds it"
    since = blocker["query_start"]
    started = f", query started {since.isoformat(timespec='seconds')}" if since else ""
    return (
        f"waiting for a lock on {blocker['wanted']}: pid {blocker['pid']}"
        f" ({blocker['role'] or 'unknown role'}{started}) holds it"
    )
