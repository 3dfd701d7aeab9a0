"""`firn streams`: what waits for each model that reads by streams, and since when."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table as Grid
from rich.text import Text

from lake.settings import Settings
from operations.cli.console import format_age, out
from operations.cli.faults import named_faults
from operations.cli.options import Target
from operations.terminal import print_json, styled

if TYPE_CHECKING:
    from rich.console import Console

    from operations.monitoring.streams.streams import LakeStreams, StreamStatus

NOTHING = "·"


@named_faults
def streams(
    *,
    json: Annotated[
        bool, typer.Option("--json", help="Print one JSON document, for programs.")
    ] = False,
    target: Target = None,
) -> None:
    """Show each stream: source, consumer, how far it was read, rows waiting, and since when.

    Metadata is read, not tables. A model that was edited reads everything in its next run, which is
    not seen here.
    """
    from operations.monitoring.streams.streams import lake_streams

    found = lake_streams(Settings.load(target=target))
    if json:
        import json as encoder

        from operations.monitoring.streams.document import as_document

        print_json(encoder.dumps(as_document(found), indent=2))
    else:
        print_streams(out, found)


def print_streams(to: Console, found: LakeStreams) -> None:
    """Print a line for each stream, then what is to be noted."""
    grid = Grid(box=None, header_style="bold", pad_edge=False)
    for heading in ("consumer", "source"):
        grid.add_column(heading, overflow="fold")
    grid.add_column("read to", no_wrap=True)
    grid.add_column("waiting", justify="right", no_wrap=True)
    for heading in ("oldest", "next read"):
        grid.add_column(heading, no_wrap=True)
    for status in found.streams:
        grid.add_row(*_cells(status, found.at))
    if found.streams:
        to.print(grid)
    for line in _notes(found):
        to.print(line, soft_wrap=True)
    waiting = sum(status.stream.has_data for status in found.streams)
    to.print(f"{len(found.streams)} streams, {waiting} with data.")


def _cells(status: StreamStatus, at: datetime) -> Iterator[str | Text]:
    stream = status.stream
    yield stream.consumer
    yield stream.source
    yield "never" if stream.snapshot is None else _moment(stream.read_to)
    count = f"{'' if stream.is_exact else '~'}{stream.waiting:,}"
    yield count if stream.has_data else NOTHING
    yield format_age(at - stream.oldest_at) if stream.oldest_at else NOTHING
    yield _next_read(status)


def _next_read(status: StreamStatus) -> str | Text:
    if status.stream.is_stale:
        return styled("[bold red]all: STALE[/]")
    if status.stream.full_read is not None:
        return "all"
    return "changes" if status.stream.has_data else "nothing"


def _notes(found: LakeStreams) -> Iterator[str | Text]:
    for status in found.streams:
        stream, expires = status.stream, status.expires_at
        if stream.is_stale and stream.full_read is not None:
            said = f"{stream.consumer} reads all of {stream.source}: {stream.full_read.value}"
            yield styled("[yellow]note[/] {}", said)
        elif expires is not None and expires <= found.at:
            said = (
                f"{stream.source} keeps snapshots for {stream.consumer} that would have expired"
                f" {format_age(found.at - expires)} ago: dbt build --select"
                f" {stream.consumer.split('.')[1]}"
            )
            yield styled("[yellow]note[/] {}", said)
    for fault in found.faults:
        yield styled("[bold red]FAIL[/] {}", fault.message)
        if fault.fix:
            yield styled("     [bold]fix[/]: {}", fault.fix)


def _moment(moment: datetime | None) -> str:
    return "gone" if moment is None else f"{moment:%Y-%m-%d %H:%M}"
