"""What `firn publications` and `firn rollback` print."""

import json
from collections.abc import Iterator, Sequence
from datetime import UTC

from rich.console import Console
from rich.table import Table as Grid

from operations.publication.book import Publication, State
from operations.publication.diff import TableDiff
from operations.publication.rollback import RolledBack
from operations.terminal import styled

NOTHING = "·"
SHORT = 8


def print_publications(to: Console, found: Sequence[Publication], state: State) -> None:
    """Print a line for each, the newest first, and whether publishing is held."""
    if not found:
        to.print("Nothing was published yet: dbt build publishes what it has built and tested.")
    else:
        grid = _grid("id", "published", "areas", "tables", "tests", "run", "commit")
        for entry in found:
            grid.add_row(*_cells(entry))
        to.print(grid)
    if state.held:
        to.print(styled("[bold red]held[/] {}", state.held))
        to.print(styled("     [bold]fix[/]: firn publications release"))


def as_json(found: Sequence[Publication], state: State) -> str:
    """Return the publications, the newest first, and the state of the book as JSON."""
    entries = [
        {
            **entry.document(),
            "published_at": entry.published_at.isoformat(),
            **{
                name: json.loads(str(entry.document()[name]))
                for name in ("areas", "tables", "tests", "sources")
            },
        }
        for entry in found
    ]
    return json.dumps({"held": state.held or None, "publications": entries}, indent=2)


def print_diff(to: Console, first: int, second: int, found: Sequence[TableDiff]) -> None:
    """Print a line for each table that differs."""
    different = [table for table in found if table.status != "unchanged"]
    if not different:
        to.print(f"Publications {first} and {second} have the same rows.")
        return
    grid = _grid("table", "status", "added", "removed", "changed", "columns")
    for one in different:
        counts = (f"{n:,}" if n else NOTHING for n in (one.added, one.removed, one.changed))
        grid.add_row(one.table, one.status, *counts, "; ".join(one.columns) or NOTHING)
    to.print(grid)
    if same := len(found) - len(different):
        to.print(f"{same} tables have the same rows in both.")


def print_rollback(to: Console, done: RolledBack, *, is_held: bool) -> None:
    """Print what readers see now, and what could not be put back."""
    entry = done.entry
    to.print(
        f"Readers see publication {entry.rolled_back_to} again ({len(done.moved)} tables moved);"
        f" this is publication {entry.publication_id}."
    )
    for names, what in ((done.missing, "were dropped since"), (done.younger, "are younger")):
        if names:
            to.print(styled("[yellow]note[/] {}: {}, left as they are", ", ".join(names), what))
    if is_held:
        to.print("Nothing is published until: firn publications release")
    else:
        to.print("The next dbt build publishes what is new since; --hold would prevent it.")


def _grid(*headings: str) -> Grid:
    grid = Grid(box=None, header_style="bold", pad_edge=False)
    numbers = {"id", "tables", "added", "removed", "changed"}
    for heading in headings:
        grid.add_column(heading, justify="right" if heading in numbers else "left")
    return grid


def _cells(entry: Publication) -> Iterator[str]:
    yield str(entry.publication_id)
    yield f"{entry.published_at.astimezone(UTC):%Y-%m-%d %H:%M:%S}"
    back = f"back to {entry.rolled_back_to}" if entry.is_rollback else ""
    yield back or ", ".join(entry.areas)
    yield str(len(entry.tables))
    yield ", ".join(f"{n} {status}" for status, n in sorted(entry.tests.items())) or NOTHING
    yield entry.invocation_id[:SHORT] or NOTHING
    yield entry.git_commit[:SHORT] or NOTHING
