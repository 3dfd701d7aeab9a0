"""Texts from outside, as each command prints them: no terminal obeys them, no markup is parsed.

Fault hostile-texts.
"""

import json
import unicodedata
from collections.abc import Callable
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyiceberg.schema import Schema
from pyiceberg.types import NestedField, StringType
from rich.console import Console
from typer.testing import CliRunner

from ingestion.connectors.base import Remaining
from ingestion.loading.last_loads import LastLoad
from ingestion.results import LoadResult, Outcome, Waiting
from lake.errors import FirnError
from lake.lake import Lake
from operations.cli import app as cli
from operations.cli import console
from operations.cli.console import (
    print_exports,
    print_findings,
    print_loads,
    print_rows,
    print_waiting,
    progress_bar,
)
from operations.cli.status_report import print_status
from operations.exports.manifest import Exported
from operations.monitoring.doctor import Finding
from operations.monitoring.show import NewestRows
from operations.monitoring.status.model import LakeStatus, RawStatus, SourceStatus
from operations.monitoring.tables import TableState
from operations.refresh.view import View
from operations.terminal import Terminal, print_json, styled, visible
from tests.unit.operations.exports.sales import make_home

HOSTILE = [
    "[/b]", "[bold red]x[/]", "\\[bold]", ":warning:", "[link=http://x]y[/link]", "\\", "[/",
    "\x1b[31mred\x1b[0m", "\x1b]0;title\x07", "\x9b2J", "\u202egnp.exe", "\u2066x", "\x00\x08\x7f",
    "\r", "\ud800", "\U000e0041",
]  # fmt: skip
hostile = st.lists(st.sampled_from([*HOSTILE, "a", " ", "é", "{}", "{0}"]) | st.text(max_size=3))
texts = hostile.map("".join)
FORBIDDEN = {"Cc", "Cs"}
OVERRIDES = set("\u061c\u200e\u200f\u2028\u2029\u202a\u202b\u202c\u202d\u202e\ufeff")
OVERRIDES |= set("\u2066\u2067\u2068\u2069") | {chr(code) for code in range(0xE0000, 0xE0080)}
few = settings(max_examples=30, deadline=None)
AT = datetime(2026, 1, 2, tzinfo=UTC)


def obeyed(text: str) -> set[str]:
    """Return what a terminal would obey in a text, but for line feeds."""
    return {
        char
        for char in text
        if (unicodedata.category(char) in FORBIDDEN and char != "\n") or char in OVERRIDES
    }


def shown(print_it: Callable[[Console], None]) -> str:
    """Return what is printed on a wide terminal without colours."""
    written = StringIO()
    print_it(Terminal(written, width=2000))
    return written.getvalue()


def print_fault(to: Console, text: str) -> None:
    """Print a fault whose message and fix are `text`."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(console, "err", to)
        console.print_fault(FirnError(text, text))


def status_of(text: str) -> LakeStatus:
    """Return a status in which names, notes and faults are `text`."""
    last = LastLoad(outcome=Outcome.FAILED, ended_at=AT, message=text, fix=text)
    raw = RawStatus(
        f"drop.{text}",
        text,
        remaining=Remaining(text, "files", 1, parts={text: 1}, notes=(text,)),
        last_load=last,
        fault=FirnError(text, text),
    )
    return LakeStatus(AT, (SourceStatus(text, text, (raw,), FirnError(text, text)),), ())


def loads_of(text: str) -> list[LoadResult]:
    """Return a load whose table and note are `text`."""
    return [LoadResult(text, Outcome.LANDED, notes=(text,))]


def rows_of(text: str) -> NewestRows:
    """Return rows whose column and values are `text`."""
    state = TableState("gold", text, 1, None, None)
    return NewestRows((text, "b"), ((text, 1), (None, text)), state)


PRINTED: dict[str, Callable[[Console, str], None]] = {
    "fault": print_fault,
    "loads": lambda to, text: print_loads(to, loads_of(text)),
    "waiting": lambda to, text: print_waiting(to, Waiting(text, text)),
    "findings": lambda to, text: print_findings(to, [Finding(text, False, text, text)]),
    "rows": lambda to, text: print_rows(to, rows_of(text)),
    "exports": lambda to, text: print_exports(to, text, [Exported("t", text, None, 1, 1, "x")]),
    "status": lambda to, text: print_status(to, status_of(text)),
    "events": lambda to, text: View(to).say("landed", text),
}


@pytest.mark.parametrize("what", PRINTED)
@few
@given(text=texts)
def test_a_text_from_outside_is_shown_and_never_obeyed(what: str, text: str) -> None:
    screen = shown(lambda to: PRINTED[what](to, text))
    assert obeyed(screen) == set()
    for line in text.split("\n"):
        word = visible(line).replace("\t", " ").split(" ")[0]
        assert word in screen, f"{text!r} is not shown as it is"


def test_without_the_terminal_it_would_be_obeyed() -> None:
    """What the other tests rest on: rich's own console passes the same text on."""
    written = StringIO()
    print_rows(Console(file=written, width=2000), rows_of("\x1b[2Jx[bold]"))
    assert "\x1b[2Jx" in written.getvalue()
    assert "[bold]" not in written.getvalue()


