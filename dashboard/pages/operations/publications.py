"""What was published, and the command that goes back: ops.publications -> a panel, a command."""

from __future__ import annotations

import streamlit as st

from dashboard.drawing import charts
from dashboard.drawing.faults import say
from dashboard.drawing.filters import one_of
from dashboard.drawing.panels import Panel, board
from dashboard.pages.page import Visit
from dashboard.queries import operations

TABLE = "ops.publications"
COLUMNS = (
    "publication_id",
    "published_at",
    "kind",
    "git_commit",
    "areas",
    "tables",
    "tests",
)


def publications(visit: Visit) -> None:
    """Draw the publications, and show how to go back to one; nothing is changed from here."""
    if not visit.lake.has(TABLE):
        say(
            st.info,
            f"No publication is recorded: the lake has no table {TABLE}. Gold is what the last"
            " run of dbt wrote.",
            "dbt build",
        )
        return
    rows = operations.publications(visit.lake.read(TABLE, COLUMNS))
    board(
        visit.zone,
        lambda: Panel(
            "Publications",
            "Each set of gold tables that became readable together, newest first: how many tables"
            " and rows, and how its tests ended.",
            rows,
            lambda found: charts.columns(found, "published_at", "rows_count"),
            empty="Nothing has been published yet.",
            fix="dbt build",
        ),
    )
    if rows.num_rows:
        _going_back([str(number) for number in rows.column("publication_id").to_pylist()])


def _going_back(known: list[str]) -> None:
    st.header("Go back to a publication")
    st.write("This page changes nothing. The command puts all tables of the chosen set back.")
    chosen = one_of("Publication", "publication", known)
    st.code(operations.rollback_command(chosen), language="bash")
