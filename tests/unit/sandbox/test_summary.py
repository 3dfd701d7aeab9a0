"""The lake at the end of a demo: every table on one line of a terminal of 80 columns."""

import io
import re
from pathlib import Path

import pytest
from rich.console import Console

from operations.monitoring.tables import LAYERS, TableState
from sandbox.demo.summary import print_tables

ROOT = Path(__file__).parents[3]
LARGEST = 123_456_789


def states() -> list[TableState]:
    """Return every model of this project, in its layer, with many rows, and a raw table of each."""
    models = [
        ("silver" if file.parts[0] == "intermediate" else file.parts[0], file.stem)
        for file in sorted(
            path.relative_to(ROOT / "models") for path in (ROOT / "models").rglob("*.sql")
        )
    ]
    raw = [("raw", f"{name}_as_landed") for layer, name in models if layer == "silver"]
    return [
        TableState(layer, name, LARGEST - number, number, None)
        for number, (layer, name) in enumerate(
            sorted([*raw, *models], key=lambda table: (LAYERS.index(table[0]), table[1]))
        )
    ]


def printed(tables: list[TableState], width: int) -> list[str]:
    out = io.StringIO()
    print_tables(tables, Console(file=out, width=width))
    return out.getvalue().splitlines()


@pytest.mark.parametrize("width", [80, 120, 200])
def test_no_line_is_wrapped_or_cut_and_every_table_stands_once_with_its_rows(width: int) -> None:
    lines = printed(states(), width)
    assert all(len(line.rstrip()) <= width for line in lines)
    text = "\n".join(lines)
    assert "…" not in text
    for state in states():
        assert len(re.findall(rf"\b{state.name} +{state.rows:,}(?=\s|$)", text)) == 1


def test_small_tables_stand_beside_each_other_and_are_read_downwards() -> None:
    tables = [TableState("gold", name, 1, 1, None) for name in "abcdefghij"]
    assert [line.split() for line in printed(tables, 60)] == [
        ["layer", *["table", "rows"] * 4],
        ["gold", "a", "1", "d", "1", "g", "1", "j", "1"],
        ["b", "1", "e", "1", "h", "1"],
        ["c", "1", "f", "1", "i", "1"],
    ]


def test_an_empty_lake_is_an_empty_table() -> None:
    assert printed([], 80)[0].split() == ["layer", *["table", "rows"] * 5]
