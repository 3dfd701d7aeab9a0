"""Faults as messages on the page: a FirnError -> what happened and the command that helps."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import streamlit as st

from dashboard.reading.view import EmptyTableError, MissingTableError
from lake.errors import FirnError


@contextmanager
def named_faults() -> Iterator[None]:
    """Show a fault in the place of what it kept from being shown; the page goes on."""
    try:
        yield
    except EmptyTableError as fault:
        say(st.info, fault.message, fault.fix)
    except MissingTableError as fault:
        say(st.warning, fault.message, fault.fix)
    except FirnError as fault:
        say(st.error, fault.message, fault.fix)


def say(kind: Callable[[str], object], message: str, fix: str) -> None:
    """Show a message of a kind such as `st.warning`, and below it what to do, where that is known.

    Texts are shown as they are: what looks like Markdown in them is none.
    """
    said = _as_text(message) + (f"  \nWhat to do: {_as_code(fix)}" if fix else "")
    kind(said)


def _as_text(message: str) -> str:
    marks = "\\`*_{}[]<>#|$~:"
    return "".join(f"\\{sign}" if sign in marks else sign for sign in message)


def _as_code(fix: str) -> str:
    return f"`{fix.replace('`', chr(39))}`"
