"""Charts: a small Arrow table and the columns to show -> a chart of Altair in Firn's palette."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal

import altair as alt

from dashboard.drawing.palette import ACCENT, LEAST, MOST, SERIES
from dashboard.drawing.words import title_of

if TYPE_CHECKING:
    import pyarrow as pa

DASHES = ([1, 0], [6, 2], [2, 2], [8, 2, 2, 2], [4, 4])  # with the hue: none has to be told by it
HEIGHT, ROW_HEIGHT = 260, 24


def line(rows: pa.Table, x: str, y: str, series: str | None = None) -> alt.Chart:
    """Return a line over time, one for each value of `series`."""
    chart = _over_time(_chart(rows).mark_line(point={"size": 20}, color=ACCENT), rows, x, y)
    if series:
        chart = chart.encode(color=_hues(series), strokeDash=_dashes(series))
    return _high(chart, HEIGHT)


def columns(rows: pa.Table, x: str, y: str, series: str | None = None) -> alt.Chart:
    """Return upright bars over time, stacked by `series`."""
    chart = _over_time(_chart(rows).mark_bar(color=ACCENT), rows, x, y)
    return _high(chart.encode(color=_hues(series)) if series else chart, HEIGHT)


def bars(rows: pa.Table, names: str, lengths: str, series: str | None = None) -> alt.Chart:
    """Return a bar for each name, in the order of the rows, stacked by `series`."""
    axis = alt.Axis(labelLimit=260, labelOverlap=False)
    chart = _chart(rows).mark_bar(color=ACCENT)
    chart = chart.encode(
        x=alt.X(lengths, type="quantitative", title=title_of(lengths), axis=_number_axis(lengths)),
        y=alt.Y(names, type="nominal", sort=None, title=None, axis=axis),
        tooltip=_tooltips(rows),
    )
    chart = chart.encode(color=_hues(series)) if series else chart
    return _high(chart, _height(rows, names))


def heat(rows: pa.Table, x: str, y: str, value: str) -> alt.Chart:
    """Return a field of squares, darker for a greater value."""
    scale = alt.Scale(range=[LEAST, MOST])
    chart = _chart(rows).mark_rect()
    chart = chart.encode(
        x=alt.X(x, type="ordinal", title=title_of(x)),
        y=alt.Y(y, type="ordinal", timeUnit="yearmonth", title=title_of(y)),
        color=alt.Color(value, type="quantitative", scale=scale, title=title_of(value)),
        tooltip=_tooltips(rows),
    )
    return _high(chart, _height(rows, y))


def _over_time(chart: alt.Chart, rows: pa.Table, x: str, y: str) -> alt.Chart:
    import pyarrow as pa

    is_time = pa.types.is_temporal(rows.schema.field(x).type)
    encoded: alt.Chart = chart.encode(
        x=alt.X(x, type="temporal" if is_time else "ordinal", title=title_of(x)),
        y=alt.Y(y, type="quantitative", title=title_of(y), axis=_number_axis(y)),
        tooltip=_tooltips(rows),
    )
    return encoded


def _high(chart: alt.Chart, height: int) -> alt.Chart:
    done: alt.Chart = chart.properties(height=height)
    return done


def _height(rows: pa.Table, names: str) -> int:
    return ROW_HEIGHT * len(set(rows.column(names).to_pylist())) + 70


def _chart(rows: pa.Table) -> alt.Chart:
    plain = [{name: _plain(value) for name, value in row.items()} for row in rows.to_pylist()]
    return alt.Chart(alt.InlineData(plain))


def _plain(value: Any) -> Any:  # noqa: ANN401 - a value of any column
    """Return what JSON can hold: a time as its clock shows it, a date as its first hour."""
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%dT%H:%M:%S")
    if isinstance(value, date):
        return f"{value.isoformat()}T00:00:00"
    return float(value) if isinstance(value, Decimal) else value


def _number_axis(name: str) -> alt.Axis:
    return alt.Axis(format=".0%") if name.endswith("_rate") else alt.Axis()


def _hues(name: str) -> alt.Color:
    return alt.Color(
        name, type="nominal", title=title_of(name), sort=None, scale=alt.Scale(range=list(SERIES))
    )


def _dashes(name: str) -> alt.StrokeDash:
    scale = alt.Scale(range=[list(dash) for dash in DASHES])
    return alt.StrokeDash(name, type="nominal", title=title_of(name), sort=None, scale=scale)


def _tooltips(rows: pa.Table) -> list[alt.Tooltip]:
    import pyarrow as pa

    def tooltip(field: pa.Field) -> alt.Tooltip:
        is_time = pa.types.is_temporal(field.type)
        kind: Literal["temporal", "nominal"] = "temporal" if is_time else "nominal"
        return alt.Tooltip(field.name, type=kind, title=title_of(field.name))

    return [tooltip(field) for field in rows.schema]