@few
@given(texts)
def test_progress_shows_what_it_is_told(text: str) -> None:
    written = StringIO()
    with progress_bar(Terminal(written, width=500, force_terminal=True)) as bar:
        bar.add_task(text, total=None)
        bar.refresh()
    # rich moves the cursor itself; nothing else stands between its own sequences
    own = written.getvalue()
    assert "\x1b]0;" not in own
    assert "\x07" not in own
    assert not OVERRIDES & set(own)


@few
@given(st.dictionaries(texts, texts))
def test_json_stays_json(document: dict[str, str]) -> None:
    captured = StringIO()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("typer.echo", captured.write)
        print_json(json.dumps(document, ensure_ascii=False))
    assert json.loads(captured.getvalue()) == document
    assert obeyed(captured.getvalue()) == set()


@few
@given(st.lists(texts, min_size=2, max_size=2))
def test_only_a_template_has_styles(values: list[str]) -> None:
    one, two = values
    text = styled("[bold]{}[/] and [red]{}[/]", one, two)
    assert text.plain == f"{visible(one)} and {visible(two)}"
    styles = {str(span.style) for span in text.spans}
    assert styles <= {"bold", "red"}


def test_show_prints_columns_and_values_as_they_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The command itself, on a table whose columns and values are hostile."""
    # DuckDB, which reads the table, knows no NUL in a name, and no stream has half a surrogate
    names = [text.replace("\x00", "") for text in HOSTILE if text != "\ud800"]
    home = make_home(tmp_path / "project")
    monkeypatch.setenv("FIRN_PROJECT_DIR", str(home.folder))
    monkeypatch.setenv("FIRN_HOME", str(home.home))
    schema = Schema(*(NestedField(n, name, StringType()) for n, name in enumerate(names, 1)))
    table = Lake(home.settings).catalog.create_table(("gold", "odd"), schema)
    row = {name: name for name in names}
    table.append(pa.Table.from_pylist([row], schema=schema.as_arrow()))
    ended = CliRunner().invoke(cli.app, ["show", "gold.odd"])
    assert ended.exit_code == 0, ended.output
    assert obeyed(ended.output) == set()
    lines = [line.split() for line in ended.output.splitlines()]
    assert lines[: len(names)] == [visible(f"{n} {n}").split() for n in names]


def test_what_nobody_foresaw_is_shown_and_not_obeyed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail() -> None:
        raise RuntimeError("\x1b]0;title\x07[/b]")

    written = StringIO()
    monkeypatch.setattr(cli, "err", Terminal(written, width=500))
    monkeypatch.setattr(cli, "app", fail)
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 1
    assert "RuntimeError: ␛]0;title␇[/b]" in written.getvalue()
    assert obeyed(written.getvalue()) == set()
