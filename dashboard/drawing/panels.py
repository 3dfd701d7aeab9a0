"""One figure of a page: rows + a chart -> heading, sentence, chart, its table and its CSV."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import altair as alt
import streamlit as st

from dashboard.drawing.csv_files import to_csv
from dashboard.drawing.faults import named_faults, say
from dashboard.drawing.words import title_of
from dashboard.drawing.zones import localized

if TYPE_CHECKING:
    import pyarrow as pa

Chart = Callable[["pa.Table"], alt.Chart]


@dataclass(frozen=True)
class Panel:
    """A figure: `rows` hold all that `chart` shows; without a chart the table is the figure.

    `empty` says why there may be no rows, and `fix` what to do then.
    """

    heading: str
    sentence: str
    rows: pa.Table
    chart: Chart | None = None
    empty: str = "No rows match the filters."
    fix: str = "choose a longer period, or take a filter back"


def board(zone: str, *builders: Callable[[], Panel]) -> None:
    """Show panels, two beside each other; one that cannot be read says why, the others are shown.

    Times are shown as clocks in `zone` show them.
    """
    for first in range(0, len(builders), 2):
        pair = builders[first : first + 2]
        for place, build in zip(st.columns(len(pair), gap="large"), pair, strict=True):
            with place, named_faults():
                show(build(), zone)


def show(panel: Panel, zone: str) -> None:
    """Show one panel in the place that Streamlit writes to."""
    st.header(panel.heading)
    st.write(panel.sentence)
    if panel.rows.num_rows == 0:
        say(st.info, panel.empty, panel.fix)
        return
    rows = localized(panel.rows, zone)
    if panel.chart:
        chart = panel.chart(rows)
        st.altair_chart(
            chart, alt=f"{panel.heading}. {panel.sentence}", key=key_of("chart", panel.heading)
        )
    _show_table(panel, rows)
    st.download_button(
        "Download as CSV",
        to_csv(rows),
        file_name=f"{key_of('firn', panel.heading)}.csv",
        mime="text/csv",
        on_click="ignore",
        key=key_of("csv", panel.heading),
        help=panel.heading,
    )


@st.fragment
def _show_table(panel: Panel, rows: pa.Table) -> None:
    """Show the rows below a line that opens them; what draws them is loaded only then."""
    below = st.expander(
        f"Table: {rows.num_rows:,} row{'' if rows.num_rows == 1 else 's'}",
        expanded=panel.chart is None,
        on_change="rerun",
        key=key_of("table", panel.heading),
    )
    if below.open:
        below.dataframe(_titled(rows), hide_index=True, alt=f"Table: {panel.heading}")


def _titled(rows: pa.Table) -> pa.Table:
    return rows.rename_columns([title_of(name) for name in rows.column_names])


def key_of(kind: str, heading: str) -> str:
    """Return the key by which Streamlit knows a part (`chart`, `table`, `csv`) of a panel."""
    return f"{kind}-{re.sub(r'[^a-z0-9]+', '-', heading.lower()).strip('-')}"
