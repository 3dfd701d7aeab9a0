"""What visitors see: colours, CSV, names, times, charts."""

from datetime import timedelta
from itertools import combinations

import pytest

from dashboard.drawing import charts, palette
from dashboard.drawing.csv_files import to_csv
from dashboard.drawing.palette import contrast, linear
from dashboard.drawing.words import ago, title_of
from dashboard.drawing.zones import known_zone, localized, zones
from tests.unit.dashboard.tables import at, day, rows, table

Matrix = tuple[tuple[float, float, float], ...]
# How linear red, green and blue look without one kind of cone (Machado, Oliveira, Fernandes 2009).
BLIND: dict[str, Matrix] = {
    "protan": (
        (0.152286, 1.052583, -0.204868),
        (0.114503, 0.786281, 0.099216),
        (-0.003882, -0.048116, 1.051998),
    ),
    "deutan": (
        (0.367322, 0.860646, -0.227968),
        (0.280085, 0.672501, 0.047413),
        (-0.011820, 0.042940, 0.968881),
    ),
}
APART = 20.0  # in CIELAB; what one is said to see side by side is 2
LAB = (
    (0.4124564, 0.3575761, 0.1804375),
    (0.2126729, 0.7151522, 0.0721750),
    (0.0193339, 0.1191920, 0.9503041),
)
WHITE = (0.95047, 1.0, 1.08883)


@pytest.mark.parametrize("background", [palette.LIGHT_BACKGROUND, palette.DARK_BACKGROUND])
@pytest.mark.parametrize("colour", [*palette.SERIES, palette.ACCENT])
def test_a_hue_stands_out_on_light_and_on_dark(colour: str, background: str) -> None:
    assert contrast(colour, background) >= 3


def test_contrast_is_as_wcag_says() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("kind", BLIND)
def test_hues_are_told_apart_by_the_colour_blind(kind: str) -> None:
    seen = [_seen(BLIND[kind], colour) for colour in palette.SERIES]
    assert min(_distance(one, other) for one, other in combinations(seen, 2)) > APART


def test_red_and_green_look_alike_to_the_colour_blind() -> None:
    """The test above can fail: it would with these two."""
    red, green = "#c83200", "#5a6e00"
    assert _distance(_lab(linear(red)), _lab(linear(green))) > 3 * APART
    assert _distance(_seen(BLIND["deutan"], red), _seen(BLIND["deutan"], green)) < APART


def test_a_line_has_a_dash_for_each_hue() -> None:
    assert len(charts.DASHES) == len(palette.SERIES)


def test_a_csv_runs_nothing_in_a_spreadsheet() -> None:
    found = to_csv(
        table(
            name=["=1+1", "+1", "-1", "@x", "\tx", "\rx", "a=b", None],
            number=[-1, 2, 3, 4, 5, 6, 7, 8],
        )
    ).decode()
    lines = found.split("\r\n")
    assert lines[:5] == ["name,number", "'=1+1,-1", "'+1,2", "'-1,3", "'@x,4"]
    assert lines[5] == "'\tx,5"
    assert '"\'\rx",6' in found
    assert lines[-3:] == ["a=b,7", ",8", ""]


@pytest.mark.parametrize(
    ("column", "title"),
    [
        ("net_revenue_amount", "Net revenue (€)"),
        ("on_time_rate", "On time rate"),
        ("orders_count", "Orders"),
        ("lag_seconds", "Lag (s)"),
        ("product_id", "Product"),
        ("seconds", "Seconds"),
        ("_ingested_at", "Ingested at"),
        ("gmv_amount", "GMV (€)"),
    ],
)
def test_a_column_has_a_title_with_its_unit(column: str, title: str) -> None:
    assert title_of(column) == title


@pytest.mark.parametrize(
    ("age", "said"),
    [
        (timedelta(seconds=-5), "0 s ago"),
        (timedelta(seconds=119), "119 s ago"),
        (timedelta(minutes=3), "3 min ago"),
        (timedelta(hours=47), "47 h ago"),
        (timedelta(days=3), "3 d ago"),
    ],
)
def test_an_age_is_said_in_its_largest_unit(age: timedelta, said: str) -> None:
    assert ago(age) == said


def test_times_are_as_clocks_of_the_zone_show_them() -> None:
    found = localized(table(seen_at=[at(22, 30)], seen_date=[day(1)]), "Europe/Vienna")
    assert [str(value) for row in rows(found, "seen_at", "seen_date") for value in row] == [
        "2025-06-02 00:30:00",
        "2025-06-01",
    ]


def test_a_zone_that_is_none_is_utc() -> None:
    assert [known_zone(name) for name in (None, "", "Mars/Base", "../etc", "Asia/Tokyo")] == [
        "UTC",
        "UTC",
        "UTC",
        "UTC",
        "Asia/Tokyo",
    ]
    assert zones()[0] == "UTC"


def test_a_chart_holds_its_rows_and_titles() -> None:
    figures = table(seen_date=[day(1)], paid_amount=["1.50"], kind=["a"])
    drawn = charts.line(figures, "seen_date", "paid_amount", "kind").to_dict()
    [values] = drawn["datasets"].values() if "datasets" in drawn else [drawn["data"]["values"]]
    assert values == [{"seen_date": "2025-06-01T00:00:00", "paid_amount": 1.5, "kind": "a"}]
    assert drawn["encoding"]["y"]["title"] == "Paid (€)"
    assert drawn["encoding"]["color"]["scale"]["range"] == list(palette.SERIES)


def _seen(matrix: Matrix, colour: str) -> tuple[float, ...]:
    """Return a colour in CIELAB, as eyes without one kind of cone see it."""
    red, green, blue = (min(1.0, max(0.0, part)) for part in _times(matrix, linear(colour)))
    return _lab((red, green, blue))


def _lab(colour: tuple[float, float, float]) -> tuple[float, ...]:
    x, y, z = (_cube(part / white) for part, white in zip(_times(LAB, colour), WHITE, strict=True))
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


def _cube(part: float) -> float:
    return float(part ** (1 / 3) if part > 216 / 24389 else (24389 / 27 * part + 16) / 116)


def _times(matrix: Matrix, colour: tuple[float, float, float]) -> list[float]:
    return [sum(a * b for a, b in zip(row, colour, strict=True)) for row in matrix]


def _distance(one: tuple[float, ...], other: tuple[float, ...]) -> float:
    return float(sum((a - b) ** 2 for a, b in zip(one, other, strict=True)) ** 0.5)
