"""Whether data arrives and is built: `firn status` -> panels; metadata is read, no table."""

from __future__ import annotations

import streamlit as st

from dashboard.drawing import charts
from dashboard.drawing.panels import Panel, board
from dashboard.pages.page import Visit
from dashboard.reading.status import gold_rows, raw_rows, read_status, source_rows
from lake.settings import Settings
from operations.monitoring.status.model import LakeStatus

KEPT_SECONDS = 15  # sources are asked no more often


def freshness(visit: Visit) -> None:
    """Draw how long ago sources landed, and the state of all raw and gold tables."""
    with st.spinner("Asking the lake and its sources"):
        status = _status(visit.settings)
    board(
        visit.zone,
        lambda: Panel(
            "Hours since each source landed",
            "How long ago rows landed, and whether that is within the freshness that the source"
            " declares in models/raw.",
            source_rows(status, visit.settings),
            lambda found: charts.bars(found, "source", "hours_since_landing", "state"),
            empty="No source is declared.",
            fix="firn declare drafts one",
        ),
        lambda: Panel(
            "Raw tables",
            "Rows, the newest event, what the source still has, and how the last load ended.",
            raw_rows(status),
            empty="No raw table is declared.",
            fix="firn declare drafts a source",
        ),
        lambda: Panel(
            "Gold tables",
            "Rows, the newest of them, when the table was built, and why it has nothing of today.",
            gold_rows(status),
            empty="No gold table is built.",
            fix="dbt build",
        ),
    )


@st.cache_resource(ttl=KEPT_SECONDS, show_spinner=False, max_entries=4)
def _status(settings: Settings) -> LakeStatus:
    return read_status(settings)
