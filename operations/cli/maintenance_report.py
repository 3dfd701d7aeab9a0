"""What `firn maintain` prints: plans and work -> a table, and what a person should see to."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from rich.console import Console
from rich.table import Table as Grid

from operations.cli.console import format_age
from operations.maintenance.plan import HeldBack, TablePlan
from operations.maintenance.procedures import Work
from operations.terminal import styled

SHOWN_ORPHANS = 3


def print_work(
    out: Console, plans: Sequence[TablePlan], done: Sequence[Work], *, is_applied: bool
) -> None:
    """Print a line for each table that there was something to do for, and the notes."""
    busy = [work for work in done if _has_work(work)]
    if busy:
        out.print(_grid(busy))
    idle = len(done) - len(busy)
    verb = "needed nothing" if is_applied else "need nothing"
    out.print(f"{idle} of {len(plans)} tables {verb}.")
    for work in busy:
        for line in _orphan_lines(work):
            out.print(line, soft_wrap=True)
    for plan in plans:
        for note in _notes(plan):
            out.print(styled("[yellow]note[/] {}: {}", plan.name, note), soft_wrap=True)
    if busy and not is_applied:
        out.print("Nothing was changed. To do it: the same command with --apply")


def _grid(busy: Sequence[Work]) -> Grid:
    grid = Grid(box=None, header_style="bold", pad_edge=False)
    grid.add_column("table")
    for heading in ("rows removed", "files", "manifests", "snapshots", "orphans"):
        grid.add_column(heading, justify="right")
    for work in busy:
        files = str(work.compacted_files)
        counts = (
            f"{work.removed_rows:,}",
            f"{files} → {work.written_files}" if work.written_files else files,
            str(work.compacted_manifests),
            str(work.expired_snapshots),
            str(len(work.orphans)),
        )
        grid.add_row(work.name, *("·" if count == "0" else count for count in counts))
    return grid


def _has_work(work: Work) -> bool:
    return bool(
        work.removed_rows
        or work.compacted_files
        or work.compacted_manifests
        or work.expired_snapshots
        or work.orphans
    )


def _orphan_lines(work: Work) -> Iterator[str]:
    for path in work.orphans[:SHOWN_ORPHANS]:
        yield f"     orphan {path}"
    if (rest := len(work.orphans) - SHOWN_ORPHANS) > 0:
        yield f"     and {rest} more of {work.name}"


def _notes(plan: TablePlan) -> Iterator[str]:
    for held in plan.held_back:
        yield _held_back(held)
    for reason in plan.removal.held if plan.removal else ():
        yield f"old rows stay: {reason}"
    if plan.shares_folder_with:
        yield (
            f"left alone, because its files lie in one folder with those of"
            f" {plan.shares_folder_with}; give one of the two a folder of its own"
        )


def _held_back(held: HeldBack) -> str:
    consumer, since = held.position.consumer, held.position.since
    age = format_age(datetime.now(UTC) - since)
    model = consumer.split(".")[-1]
    return (
        f"{held.count} old snapshots are kept for {consumer}, which has not read on since"
        f" {since:%Y-%m-%d %H:%M} UTC ({age} ago); build it (dbt build --select {model}), or drop"
        " its table if the model is no more"
    )
