"""Which tests fail: ops.test_results -> panels."""

from __future__ import annotations

import streamlit as st

from dashboard.drawing import charts
from dashboard.drawing.faults import say
from dashboard.drawing.panels import Panel, board
from dashboard.pages.page import Visit
from dashboard.queries import operations

RESULTS = "ops.test_results"
COLUMNS = (
    "invocation_id",
    "test_name",
    "model_name",
    "status",
    "severity",
    "failures_count",
    "executed_at",
)


def tests(visit: Visit) -> None:
    """Draw tests whose newest result is no pass, and the results of all runs."""
    if not visit.lake.has(RESULTS):
        say(
            st.info,
            f"No results of tests are recorded: the lake has no table {RESULTS}. dbt prints them"
            " as it runs.",
            "dbt test",
        )
        return
    rows = visit.lake.read(RESULTS, COLUMNS)
    board(
        visit.zone,
        lambda: Panel(
            "Failing tests",
            "Tests whose newest result is an error, a failure or a warning, worst first.",
            operations.failing_tests(rows),
            empty="The newest result of every test is a pass.",
            fix="",
        ),
        lambda: Panel(
            "Results by run",
            "How many tests of each run of dbt ended how.",
            operations.tests_by_run(rows),
            lambda found: charts.columns(found, "executed_at", "tests_count", "status"),
            empty="No test has run yet.",
            fix="dbt build",
        ),
    )
