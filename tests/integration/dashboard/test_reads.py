"""Every part of every page over a small lake: no fault, and just the tables of its exposure."""

import re
from collections.abc import Iterator
from functools import cache

import pytest
import yaml
from streamlit.testing.v1 import AppTest

from dashboard.drawing.panels import key_of
from dashboard.site import PAGES, READS
from lake.settings import Settings
from tests.integration.dashboard.fixed_lake import columns_of
from tests.integration.dashboard.lake_rows import PERSON
from tests.integration.ingestion.home import ROOT

pytestmark = pytest.mark.browser

PARTS = [(page.name, part) for page in PAGES for part in page.parts]
SOURCES = ("bakery", "checkout", "clickstream", "shop", "telemetry")
SCRIPT = "from dashboard.site import PAGES, show_page\nshow_page(PAGES[{}])"


@cache
def visit(page: str, part: str, **filters: str) -> AppTest:
    """Return a page as a visitor gets it who chose a part and filters in the URL.

    All tables are opened.
    """
    number = [known.name for known in PAGES].index(page)
    test = AppTest.from_string(SCRIPT.format(number), default_timeout=60)
    for name, value in {"view": part, **filters}.items():
        test.query_params[name] = value
    test.run()
    for header in test.header:
        test.session_state[key_of("table", header.value)] = True
    return test.run()


def visits(page: str) -> Iterator[AppTest]:
    """Yield every part of a page; the quarantine of every source."""
    for part in next(known.parts for known in PAGES if known.name == page):
        chosen = [{"source": name} for name in SOURCES] if part == "Quarantine" else [{}]
        for filters in chosen:
            yield visit(page, part, **filters)


def exposed(page: str) -> set[str]:
    """Return the tables that the exposure of a page names, or those of its parts."""
    files = (ROOT / "models").rglob("exposures.yml")
    found = [e for file in files for e in yaml.safe_load(file.read_text("utf-8"))["exposures"]]
    own = [e for e in found if e["name"].startswith((f"{page}_dashboard", f"{page}_quarantine"))]
    assert {e["type"] for e in own} == {"dashboard"}
    assert {e["url"] for e in own} == {f"http://127.0.0.1:8501/?page={page.title()}"}
    return {table_of(reference) for exposure in own for reference in exposure["depends_on"]}


def table_of(reference: str) -> str:
    """Return the table of `ref('x')` or `source('x', 'y')`, by where its file lies."""
    names = re.findall(r"'(\w+)'", reference)
    if len(names) == 2:
        return ".".join(names)
    [file] = [
        *(ROOT / "models").rglob(f"{names[0]}.yml"),
        *(ROOT / "seeds").glob(f"{names[0]}.yml"),
    ]
    folder = file.relative_to(ROOT).parts[0]
    layer = folder if folder == "seeds" else file.relative_to(ROOT).parts[1]
    return f"{'silver' if layer == 'intermediate' else layer}.{names[0]}"


@pytest.mark.parametrize("page", [page.name for page in PAGES])
def test_a_page_reads_just_the_tables_of_its_exposure(fixed_lake: Settings, page: str) -> None:
    read: dict[str, set[str]] = {}
    for shown in visits(page):
        for table, columns in shown.session_state[READS].items():
            read.setdefault(table, set()).update(columns)
    assert set(read) == exposed(page)
    for table, columns in read.items():
        assert columns <= set(columns_of(table)), table
        assert columns != set(columns_of(table)) or len(columns) < 8, f"all of {table} is read"


@pytest.mark.parametrize(("page", "part"), PARTS)
def test_a_part_has_figures_and_no_fault(fixed_lake: Settings, page: str, part: str) -> None:
    shown = visit(page, part)
    assert not shown.exception
    declared = {"bakery": 0, "telemetry": 1}  # the one is stale, the other overdue
    assert len(shown.error) == declared.get(page, 0)
    assert len(shown.warning) == (1 if page == "bakery" else 0)
    assert len(shown.title) == 1
    assert len(shown.header) >= 1
    assert len({header.value for header in shown.header}) == len(shown.header)
    # A figure has a heading, a sentence, a table and a button.
    figures = len(shown.dataframe)
    assert figures >= 1
    assert len(shown.get("download_button")) == figures
    assert any("read at" in text.value.lower() for text in shown.markdown)


def test_a_filter_of_the_url_changes_what_is_read(fixed_lake: Settings) -> None:
    everywhere = visit("shop", "Sales").dataframe[0].value
    in_france = visit("shop", "Sales", country="FR").dataframe[0].value
    assert list(everywhere["Net revenue (€)"]) == [180] * 4
    assert list(in_france["Net revenue (€)"]) == [90] * 4


def test_times_are_those_of_the_chosen_zone(fixed_lake: Settings) -> None:
    """An alert at 23:30 UTC is of the next day in Vienna."""
    there = visit("telemetry", "Alerts", zone="Europe/Vienna")
    assert [str(day) for day in there.dataframe[0].value["Reported date"]] == ["2025-07-01"]
    assert str(there.dataframe[2].value["Telemetry timestamp"][0]) == "2025-07-01 01:30:00"
    here = visit("telemetry", "Alerts", zone="UTC")
    assert [str(day) for day in here.dataframe[0].value["Reported date"]] == ["2025-06-30"]


def test_quarantine_shows_no_value_of_a_table_with_personal_data(fixed_lake: Settings) -> None:
    shown = visit("operations", "Quarantine", source="shop")
    tables = [frame.value for frame in shown.dataframe]
    assert [len(table) for table in tables] == [1, 1, 1, 1]
    assert PERSON not in "".join(table.to_csv() for table in tables)
    assert list(tables[2]["Column"]) == ["email"]
    assert list(tables[2]["Position"]) == ["file sales/1.csv, row 3"]
    others = visit("operations", "Quarantine", source="bakery")
    assert "a few" in others.dataframe[2].value.to_csv()


def test_the_rollback_is_a_command_to_copy(fixed_lake: Settings) -> None:
    shown = visit("operations", "Publications")
    [command] = shown.code
    assert command.value.split() == ["firn", "rollback", "12"]
    assert list(shown.dataframe[0].value["Tests"]) == ["3 pass, 1 warn"]


def test_a_stale_source_says_so_and_what_to_do(fixed_lake: Settings) -> None:
    [stale] = visit("bakery", "Day").warning
    assert "landed 3 d ago" in stale.value
    assert "firn ingest bakery" in stale.value
    [overdue] = visit("telemetry", "Fleet").error
    assert "overdue after 7 d" in overdue.value
