"""What `firn status` prints: a table for each source and one for gold, then what is to be noted."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

from rich.console import Console
from rich.table import Table as Grid
from rich.text import Text

from ingestion.loading.last_loads import LastLoad
from ingestion.results import Outcome
from lake.errors import FirnError
from lake.statistics import Newest
from operations.cli.console import format_age
from operations.monitoring.status.model import (
    GoldStatus,
    LakeStatus,
    PublishedStatus,
    RawStatus,
    SourceStatus,
    age_of,
)
from operations.terminal import styled

UNKNOWN, NOTHING = "?", "·"
SHOWN_PARTS = 12
RAW_COUNTS = ("rows", "today", "quarantined")


def print_status(to: Console, status: LakeStatus) -> None:
    """Print each source with its tables, then gold, at the console's width."""
    for source in status.sources:
        to.print(styled("[bold]{}[/] ({})", source.name, source.connector))
        to.print(_source_grid(source, status.at))
        for line in _source_lines(source):
            to.print(line, soft_wrap=True)
        to.print()
    if status.gold:
        to.print(styled("[bold]gold[/]"))
        to.print(_gold_grid(status))
        for line in (*_gold_lines(status), *_published_lines(status.published, status.at)):
            to.print(line, soft_wrap=True)


def _published_lines(published: PublishedStatus, now: datetime) -> Iterator[str | Text]:
    if published.at:
        ago = format_age(now - published.at)
        yield f"publication {published.publication_id}, {ago} ago: firn publications"
    if published.held:
        yield styled("[bold red]held[/] {}", published.held)
        yield styled("     [bold]fix[/]: firn publications release")
    if tests := published.tests:
        counts = ", ".join(f"{n:,} {status}" for status, n in sorted(tests.counts.items()))
        yield f"tests, {format_age(now - tests.at)} ago: {counts}"
        for name, status in tests.failed.items():
            style = "yellow" if status == "warn" else "bold red"
            yield styled(f"[{style}]{{}}[/] {{}}", status, name)


def _source_grid(source: SourceStatus, at: datetime) -> Grid:
    grid = Grid(box=None, header_style="bold", pad_edge=False)
    grid.add_column("table", no_wrap=True)
    for heading in RAW_COUNTS:
        grid.add_column(heading, justify="right", no_wrap=True)
    for heading in ("newest event", "behind", "last load"):
        grid.add_column(heading, no_wrap=heading != "last load")
    for table in source.tables:
        counts = (table.rows, table.rows_today, table.quarantined)
        grid.add_row(
            table.label.split(".")[1],
            *map(_count, counts),
            _newest(table.newest_event),
            _remaining(table),
            _load(table.last_load, at),
        )
    return grid


def _source_lines(source: SourceStatus) -> Iterator[str | Text]:
    """Yield what a person should see to: faults with their fix, lag by partition, failed loads."""
    if source.fault is not None:
        yield from _fault(source.fault)
    for table in source.tables:
        if table.fault is not None:
            yield from _fault(table.fault)
        if table.remaining is not None:
            yield from _parts(table)
            for note in table.remaining.notes:
                yield styled("[yellow]note[/] {}: {}", table.label, note)
    loads = [t.last_load for t in source.tables if t.last_load is not None]
    failed = {load.message: load for load in loads if load.outcome is Outcome.FAILED}
    for load in failed.values():
        yield styled("[bold red]FAIL[/] {}", load.message)
        yield styled("     [bold]fix[/]: {}", load.fix)


def _parts(table: RawStatus) -> Iterator[str | Text]:
    """Yield a line that says what waits in which part of the source."""
    parts = table.remaining.parts if table.remaining else {}
    waiting = [f"{name} {count:,}" for name, count in parts.items() if count]
    if waiting:
        more = len(waiting) - SHOWN_PARTS
        shown = ", ".join(waiting[:SHOWN_PARTS]) + (f" and {more} more" if more > 0 else "")
        yield f"     {table.label}: {shown}"


def _gold_grid(status: LakeStatus) -> Grid:
    grid = Grid(box=None, header_style="bold", pad_edge=False)
    grid.add_column("table", no_wrap=True)
    grid.add_column("rows", justify="right", no_wrap=True)
    for heading in ("newest", "age", "built"):
        grid.add_column(heading, no_wrap=True)
    for table in status.gold:
        newest, written = table.newest.value, table.written_at
        grid.add_row(
            table.table.split(".")[1],
            f"{'' if table.is_exact else '≥ '}{table.rows:,}",
            _newest(table.newest),
            NOTHING if newest is None else _age(newest, status.at),
            "never" if written is None else f"{_short(status.at - written)} ago",
        )
    return grid


def _gold_lines(status: LakeStatus) -> Iterator[str | Text]:
    for table in status.gold:
        if table.fault is not None:
            yield from _fault(table.fault)
        if table.explanation is not None:
            yield styled("[yellow]note[/] {}", _sentence(table))


def _sentence(table: GoldStatus) -> str:
    name = table.table.split(".")[1]
    text = table.explanation or ""
    return text if text.startswith(name) else f"{name}: {text}"


def _fault(fault: FirnError) -> Iterator[str | Text]:
    yield styled("[bold red]FAIL[/] {}", fault.message)
    if fault.fix:
        yield styled("     [bold]fix[/]: {}", fault.fix)


def _count(count: int | None) -> str:
    return UNKNOWN if count is None else f"{count:,}" if count else NOTHING


def _newest(newest: Newest) -> str:
    if newest.value is None:
        return NOTHING if newest.is_exact else UNKNOWN
    return f"{'' if newest.is_exact else '≤ '}{_moment(newest.value)}"


def _moment(value: date | datetime) -> str:
    if not isinstance(value, datetime):
        return value.isoformat()
    moment = value.astimezone(UTC) if value.tzinfo else value
    return f"{moment:%Y-%m-%d %H:%M}"


def _age(value: Any, at: datetime) -> str:  # noqa: ANN401 - a date or a time
    is_day = not isinstance(value, datetime)
    return "today" if is_day and value >= at.date() else _short(age_of(value, at))


def _remaining(table: RawStatus) -> str:
    remaining = table.remaining
    if remaining is None:
        return UNKNOWN
    behind = remaining.behind
    return remaining.text if behind is None else _short(behind)


def _load(load: LastLoad | None, at: datetime) -> str | Text:
    if load is None:
        return "never"
    ago = _short(at - load.ended_at)
    if load.outcome is Outcome.FAILED:
        return styled("[bold red]FAILED[/], {}", ago)
    return ago if load.outcome is Outcome.LANDED else f"{load.outcome.value}, {ago}"


def _short(age: timedelta) -> str:
    """Return an age in its largest fitting unit: 42 s, 3 min, 5 h, 517 d."""
    seconds = max(0, int(age.total_seconds()))
    for unit, length in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= length:
            return f"{seconds // length} {unit}"
    return f"{seconds} s"
