"""`firn ingest` as a person sees it: selection -> ingestion with progress -> what was landed."""

from collections.abc import Sequence

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from ingestion.api import ingest
from ingestion.results import Event, IngestOptions, LoadResult, TableProgress
from lake.settings import Settings
from operations.cli.console import print_loads


def land(
    settings: Settings, selection: Sequence[str], options: IngestOptions, out: Console
) -> list[LoadResult]:
    """Ingest the selection (empty: every source), showing progress, and print the loads.

    Raises FirnError as ingestion does, after printing; tables landed before it stay landed.
    """
    results: list[LoadResult] = []
    with progress_bar(out) as bar:
        task = bar.add_task("reading declarations", total=None)

        def show(event: Event) -> None:
            if isinstance(event, TableProgress):
                bar.update(task, description=f"landing {event.label}", completed=event.rows_read)
            else:
                results.append(event)

        try:
            ingest(selection, options, settings, show)
        finally:
            bar.stop()
            print_loads(out, results)
    return results


def progress_bar(out: Console) -> Progress:
    """Return the progress display that all long commands share; it goes when they are done."""
    return Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(bar_width=30),
        TextColumn("{task.completed:,}"),
        TimeElapsedColumn(),
        console=out,
        transient=True,
    )
