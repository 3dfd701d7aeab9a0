"""Filters whose values live in the URL: options -> what the visitor chose."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from typing import Any

import streamlit as st

from dashboard.drawing.zones import known_zone, zones

ALL = "all"
PAGE, ZONE = "page", "zone"  # what stays when another page is chosen
REFRESHES = {"by hand": None, "every 10 s": 10, "every minute": 60}
PERIODS = {"last 7 days": 7, "last 30 days": 30, "last 90 days": 90, "last 365 days": 365}


def row_of_filters(*filters: Callable[[], Any]) -> list[Any]:
    """Return what each filter says; they stand beside each other."""
    chosen = []
    for place, choose in zip(st.columns(len(filters)), filters, strict=True):
        with place:
            chosen.append(choose())
    return chosen


def one_of(label: str, key: str, options: Sequence[str]) -> str:
    """Return the one option that is chosen, the first unless the URL says another."""
    chosen = st.selectbox(label, list(options), key=key, bind="query-params")
    return str(chosen or options[0])


def any_of(label: str, key: str, options: Sequence[str]) -> str | None:
    """Return the option that is chosen, None for all of them."""
    chosen = one_of(label, key, [ALL, *options])
    return None if chosen == ALL else chosen


def since_of(newest: date | None, usual: str = "last 90 days") -> date | None:
    """Return the first day of the chosen period, which ends with the newest day; None for all."""
    names = [usual, *(name for name in PERIODS if name != usual), ALL]
    days = PERIODS.get(one_of("Period", "period", names))
    return None if days is None or newest is None else newest - timedelta(days=days - 1)


def page_of(titles: Sequence[str]) -> str:
    """Return the title of the page that is chosen."""
    chosen = st.radio(
        "Page", list(titles), key=PAGE, bind="query-params", on_change=_forget_filters
    )
    return str(chosen or titles[0])


def _forget_filters() -> None:
    """Take back what was chosen on the page before: another page has other filters."""
    for key in set(st.session_state) - {PAGE, ZONE}:
        del st.session_state[key]


def view_of(names: Sequence[str]) -> str:
    """Return the part of a page that is chosen."""
    chosen = st.segmented_control(
        "Show", list(names), default=names[0], required=True, key="view", bind="query-params"
    )
    return str(chosen or names[0])


def refreshed_every() -> None:
    """Let the visitor choose how often the whole page is drawn again by itself."""
    chosen = one_of("Refresh", "refresh", list(REFRESHES))
    seconds = REFRESHES[chosen]
    if seconds is None:
        return
    st.session_state["is_drawn_now"] = True

    @st.fragment(run_every=seconds)
    def again() -> None:
        if not st.session_state.pop("is_drawn_now", False):
            st.rerun()

    again()


def zone_of() -> str:
    """Return the time zone that is chosen, at first the browser's own."""
    names, own = zones(), known_zone(st.context.timezone)
    at = names.index(own) if own in names else 0
    chosen = st.selectbox("Time zone", names, index=at, key=ZONE, bind="query-params")
    return known_zone(chosen)
