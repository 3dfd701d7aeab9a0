"""All that commands print: results -> tables and lines on the two consoles of the process."""

import logging
from datetime import timedelta
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table as Grid

from operations.terminal import Terminal, styled

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.progress import Progress

    from ingestion.loading.replay_table import ReplayResult
    from ingestion.results import LoadResult, Waiting
    from lake.errors import FirnError
    from operations.exports.declared import DeclaredResult
    from operations.exports.manifest import Exported
    from operations.monitoring.doctor import Finding
    from operations.monitoring.show import NewestRows
    from operations.monitoring.tables import TableState
    from operations.preflight.create import Creation
    from operations.preflight.rules import Difference
    from operations.preflight.verify import Verified

out = Terminal()
err = Terminal(stderr=True)


def print_fault(fault: "FirnError") -> None:
    """Print what is wrong, and on a line of its own the fix, to standard error."""
    err.print(styled("[bold red]error[/]: {}", fault.message), soft_wrap=True)
    if fault.fix:
        err.print(styled("[bold]fix[/]:  {}", fault.fix), soft_wrap=True)


class Notes(logging.Handler):
    """Prints what is logged, which is what a command waits for, as a note to standard error."""

    def emit(self, record: logging.LogRecord) -> None:
        """Print a record."""
        err.print(styled("[yellow]note[/] {}", record.getMessage()), soft_wrap=True)


def progress_bar(to: Console) -> "Progress":
    """Return the progress display that all long commands share; it goes when they are done."""
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    return Progress(
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=30),
        TextColumn("{task.completed:,}", markup=False),
        TimeElapsedColumn(),
        console=to,
        transient=True,
    )


def print_findings(to: Console, findings: "list[Finding]") -> None:
    """Print one line a check; a failed one names the cause, and below it the fix."""
    for finding in findings:
        mark = styled("[green]ok[/]  ") if finding.is_good else styled("[bold red]FAIL[/]")
        to.print(styled("{} {} {}", mark, f"{finding.check:<14}", finding.detail), soft_wrap=True)
        if finding.fix:
            to.print(styled("     [bold]fix[/]: {}", finding.fix), soft_wrap=True)


def print_loads(to: Console, results: "Sequence[LoadResult]") -> None:
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
        to.print(grid)
    for load in results:
        for note in load.notes:
            to.print(styled("[yellow]note[/] {}: {}", load.label, note), soft_wrap=True)


def print_waiting(to: Console, waiting: "Waiting") -> None:
    """Print what the reading of a source waits for."""
    to.print(styled("[yellow]note[/] {}: {}", waiting.source, waiting.reason), soft_wrap=True)


def print_creation(to: Console, creation: "Creation") -> None:
    """Print a line for each table, whether it was made or there, and how many of each."""
    for table in creation.present:
        to.print(f"there {table.name}")
    for table in creation.made:
        to.print(styled("[green]made[/]  {}", table.name))
    there = f"{len(creation.present)} there already, not touched."
    to.print(f"{len(creation.made)} made, {there}" if creation.made else f"None made, {there}")


def print_verified(to: Console, verified: "Sequence[Verified]") -> None:
    """Print a line a table; below one that differs, what differs and the fix."""
    width = max((len(one.table.name) for one in verified), default=0)
    for one in verified:
        count = len(one.differences)
        said = f"{count} difference{'s' if count > 1 else ''}" if count else "as declared"
        mark = styled("[bold red]FAIL[/]") if count else styled("[green]ok[/]  ")
        to.print(styled("{} {}  {}", mark, f"{one.table.name:<{width}}", said), soft_wrap=True)
        for difference in one.differences:
            _print_difference(to, difference)
    wrong = sum(bool(one.differences) for one in verified)
    to.print(f"{len(verified)} tables, {wrong} not as declared.")


def _print_difference(to: Console, difference: "Difference") -> None:
    said = f"{difference.part}: {difference.found}; declared: {difference.declared}"
    to.print(f"     {said} ({difference.kind})", soft_wrap=True)
    if difference.explanation:
        to.print(f"     {difference.explanation}", soft_wrap=True)
    to.print(styled("     [bold]fix[/]: {}", difference.fix), soft_wrap=True)


