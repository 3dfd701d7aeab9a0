"""What the commands print, one function for each kind of thing."""

from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape
from rich.table import Table as Grid

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ingestion.replay_table import ReplayResult
    from ingestion.results import LoadResult
    from operations.doctor import Finding
    from sandbox.shop import Advance


def print_findings(out: Console, findings: "list[Finding]") -> None:
    """Print one line a check; a failed one names the cause, and below it the cure."""
    for finding in findings:
        mark = "[green]ok[/]  " if finding.is_good else "[bold red]FAIL[/]"
        out.print(f"{mark} {finding.check:<14} {escape(finding.detail)}", soft_wrap=True)
        if finding.cure:
            out.print(f"     [bold]cure[/]: {escape(finding.cure)}", soft_wrap=True)


def print_loads(out: Console, results: "Sequence[LoadResult]") -> None:
    """Print what each load did, and what it noticed."""
    grid = Grid(box=None, header_style="bold", pad_edge=False)
    grid.add_column("table")
    for heading in ("read", "landed", "quarantined", "deleted", "seconds"):
        grid.add_column(heading, justify="right")
    grid.add_column("outcome")
    for load in results:
        counts = (load.rows_read, load.rows_landed, load.rows_quarantined, load.rows_deleted)
        cells = [f"{count:,}" if count else "·" for count in counts]
        grid.add_row(load.label, *cells, f"{load.seconds:.1f}", load.outcome.value)
    if results:
        out.print(grid)
    for load in results:
        for note in load.notes:
            out.print(f"[yellow]note[/] {load.label}: {escape(note)}", soft_wrap=True)


def print_replays(out: Console, results: "Sequence[ReplayResult]") -> None:
    """Print what became of the rows that quarantine kept open, and what is left to do."""
    grid = Grid(box=None, header_style="bold", pad_edge=False)
    grid.add_column("table")
    headings = ("replayed", "landed since", "superseded", "waiting", "unfit", "seconds")
    for heading in headings:
        grid.add_column(heading, justify="right")
    for table in results:
        counts = (table.replayed, table.landed, table.superseded, table.waiting, table.unfit)
        cells = [f"{count:,}" if count else "·" for count in counts]
        grid.add_row(table.label, *cells, f"{table.seconds:.1f}")
    if results:
        out.print(grid)
    for table in results:
        source = table.label.split(".")[0]
        if table.waiting:
            out.print(f"[yellow]note[/] {table.label}: firn ingest {table.label} reads what waits")
        if table.unfit:
            out.print(f"[yellow]note[/] {table.label}: see quarantine.{source} (rule, reason)")


def print_advance(out: Console, advance: "Advance") -> None:
    """Print what a stand-in did while its time passed."""
    grid = Grid(box=None, header_style="bold", pad_edge=False)
    grid.add_column("table")
    for heading in ("inserted", "updated", "deleted"):
        grid.add_column(heading, justify="right")
    for change in advance.changes:
        counts = (change.inserted, change.updated, change.deleted)
        grid.add_row(change.table, *(f"{count:,}" if count else "·" for count in counts))
    out.print(f"The shop's calendar: {advance.from_date} → {advance.to_date}")
    out.print(grid)
