"""How late rows were readable: a table's commits and those they read -> ops.lags.

One row for each commit of a task's table and each commit to its roots or direct upstreams that it
was the first to read. Percentiles over rows are weighted by `rows_count`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from itertools import takewhile

from lake.lake import Lake
from lake.retry import retry_on_conflict
from lake.system_tables import append_rows
from operations.refresh.tasks.arrivals import Arrivals, Arrived
from operations.refresh.tasks.heads import Commit

IDENTIFIER = ("ops", "lags")
COLUMNS = {
    "model_name": "string",
    "snapshot_id": "string",
    "readable_at": "timestamp",
    "upstream_name": "string",
    "upstream_snapshot_id": "string",
    "is_root": "boolean",
    "arrived_at": "timestamp",
    "rows_count": "bigint",
    "lag_seconds": "double",
    "target_lag_seconds": "double",
}


@dataclass(frozen=True)
class RowLag:
    """Rows that one commit upstream brought, and when a table's commit made them readable."""

    model_name: str
    snapshot_id: str
    readable_at: datetime
    upstream_name: str
    upstream_snapshot_id: str
    is_root: bool
    arrived_at: datetime
    rows_count: int
    lag_seconds: float
    target_lag_seconds: float | None = None


def row_lags(
    arrivals: Arrivals, table: str, since: str | None, target: float | None = None
) -> list[RowLag]:
    """Return the lags of what a table's commits after the snapshot `since` made readable.

    A commit that filled the table, so that nothing had been consumed before, has none: its rows
    did not wait for it.
    """
    line = arrivals.heads.history(table)
    new = list(takewhile(lambda commit: commit.snapshot != since, line))
    filled = next((one for one in reversed(line) if one.consumed), None)
    return [
        lag for commit in new if commit != filled for lag in _of(arrivals, table, commit, target)
    ]


def worst_from_roots(lags: Sequence[RowLag]) -> float | None:
    """Return the longest lag from the roots in seconds, None without rows."""
    return max((lag.lag_seconds for lag in lags if lag.is_root and lag.rows_count), default=None)


def record_lags(lake: Lake, lags: Sequence[RowLag]) -> None:
    """Add lags to ops.lags in one commit. Raises EnvironmentFault without a catalog."""
    if lags:
        rows = [asdict(lag) for lag in lags]
        retry_on_conflict(lambda: append_rows(lake, IDENTIFIER, COLUMNS, rows))


def _of(arrivals: Arrivals, table: str, commit: Commit, target: float | None) -> Iterator[RowLag]:
    roots = arrivals.from_roots(table, commit)
    direct = [one for one in arrivals.from_upstream(table, commit) if one not in roots]
    for arrived, is_root in [*((one, True) for one in roots), *((one, False) for one in direct)]:
        yield _lag(table, commit, arrived, is_root=is_root, target=target)


def _lag(
    table: str, commit: Commit, arrived: Arrived, *, is_root: bool, target: float | None
) -> RowLag:
    return RowLag(
        table,
        commit.snapshot,
        datetime.fromtimestamp(commit.at, UTC),
        arrived.table,
        arrived.snapshot,
        is_root,
        datetime.fromtimestamp(arrived.at, UTC),
        arrived.rows,
        round(commit.at - arrived.at, 3),
        target,
    )