def print_replays(to: Console, results: "Sequence[ReplayResult]") -> None:
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
        to.print(grid)
    for table in results:
        source = table.label.split(".")[0]
        if table.waiting:
            to.print(
                styled(
                    "[yellow]note[/] {}: firn ingest {} reads what waits", table.label, table.label
                )
            )
        if table.unfit:
            to.print(
                styled("[yellow]note[/] {}: see quarantine.{} (rule, reason)", table.label, source)
            )


def print_rows(to: Console, newest: "NewestRows") -> None:
    """Print rows as lines where they fit, else one below the other; then snapshot and age."""
    cells = [["" if value is None else str(value) for value in row] for row in newest.rows]
    to.print(_as_grid(newest.columns, cells, to.width) or _as_records(newest.columns, cells))
    to.print(f"{len(cells):,} of {newest.state.rows:,} rows. {describe_age(newest.state)}")


def print_exports(to: Console, where: str, exported: "Sequence[Exported]") -> None:
    """Print a line for each file that was written, and where they are."""
    if exported:
        to.print(_exports_grid(exported))
    to.print(f"{len(exported)} files in {where}", soft_wrap=True)


def print_declared_exports(to: Console, results: "Sequence[DeclaredResult]") -> None:
    """Print a line for each declared export that was run, or its fault."""
    for one in results:
        mark = styled("[bold red]FAIL[/]") if one.fault else styled("[green]ok[/]  ")
        rows = f", {one.exported.rows:,} rows" if one.exported else ""
        said = f"{one.declared.label}{rows}"
        to.print(styled("{} {} ({})", mark, said, one.declared.declared_at), soft_wrap=True)
        if one.fault:
            print_fault(one.fault)
    failed = sum(one.fault is not None for one in results)
    to.print(f"{len(results)} exports, {failed} failed.")


def _exports_grid(exported: "Sequence[Exported]") -> Grid:
    grid = Grid(box=None, header_style="bold", pad_edge=False)
    grid.add_column("file")
    for heading in ("rows", "bytes"):
        grid.add_column(heading, justify="right")
    grid.add_column("snapshot")
    for one in exported:
        grid.add_row(one.file, f"{one.rows:,}", f"{one.bytes:,}", str(one.snapshot_id or "none"))
    return grid


def describe_age(state: "TableState") -> str:
    """Say which snapshot is the newest and how old it is."""
    if state.written_at is None or state.age is None:
        return "No snapshot yet."
    return (
        f"Snapshot {state.snapshot_id}, written {state.written_at:%Y-%m-%d %H:%M:%S} UTC,"
        f" {format_age(state.age)} ago."
    )


def format_age(age: timedelta) -> str:
    """Return an age in its largest fitting unit: 42 seconds, 3 minutes, 5 hours, 2 days."""
    seconds = max(0, int(age.total_seconds()))
    for unit, length in (("day", 86_400), ("hour", 3_600), ("minute", 60)):
        if seconds >= length:
            count = seconds // length
            return f"{count} {unit}{'s' if count > 1 else ''}"
    return f"{seconds} second{'s' if seconds != 1 else ''}"


def _as_grid(columns: "Sequence[str]", cells: list[list[str]], width: int) -> Grid | None:
    """Lay rows out as lines, or return None when they do not fit into `width` characters."""
    widest = [max(map(len, column)) for column in zip(columns, *cells, strict=True)]
    if sum(widest) + 3 * len(widest) + 1 > width:
        return None
    grid = Grid(*columns, header_style="bold")
    for row in cells:
        grid.add_row(*row)
    return grid


def _as_records(columns: "Sequence[str]", cells: list[list[str]]) -> Grid:
    """Lay rows out one below the other, a line for each value."""
    grid = Grid(box=None, show_header=False, pad_edge=False)
    grid.add_column(style="bold")
    grid.add_column(overflow="fold")
    for row in cells:
        for column, value in zip(columns, row, strict=True):
            grid.add_row(column, value)
        grid.add_row("", "")
    return grid
