"""How the lake runs: loads, refreshes, tests, quarantine, publications -> rows of charts."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from dashboard.queries.sql import query

if TYPE_CHECKING:
    import pyarrow as pa


def rows_by_load(loads: pa.Table) -> pa.Table:
    """Return rows landed by hour, oldest first."""
    return query(
        """
        select
            date_trunc('hour', finished_at) as hour_at,
            sum(rows_landed_count)::bigint as rows_landed_count
        from loads
        group by all
        order by hour_at
        """,
        loads=loads,
    )


def newest_loads(loads: pa.Table, limit: int = 200) -> pa.Table:
    """Return the newest loads, each with what it read, landed and set aside."""
    return query(
        """
        select
            finished_at,
            source || '.' || table_name as table_name,
            load_mode,
            rows_read_count,
            rows_landed_count,
            rows_quarantined_count,
            round(seconds, 2) as seconds,
            notes
        from loads
        order by finished_at desc, table_name
        limit $limit
        """,
        {"limit": limit},
        loads=loads,
    )


def slowest_models(runs: pa.Table, limit: int = 20) -> pa.Table:
    """Return the models whose newest run took longest, the longest first."""
    return query(
        """
        select
            model_name,
            round(seconds, 1) as seconds,
            mode,
            rows_written_count,
            started_at
        from runs
        where model_name is not null and outcome <> 'skipped'
        qualify row_number() over (partition by model_name order by started_at desc) = 1
        order by seconds desc, model_name
        limit $limit
        """,
        {"limit": limit},
        runs=runs,
    )


def newest_runs(runs: pa.Table, limit: int = 200) -> pa.Table:
    """Return the newest refreshes, failed ones first among those of one moment."""
    return query(
        """
        select
            started_at,
            coalesce(model_name, task_name) as model_name,
            "trigger",
            mode,
            outcome,
            rows_written_count,
            round(seconds, 1) as seconds,
            coalesce(error, reason) as said
        from runs
        order by started_at desc, outcome = 'failed' desc, model_name
        limit $limit
        """,
        {"limit": limit},
        runs=runs,
    )


def failing_tests(results: pa.Table) -> pa.Table:
    """Return the tests whose newest result is not a pass, errors first."""
    return query(
        """
        select
            test_name,
            model_name,
            status,
            severity,
            failures_count,
            executed_at
        from results
        qualify row_number() over (partition by test_name order by executed_at desc) = 1
            and status not in ('pass', 'success', 'skipped')
        order by status <> 'error', status <> 'fail', executed_at desc, test_name
        """,
        results=results,
    )


def tests_by_run(results: pa.Table) -> pa.Table:
    """Return how many tests of each run ended how, oldest run first."""
    return query(
        """
        select
            max(max(executed_at)) over (partition by invocation_id) as executed_at,
            status,
            count(*) as tests_count
        from results
        group by invocation_id, status
        order by executed_at, status
        """,
        results=results,
    )


def rejections_by_rule(rows: pa.Table) -> pa.Table:
    """Return how many rows each rule holds back, by table, the most first."""
    return query(
        """
        select table_name || ': ' || rule as rule, count(*) as rows_count
        from rows
        group by all
        order by rows_count desc, rule
        """,
        rows=rows,
    )


def publications(found: pa.Table) -> pa.Table:
    """Return publications, newest first.

    What a publication holds stands in JSON: its tables are counted, and so are their rows.
    """
    return _table([_publication(row) for row in _newest_first(found, "published_at")])


def rollback_command(publication: str) -> str:
    """Return the command that puts all tables of a publication back."""
    return f"firn rollback {publication}"


def _publication(row: dict[str, Any]) -> dict[str, Any]:
    tables = json.loads(row["tables"] or "{}")
    tests = json.loads(row["tests"] or "{}")
    return {
        "published_at": row["published_at"],
        "kind": row["kind"],
        "publication_id": row["publication_id"],
        "areas": ", ".join(json.loads(row["areas"] or "[]")),
        "tables_count": len(tables),
        "rows_count": sum(int(table.get("rows") or 0) for table in tables.values()),
        "tests": ", ".join(f"{count} {status}" for status, count in tests.items()),
        "git_commit": row["git_commit"],
    }


def _newest_first(table: pa.Table, column: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = table.sort_by([(column, "descending")]).to_pylist()
    return rows


def _table(rows: Sequence[dict[str, Any]]) -> pa.Table:
    import pyarrow as pa

    return pa.Table.from_pylist(list(rows))
