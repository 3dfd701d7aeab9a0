"""The end of a demo: lake and dbt's artefacts -> rows per table, marts' newest day and figure."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from rich.console import Console
from rich.table import Table as Grid

from lake.lake import Lake
from lake.settings import Settings
from operations.dbt.outcome import Outcome
from operations.monitoring.tables import TableState, open_table
from operations.publication.book import read_publications

GAP = 2  # blanks between columns


@dataclass(frozen=True)
class Headline:
    """What a mart is read for first: a figure, of the newest day where the mart has days.

    A gold model says it in `config.meta.headline: {label, figure, newest}`, `figure` being an SQL
    expression over the mart's rows and `newest` the column of days (it may be absent).
    """

    mart: str
    label: str
    figure: str
    newest: str | None

    def read(self, settings: Settings) -> tuple[str, str]:
        """Return the newest day ("" where there are none) and the figure, as text."""
        import duckdb

        with duckdb.connect() as database:
            database.register("mart", open_table(settings, f"gold.{self.mart}").scan().to_arrow())
            where = f"where {self.newest} = (select max({self.newest}) from mart)"
            row = database.execute(
                f"select {f'max({self.newest})' if self.newest else 'null'}, {self.figure}"
                f" from mart {where if self.newest else ''}"
            ).fetchone()
        day, figure = row or (None, None)
        return str(day or ""), "-" if figure is None else f"{figure:,}"


def print_tables(states: Sequence[TableState], out: Console) -> None:
    """Print the rows of every table by layer; as many tables on a line as fit, none wrapped."""
    columns = _columns_within(out.width, states)
    grid = Grid(box=None, header_style="bold", pad_edge=False, padding=(0, GAP, 0, 0))
    grid.add_column("layer", style="bold", no_wrap=True)
    for _ in range(columns):
        grid.add_column("table", no_wrap=True)
        grid.add_column("rows", justify="right", style="cyan", no_wrap=True)
    for layer, group in groupby(states, key=lambda state: state.layer):
        tables = list(group)
        height = -(-len(tables) // columns)  # read downwards, as a list of names is
        for line in range(height):
            cells = [cell for state in tables[line::height] for cell in _cells(state)]
            grid.add_row("" if line else layer, *cells)
    out.print(grid)


def _columns_within(width: int, states: Sequence[TableState]) -> int:
    """Return how many tables fit beside each other, at least one."""
    cells = [*map(_cells, states), ("table", "rows")]
    name, rows = (max(len(cell[part]) for cell in cells) for part in (0, 1))
    layer = max(len(state.layer) for state in states) if states else 0
    return max(1, (width - max(layer, len("layer")) - GAP) // (name + rows + 2 * GAP))


def _cells(state: TableState) -> tuple[str, str]:
    return state.name, f"{state.rows:,}"


def print_marts(settings: Settings, out: Console) -> None:
    """Print the headline of every mart that has one."""
    grid = Grid(box=None, header_style="bold", pad_edge=False)
    for heading in ("mart", "newest day", "figure", "of that day"):
        grid.add_column(heading, justify="right" if heading == "figure" else "left")
    for headline in headlines(settings):
        day, figure = headline.read(settings)
        grid.add_row(headline.mart, day, figure, headline.label)
    out.print(grid)


def print_tests(out: Console, outcome: Outcome) -> None:
    """Print how many models were built and how many tests passed."""
    built, tested = outcome.count("model", "success"), outcome.count("test", "pass")
    failed = outcome.count("test", "fail", "error")
    warned = outcome.count("test", "warn")
    out.print(f"{built} models built, {tested} tests passed, {failed} failed, {warned} warned.")


def print_publication(settings: Settings, out: Console) -> None:
    """Print what readers of gold see: the last publication."""
    for entry in read_publications(Lake(settings), 1):
        tables, areas = len(entry.tables), ", ".join(entry.areas)
        out.print(f"Publication {entry.publication_id}: {areas}; {tables} gold tables in all.")


def headlines(settings: Settings) -> Iterator[Headline]:
    """Yield the headlines that the gold models declare, by name."""
    path = settings.home / "target" / "manifest.json"
    nodes: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))["nodes"]
    for node in sorted(nodes.values(), key=lambda node: str(node["name"])):
        headline = node["config"].get("meta", {}).get("headline")
        if headline and node["resource_type"] == "model":
            yield Headline(
                node["name"], headline["label"], headline["figure"], headline.get("newest")
            )
