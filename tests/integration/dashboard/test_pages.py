"""The pages in a browser: drawn without an error, open to everybody, led by filters and keys."""

import re
import time
from typing import Literal
from urllib.parse import parse_qs, urlparse

import psutil
import pytest
from playwright.sync_api import Browser, expect

from dashboard.drawing import palette
from dashboard.site import PAGES
from lake.processes import LOOPBACK
from lake.settings import Settings
from tests.integration.dashboard.server import Server, running_server
from tests.integration.dashboard.tab import CHART, Tab

pytestmark = pytest.mark.browser

PARTS = [(page.name, part) for page in PAGES for part in page.parts]
FIRST_PARTS = [(page.name, next(iter(page.parts))) for page in PAGES]
FIRST_PAGE_SECONDS = 4.5  # it takes about two and a half where nothing else runs
ICON = 30  # an icon is a word too; a part of the page that has the focus says more


@pytest.mark.parametrize(("page", "part"), PARTS)
def test_a_part_is_drawn_without_an_error(server: Server, tab: Tab, page: str, part: str) -> None:
    """The first part of each page is looked at by axe too: the parts are made of the same."""
    tab.open(server.url(page=page.title(), view=part))
    expect(tab.page.get_by_test_id("stException")).to_have_count(0)
    expect(tab.page.locator(CHART)).not_to_have_count(0)
    tab.settled()
    assert all(tab.marks(number) for number in range(tab.charts.count()))
    assert tab.errors == []
    assert {urlparse(url).hostname for url in tab.asked if "://" in url} == {LOOPBACK}
    if (page, part) in FIRST_PARTS:
        assert tab.violations() == []


@pytest.mark.parametrize(
    ("scheme", "background"),
    [("light", palette.LIGHT_BACKGROUND), ("dark", palette.DARK_BACKGROUND)],
)
def test_the_background_is_what_colours_were_chosen_for(
    server: Server, tab: Tab, scheme: Literal["light", "dark"], background: str
) -> None:
    tab.page.emulate_media(color_scheme=scheme)
    tab.open(server.url())
    shown = tab.page.get_by_test_id("stApp").evaluate("a => getComputedStyle(a).backgroundColor")
    assert [int(part) for part in re.findall(r"\d+", shown)] == [*bytes.fromhex(background[1:])]
    assert tab.violations() == []


def test_axe_finds_what_is_planted(server: Server, tab: Tab) -> None:
    """The tests above can fail: an image without a text keeps the blind out."""
    tab.open(server.url())
    tab.page.evaluate("document.querySelector('h1').innerHTML += '<img src=\"/favicon.png\">'")
    assert any(found.startswith("image-alt") for found in tab.violations())


def test_a_filter_changes_the_chart_and_the_address(server: Server, tab: Tab) -> None:
    tab.open(server.url())
    before = tab.marks(2)
    assert len(before) == 2  # a bar for each country
    tab.page.get_by_role("combobox", name="Country").click()
    tab.page.get_by_role("option", name="FR").click()
    tab.page.wait_for_url("**country=FR**")
    expect(tab.charts.nth(2).locator(".mark-rect path")).to_have_count(1)
    tab.page.reload()
    tab.settled()
    assert len(tab.marks(2)) == 1
    assert tab.errors == []


def test_another_page_begins_with_its_own_filters(server: Server, tab: Tab) -> None:
    tab.open(server.url(view="Stock", period="last 30 days", zone="Europe/Vienna"))
    tab.page.get_by_text("Bakery", exact=True).click()
    expect(tab.page.get_by_role("heading", name="Revenue by store")).to_be_visible()
    tab.settled()
    asked = parse_qs(urlparse(tab.page.url).query)
    assert asked == {"page": ["Bakery"], "zone": ["Europe/Vienna"]}
    assert "(Europe/Vienna)" in tab.page.get_by_text("read at").inner_text()
    assert tab.errors == []


def test_a_live_part_is_drawn_again_by_itself(server: Server, tab: Tab) -> None:
    tab.open(server.url(page="Clickstream", refresh="every 10 s"))
    age = tab.page.get_by_text("read at")
    expect(age).not_to_have_text(age.inner_text(), timeout=20_000)
    assert tab.errors == []


def test_a_csv_holds_no_formula(server: Server, tab: Tab) -> None:
    tab.open(server.url())
    buttons = tab.page.get_by_role("button", name="Download as CSV")
    with tab.page.expect_download() as begun:
        buttons.nth(3).click()
    assert begun.value.suggested_filename == "firn-net-revenue-by-category.csv"
    lines = begun.value.path().read_text(encoding="utf-8").splitlines()
    assert lines[0].startswith("category_name,net_revenue_amount")
    assert [line.split(",")[:2] for line in lines[1:]] == [
        ["'=Lamps", "360.00"],
        ["Tents", "360.00"],
    ]


def test_keys_alone_lead_to_a_part_its_table_and_its_file(server: Server, tab: Tab) -> None:
    tab.open(server.url())
    _press_tab_until(tab, "Sales")
    tab.page.keyboard.press("ArrowRight")
    tab.page.keyboard.press("Space")
    expect(tab.page.get_by_role("heading", name="Customers by segment")).to_be_visible()
    tab.settled()
    _press_tab_until(tab, "Table: 2 rows")
    tab.page.keyboard.press("Enter")
    expect(tab.page.get_by_test_id("stDataFrame").first).to_be_visible()
    with tab.page.expect_download() as begun:
        _press_tab_until(tab, "Download as CSV")
        tab.page.keyboard.press("Enter")
    assert begun.value.suggested_filename == "firn-customers-by-segment.csv"


def test_the_server_is_on_loopback_alone(server: Server) -> None:
    parts = [server.process, *server.process.children(recursive=True)]
    listening = {
        (connection.laddr.ip, connection.laddr.port)
        for part in parts
        for connection in part.net_connections()
        if connection.status == psutil.CONN_LISTEN
    }
    assert listening == {(LOOPBACK, server.port)}


@pytest.mark.timed
def test_the_first_page_is_there_within_seconds(small_lake: Settings, chromium: Browser) -> None:
    """Of three servers that were just started, so that another program's work does not count."""
    assert min(_first_page_seconds(small_lake, chromium) for _ in range(3)) < FIRST_PAGE_SECONDS


def _first_page_seconds(lake: Settings, chromium: Browser) -> float:
    with running_server(lake) as fresh:
        page = chromium.new_page()
        began = time.monotonic()
        page.goto(fresh.url())
        page.wait_for_selector("text=/read at/i")
        page.wait_for_selector(f"{CHART} svg")
        seconds = time.monotonic() - began
        page.close()
    return seconds


def _press_tab_until(tab: Tab, text: str, limit: int = 60) -> None:
    """Press the tab key until what has the focus says `text`; it must be visible there."""
    for _ in range(limit):
        tab.page.keyboard.press("Tab")
        focused = tab.page.locator("*:focus")
        said = focused.first.inner_text() if focused.count() else ""
        if text in said and len(said) < len(text) + ICON:
            expect(focused.first).to_be_in_viewport()
            return
    raise AssertionError(f"the focus never reached {text!r}")
