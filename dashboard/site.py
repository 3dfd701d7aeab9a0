"""All pages and what stands around them: navigation, time zone, title, age of the data, faults."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import streamlit as st

from dashboard.drawing.faults import named_faults, say
from dashboard.drawing.filters import page_of, refreshed_every, view_of, zone_of
from dashboard.drawing.words import ago
from dashboard.pages.bakery import BAKERY
from dashboard.pages.checkout import CHECKOUT
from dashboard.pages.clickstream import CLICKSTREAM
from dashboard.pages.operations import OPERATIONS
from dashboard.pages.page import Page, Visit
from dashboard.pages.shop import SHOP
from dashboard.pages.telemetry import TELEMETRY
from dashboard.reading.freshness import Freshness, freshness_of
from dashboard.reading.view import LakeView
from lake.settings import Settings

PAGES = (SHOP, BAKERY, CHECKOUT, CLICKSTREAM, TELEMETRY, OPERATIONS)
READS = "reads"  # in Streamlit's session state: tables and columns that the page has read


def show_site() -> None:
    """Show the page that the URL names, `?page=Bakery`, with the choice of pages beside it.

    Pages are no paths of their own: Streamlit then asks each path for what only the root has, and
    the browser notes errors.
    """
    st.set_page_config(page_title="Firn", layout="wide")
    by_title = {page.title: page for page in PAGES}
    with st.sidebar:
        chosen = page_of(list(by_title))
    show_page(by_title[chosen])


def show_page(page: Page) -> None:
    """Show one page; a fault stands in the place of what it kept from being shown."""
    with st.sidebar:
        zone = zone_of()
    st.title(page.title)
    st.write(page.about)
    age = st.container()
    with named_faults():
        settings = Settings.load()
        view = LakeView(settings)
        st.session_state[READS] = view.reads
        part = view_of(list(page.parts))
        if part in page.live:
            with st.sidebar:
                refreshed_every()
        with age, named_faults():
            shown_age = st.empty()
            _warn_of_staleness(view, settings, page)
        with named_faults():
            page.parts[part](Visit(view, zone, settings, page.source))
        with shown_age.container(), named_faults():
            _show_age(view, settings, page, zone)


def _show_age(view: LakeView, settings: Settings, page: Page, zone: str) -> None:
    """Say how old what is on the screen is: when it landed, when it was built, when it was read."""
    now = datetime.now(UTC)
    said = []
    if page.source:
        landed = freshness_of(view, settings, page.source, now).age
        said.append(f"Landed {ago(landed)}" if landed else "Nothing landed yet")
    built = [moment for table in view.reads if (moment := view.written_at(table))]
    if built:
        said.append(f"built {ago(now - min(built))}")
    clock = now.astimezone(ZoneInfo(zone)).strftime("%Y-%m-%d %H:%M:%S")
    said.append(f"read at {clock} ({zone})")
    text = "; ".join(said)
    st.write(text[:1].upper() + text[1:])


def _warn_of_staleness(view: LakeView, settings: Settings, page: Page) -> None:
    if page.source is None:
        return
    fresh = freshness_of(view, settings, page.source)
    kind = {"stale": st.warning, "overdue": st.error, "never": st.warning}.get(fresh.state)
    if kind:
        say(kind, _stale(fresh), f"firn ingest {page.source}; firn status says what waits")


def _stale(fresh: Freshness) -> str:
    if fresh.age is None or fresh.exceeded is None:
        return f"Nothing of {fresh.source} has landed yet"
    return (
        f"{fresh.source} landed {ago(fresh.age)}, and is declared to be {fresh.state} after"
        f" {ago(fresh.exceeded).removesuffix(' ago')}: what is shown is old"
    )
