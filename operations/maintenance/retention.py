"""Which rows may leave a staging table: what its readers have had for long enough -> a plan.

    policy + dbt's manifest + readers' commits -> Removal -> lake/removal.py

A reader is a model that reads the table, as dbt's manifest says, or a table of the lake whose own
commits say that it has read it. Every one of them counts: a model that was never built, or whose
task is suspended, keeps the rows.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from lake.consumption import Consumption, consumption, readers_of
from lake.lake import Identifier, Lake
from lake.removal import OldFiles, remove_rows
from lake.removed_rows import Removed
from lake.settings import Settings
from lake.snapshots import ancestors
from operations.dbt.manifest import read_manifest, readers_in
from operations.maintenance.policies import Policies

NOT_READ_BY_DBT = "dbt has not read the project yet, so its readers are unknown: dbt parse"
NO_READER = "no model reads it"


@dataclass(frozen=True)
class Removal:
    """The rows of a table that may leave it: those added up to the sequence number `up_to`.

    `held` says who keeps rows that are old enough to go, and why, a sentence each.
    """

    table: Identifier
    up_to: int = 0
    held: tuple[str, ...] = ()


def plan_removal(
    lake: Lake, manifest: Mapping[str, Any] | None, table: Identifier, after: timedelta
) -> Removal:
    """Return what may leave `table`: what every reader had read `after` ago, and has read still.

    Nothing may where nobody reads it, or where dbt's manifest is not there. Raises EnvironmentFault
    when the lake cannot be read.
    """
    line = list(ancestors(lake, table))
    if not line:
        return Removal(table)
    if manifest is None:
        return Removal(table, held=(NOT_READ_BY_DBT,))
    moment = datetime.now(UTC) - after
    readers = sorted({*readers_in(manifest, table), *readers_of(lake, table)})
    read = [consumption(lake, table, line, reader, moment) for reader in readers]
    if not read:
        return Removal(table, held=(NO_READER,))
    held = tuple(_held(read, _sequence_at(line, moment)))
    return Removal(table, min(reader.then for reader in read), held)


def remove_consumed(lake: Lake, removal: Removal) -> OldFiles:
    """Remove what may go, in one commit; nothing where it is gone already.

    Raises ConflictError, EnvironmentFault.
    """
    stored = lake.stored(removal.table)
    gone = Removed.of(stored.properties).sequence if stored else 0
    if removal.up_to <= gone:
        return OldFiles(removal.up_to)
    return remove_rows(lake, removal.table, removal.up_to)


def remove_all_consumed(
    settings: Settings, lake: Lake, policies: Policies, tables: list[Identifier]
) -> int:
    """Remove what may go from those of the tables whose policy says so; return how many rows.

    Raises ConflictError, EnvironmentFault.
    """
    manifest = read_manifest(settings)
    rows = 0
    for table in tables:
        after = policies.of(".".join(table)).remove_consumed_after
        if after is not None:
            rows += remove_consumed(lake, plan_removal(lake, manifest, table, after)).rows
    return rows


def _held(read: list[Consumption], old: int) -> Iterator[str]:
    """Yield who has not read on to the sequence number of a snapshot that is old enough."""
    for reader in read:
        if reader.now < old:
            yield f"{reader.reader} {reader.reason or 'has not read on since'}"


def _sequence_at(line: list[Mapping[str, Any]], moment: datetime) -> int:
    """Return the sequence number of the newest snapshot of that moment; 0 where there was none."""
    milliseconds = moment.timestamp() * 1000
    old = (s["sequence-number"] for s in line if s["timestamp-ms"] <= milliseconds)
    return int(next(old, 0))
