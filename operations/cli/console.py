"""What the commands print, one function for each kind of thing."""

from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape
from rich.table import Table as Grid

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ingestion.loading.replay_table import ReplayResult
    from ingestion.results import LoadResult
    from operations.monitoring.doctor import Finding
    from operations.preflight.create import Creation
    from operations.preflight.rules import Difference
    from operations.preflight.verify import Verified


def print_findings(out: Console, findings: "list[Finding]") -> None:
    """Print one line a check; a failed one names the cause, and below it the fix."""
    for finding in findings:
        mark = "[green]ok[/]  " if finding.is_good else "[bold red]FAIL[/]"
        out.print(f"{mark} {finding.check:<14} {escape(finding.detail)}", soft_wrap=True)
        if finding.fix:
            out.print(f"     [bold]fix[/]: {escape(finding.fix)}", soft_wrap=True)


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


def print_creation(out: Console, creation: "Creation") -> None:
    """Print a line for each table, whether it was made or there, and how many of each."""
    for table in creation.present:
        out.print(f"there {table.name}")
    for table in creation.made:
        out.print(f"[green]made[/]  {table.name}")
    there = f"{len(creation.present)} there already, not touched."
    out.print(f"{len(creation.made)} made, {there}" if creation.made else f"None made, {there}")


def print_verified(out: Console, verified: "Sequence[Verified]") -> None:
    """Print a line a table; below one that differs, what differs and the fix."""
    width = max((len(one.table.name) for one in verified), default=0)
    for one in verified:
        count = len(one.differences)
        said = f"{count} difference{'s' if count > 1 else ''}" if count else "as declared"
        mark = "[bold red]FAIL[/]" if count else "[green]ok[/]  "
        out.print(f"{mark} {one.table.name:<{width}}  {said}", soft_wrap=True)
        for difference in one.differences:
            _print_difference(out, difference)
    wrong = sum(bool(one.differences) for one in verified)
    out.print(f"{len(verified)} tables, {wrong} not as declared.")


def _print_difference(out: Console, difference: "Difference") -> None:
    said = f"{difference.part}: {difference.found}; declared: {difference.declared}"
    out.print(f"     {escape(said)} ({difference.kind})", soft_wrap=True)
    if difference.explanation:
        out.print(f"     {escape(difference.explanation)}", soft_wrap=True)
    out.print(f"     [bold]fix[/]: {escape(difference.fix)}", soft_wrap=True)


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
