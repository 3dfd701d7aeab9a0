"""Diagrams: tables and edges -> DOT -> SVG, drawn when the site is built.

A page then needs no script, and nothing from elsewhere, to show one.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

from lake.errors import EnvironmentFault

PROGRAM = "graphviz-pure"
FONT = "Arimo"  # the one whose widths the program knows
NEEDLESS = re.compile(r"<!--.*?-->|<title>.*?</title>| xlink:title=\"[^\"]*\"", re.DOTALL)
COLORS = {
    "raw": "#e8d9c5",
    "seeds": "#e8d9c5",
    "silver": "#d9dee4",
    "intermediate": "#d9dee4",
    "gold": "#f5e3a1",
    "quarantine": "#f0cfcf",
    "exposure": "#cfe6d4",
}
OTHER_COLOR = "#e6e6e6"
HEAD = (
    "digraph {{ rankdir=LR; bgcolor=transparent; nodesep=0.2; ranksep={ranksep};"
    ' node [shape=plain, fontname="{font}", fontsize=11]; edge [color="#8a8a8a", arrowsize=0.6];'
)


@dataclass(frozen=True)
class Row:
    """A column in a box; `mark` stands before it, such as PK."""

    column: str
    note: str = ""
    mark: str = ""


@dataclass(frozen=True)
class Box:
    """A table or an exposure; `link` is the page it leads to."""

    name: str
    layer: str
    link: str
    rows: Sequence[Row] = ()
    is_framed: bool = False


@dataclass(frozen=True, order=True)
class Edge:
    """From box to box, from row to row where columns are named."""

    start: str
    end: str
    start_column: str = ""
    end_column: str = ""


def to_dot(boxes: Iterable[Box], edges: Iterable[Edge], ranksep: float = 0.7) -> str:
    """Return a diagram that reads from left to right, in Graphviz's language."""
    head = HEAD.format(font=FONT, ranksep=ranksep)
    lines = [*(_box(each) for each in boxes), *(_edge(each) for each in sorted(set(edges)))]
    return "\n".join([head, *lines, "}", ""])


def to_svg(dot: str, programs: Path) -> str:
    """Return a drawing as an element of a page; `programs` is the folder of the program.

    Raises EnvironmentFault when it is not there or cannot draw this.
    """
    program = programs / PROGRAM
    if not program.exists():
        raise EnvironmentFault(f"{program} is not there", "make docs")
    done = subprocess.run(
        [str(program), "-Tsvg"], input=dot, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise EnvironmentFault(f"{PROGRAM} failed: {done.stderr[-500:]}", "make docs")
    return _element(done.stdout)


def _element(svg: str) -> str:
    """Return the drawing without its prologue and without tooltips, on one line for Markdown."""
    bare = NEEDLESS.sub("", svg)
    return "".join(bare[bare.index("<svg") :].splitlines())


def _box(box: Box) -> str:
    title = f"<b>{escape(box.name)}</b>"
    color, link = COLORS.get(box.layer, OTHER_COLOR), escape(box.link)
    pen = ' border="2"' if box.is_framed else ""
    head = f'<tr><td href="{link}" bgcolor="{color}" colspan="3"{pen}>{title}</td></tr>'
    rows = "".join(_row(each) for each in box.rows)
    table = f'<table border="0" cellborder="1" cellspacing="0" cellpadding="3">{head}{rows}</table>'
    return f"{_quoted(box.name)} [label=<{table}>];"


def _row(row: Row) -> str:
    """Return a row whose sides are where edges end."""
    port, mark = escape(row.column), f"<b>{escape(row.mark)}</b>" if row.mark else " "
    note = f'<font color="#666666">{escape(row.note)}</font>' if row.note else " "
    return (
        f'<tr><td port="to {port}" sides="LB">{mark}</td>'
        f'<td sides="B" align="left">{escape(row.column)}</td>'
        f'<td port="from {port}" sides="RB" align="left">{note}</td></tr>'
    )


def _edge(edge: Edge) -> str:
    start, end = _quoted(edge.start), _quoted(edge.end)
    if edge.start_column:
        start += f":{_quoted('from ' + edge.start_column)}:e"
    if edge.end_column:
        end += f":{_quoted('to ' + edge.end_column)}:w"
    return f"{start} -> {end};"


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
