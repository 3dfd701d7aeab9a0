"""What ran and how late rows are: ops.loads, ops.refreshes and ops.lags -> panels."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from dashboard.drawing import charts
from dashboard.drawing.filters import PERIODS, any_of, one_of, row_of_filters
from dashboard.drawing.panels import Panel, board
from dashboard.pages.page import Visit
from dashboard.queries import checkout, operations
from dashboard.queries.sql import values_of
from dashboard.reading.conditions import Condition, equals, since

LOADS, RUNS, LAGS = "ops.loads", "ops.refreshes", "ops.lags"
LOAD = (
    "finished_at",
    "source",
    "table_name",
    "load_mode",
    "rows_read_count",
    "rows_landed_count",
    "rows_quarantined_count",
    "seconds",
    "notes",
)
RUN = (
    "started_at",
    "model_name",
    "task_name",
    "trigger",
    "mode",
    "outcome",
    "rows_written_count",
    "seconds",
    "error",
    "reason",
)
LAG = ("readable_at", "model_name", "is_root", "rows_count", "lag_seconds", "target_lag_seconds")


def loads(visit: Visit) -> None:
    """Draw what landed, load by load."""
    known = visit.lake.read(LOADS, ("source",))
    chosen, source = row_of_filters(
        _period, lambda: any_of("Source", "source", values_of(known, "source"))
    )
    where = [*_recent("finished_at", chosen), *equals("source", source)]
    rows = visit.lake.read(LOADS, LOAD, where)
    board(
        visit.zone,
        lambda: Panel(
            "Rows landed by hour",
            "How many rows all loads landed in each hour; loads that found nothing new are not"
            " recorded.",
            operations.rows_by_load(rows),
            lambda found: charts.columns(found, "hour_at", "rows_landed_count"),
        ),
        lambda: Panel(
            "Newest loads",
            "The newest 200 loads: rows read, landed and set aside in quarantine.",
            operations.newest_loads(rows),
        ),
    )


def runs(visit: Visit) -> None:
    """Draw what was refreshed, how long it took, and what failed."""
    known = visit.lake.read(RUNS, ("outcome",))
    chosen, outcome = row_of_filters(
        _period, lambda: any_of("Outcome", "outcome", values_of(known, "outcome"))
    )
    where = [*_recent("started_at", chosen), *equals("outcome", outcome)]
    rows = visit.lake.read(RUNS, RUN, where)
    board(
        visit.zone,
        lambda: Panel(
            "Slowest models",
            "Seconds that the newest run of each model took, the 20 slowest.",
            operations.slowest_models(rows),
            lambda found: charts.bars(found, "model_name", "seconds"),
        ),
        lambda: Panel(
            "Newest runs",
            "The newest 200 runs of models and tasks: why each ran, how, and what it ended with.",
            operations.newest_runs(rows),
        ),
    )


def lag(visit: Visit) -> None:
    """Draw how late rows were readable in tables that declare a target lag."""
    known = visit.lake.read(LAGS, ("model_name",))
    chosen, model = row_of_filters(
        _period, lambda: any_of("Table", "table", values_of(known, "model_name"))
    )
    where = [*_recent("readable_at", chosen), *equals("model_name", model)]
    rows = visit.lake.read(LAGS, LAG, where)
    board(
        visit.zone,
        lambda: Panel(
            "Lag by table",
            "Seconds within which 95 % of a table's rows were readable after they had arrived in"
            " raw; the table has the target too.",
            checkout.lags_of_tables(rows),
            lambda found: charts.bars(found, "model_name", "p95_lag_seconds"),
        ),
        lambda: Panel(
            "Lag over time",
            "The longest lag of each commit, in seconds, over all chosen tables.",
            checkout.lags_over_time(rows),
            lambda found: charts.line(found, "readable_at", "lag_seconds"),
        ),
    )


def _period() -> int | None:
    names = ["last 30 days", *(name for name in PERIODS if name != "last 30 days"), "all"]
    return PERIODS.get(one_of("Period", "period", names))


def _recent(column: str, days: int | None) -> list[Condition]:
    """Return the condition of the last days, from midnight (UTC), so that scans are kept a day."""
    if days is None:
        return []
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return since(column, today - timedelta(days=days - 1))
