"""Gold tables: metadata and dbt's graph -> newest row, age, and why there is none of today."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from lake.lake import Identifier, Lake
from lake.statistics import DATE, TIMES, Newest, TableStatistics
from operations.monitoring.status.counting import CountedTable
from operations.monitoring.status.marts import CountsOnly, Mart
from operations.monitoring.status.model import GoldStatus, as_moment, is_of_day, midnight
from operations.monitoring.status.raw import StoredTable, event_time, statistics_of

WORD = r"[A-Za-z_]\w*"


@dataclass(frozen=True)
class Upstream:
    """The declared raw tables by their table in the lake, to explain what gold lacks, and now."""

    raw: Mapping[Identifier, StoredTable]
    now: datetime

    def of(self, mart: Mart) -> list[StoredTable]:
        """Return the raw tables whose rows a mart counts, those with an event time."""
        only = mart.counts_only
        return [
            stored
            for identifier, stored in sorted(self.raw.items())
            if (stored.table.label == only.table if only else identifier in mart.raw)
            and _counted(stored) is not None
        ]


def gold_status(lake: Lake, mart: Mart, upstream: Upstream) -> GoldStatus:
    """Return the figures of a gold table. Raises FirnError when it cannot be read."""
    name = ".".join(mart.identifier)
    metadata = lake.metadata(mart.identifier)
    if metadata is None:
        return GoldStatus(name, explanation=f"not built yet: dbt build --select +{mart.name}")
    statistics = statistics_of(lake, metadata)
    column, newest = _newest(CountedTable(lake.files, statistics), mart, upstream.now)
    explanation = None
    if not _has_today(newest, upstream.now):
        explanation = _why_not_today(mart, statistics, column, upstream)
    return GoldStatus(
        name,
        rows=statistics.rows,
        is_exact=statistics.is_exact,
        column=column,
        newest=newest,
        written_at=statistics.written_at,
        explanation=explanation,
    )


def _newest(table: CountedTable, mart: Mart, now: datetime) -> tuple[str | None, Newest]:
    """Return the declared newest column, else that of the newest time that is not to come.

    Of an expression it is the one time that it names. Times go before dates.
    """
    kinds = {n: kind for n, (_, kind) in table.statistics.columns.items() if kind in TIMES}
    declared = set(re.findall(WORD, mart.newest or "")) & kinds.keys()
    if len(declared) == 1:
        [column] = declared
        return column, table.newest(column)
    times = [name for name in kinds if kinds[name] != DATE] or list(kinds)
    past = [
        (name, newest)
        for name in times
        if (newest := table.newest(name)).value is not None and as_moment(newest.value) <= now
    ]
    return max(past, key=lambda pair: as_moment(pair[1].value), default=(None, Newest()))


def _has_today(newest: Newest, now: datetime) -> bool:
    return newest.value is not None and is_of_day(newest.value, now.date())


def _why_not_today(
    mart: Mart, statistics: TableStatistics, column: str | None, upstream: Upstream
) -> str | None:
    """Say in a sentence why a table has no row for today, as far as metadata knows the reason.

    Only for tables that are read by day: the newest column or the condition is declared.
    """
    if column is None or (mart.newest is None and mart.counts_only is None):
        return None
    lacks = f"{mart.name} has no row for today"
    sources = upstream.of(mart)
    today = [stored for stored in sources if _has_events_today(stored, upstream.now)]
    if not today:
        return f"{lacks}: {_nothing_happened(sources)}" if sources else None
    if mart.counts_only is not None:
        [stored] = today
        return f"{lacks}: {_none_that_count(stored, mart, statistics, upstream.now)}"
    newer = [stored.table.label for stored in today if _is_newer(stored, statistics)]
    return f"{lacks}: {_not_built(mart, newer)}" if newer else None


def _nothing_happened(sources: Sequence[StoredTable]) -> str:
    """Say that no source has an event of today, and how new the newest one is."""
    known = [(newest.value, s) for s in sources if (newest := _newest_event(s)).value is not None]
    if not known:
        return f"{sources[0].table.label} is empty"
    value, stored = max(known, key=lambda pair: as_moment(pair[0]))
    when = value.strftime("%Y-%m-%d %H:%M" if isinstance(value, datetime) else "%Y-%m-%d")
    count = len(sources)
    which = stored.table.label if count == 1 else f"its {count} sources ({stored.table.label})"
    return f"the newest event of {which} is of {when}"


def _none_that_count(
    stored: StoredTable, mart: Mart, statistics: TableStatistics, now: datetime
) -> str:
    """Say how many of today's rows are what the mart counts: none, some that wait, or unknown."""
    only = mart.counts_only
    counts = _count_today(stored, only, now) if only else None
    if only is None or counts is None:
        return f"which of today's rows of {stored.table.label} count was not looked up"
    rows, matching = counts
    among = f"among today's {rows:,} rows of {stored.table.label}"
    if not matching:
        return f"no {only.called} {among}"
    count = f"{matching:,} {only.called}{'' if matching == 1 else 's'} {among}"
    if _is_newer(stored, statistics):
        return f"{count} landed since it was built: dbt build --select +{mart.name}"
    return f"{count} did not reach it: see quarantine.{stored.table.source}__rejected"


def _count_today(stored: StoredTable, only: CountsOnly, now: datetime) -> tuple[int, int] | None:
    """Return how many rows are of today, and how many of them count; opens the files of today."""
    from duckdb import Error

    table, column = _counted(stored), event_time(stored.table)
    if table is None or column is None:
        return None
    chosen = table.files_since(column, midnight(now))
    if not table.may_open(chosen):
        return None
    named = set(re.findall(WORD, only.where)) & table.statistics.columns.keys()
    query = (
        f"select count(*), count(*) filter (where {only.where}) from rows"
        f" where {table.is_since(column, midnight(now))}"
    )
    try:
        [(rows, matching)] = table.query(chosen, sorted({column, *named}), query)
    except Error:  # the expression is wrong, or no file has a column of it
        return None
    return int(rows), int(matching)


def _has_events_today(stored: StoredTable, now: datetime) -> bool:
    return _has_today(_newest_event(stored), now)


def _newest_event(stored: StoredTable) -> Newest:
    table = _counted(stored)
    return table.newest(event_time(stored.table)) if table else Newest()


def _counted(stored: StoredTable) -> CountedTable | None:
    """Return a raw table to count in, None for one that is not there or has no event time."""
    if stored.statistics is None:
        return None
    table = CountedTable(stored.lake.files, stored.statistics)
    return table if table.time_kind(event_time(stored.table)) else None


def _is_newer(stored: StoredTable, gold: TableStatistics) -> bool:
    """Whether rows landed after the gold table was written."""
    landed = stored.statistics.written_at if stored.statistics else None
    return landed is not None and (gold.written_at is None or landed > gold.written_at)


def _not_built(mart: Mart, newer: Sequence[str]) -> str:
    return f"{', '.join(newer)} landed since it was built: dbt build --select +{mart.name}"
