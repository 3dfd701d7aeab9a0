"""Pieces of Markdown that pages share: names and rows -> links, tables, drawings."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from docs.site.column_lineage import ColumnName

LINEAGE = "lineage"
RELATIONSHIPS = "relationships"
DBT_PAGE = "dbt.html"
SHOWN_COLUMNS = 12


def grid(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table; a bar in a cell is kept."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(map(_cell, line))} |" for line in lines) + "\n"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def to_table(name: str, folder: str = "") -> str:
    """Return a link to a table's page."""
    return f"[`{name}`]({folder}{name}.md)"


def to_column(column: ColumnName) -> str:
    """Return a link to a column in the page of its table, from a page beside it."""
    name = f"{column.table.partition('.')[2]}.{column.column}"
    return f"[`{name}`]({column.table}.md#{column.column})"


def to_columns(columns: Sequence[ColumnName]) -> str:
    """Return links to columns, of many the first ones and how many more there are."""
    more = len(columns) - SHOWN_COLUMNS
    shown = [to_column(each) for each in columns[:SHOWN_COLUMNS]]
    return ", ".join([*shown, *([f"and {more} more"] if more > 0 else [])])


def drawing(svg: str, label: str) -> str:
    """Return a drawing that scrolls where it is wider than the page."""
    return f'<div class="drawing" role="figure" aria-label="{label}" tabindex="0">{svg}</div>\n'


def html_link(name: str, folder: str = "") -> str:
    """Return where a drawing's box leads: links in drawings are none of Markdown's."""
    return f"{folder}{name}.html"
