"""`firn ingest` and `firn replay`: selection -> rows landed or put back -> what became of each."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from lake.errors import AllSetAsideError
from lake.settings import Settings
from operations.cli.console import out, print_loads, print_replays, print_waiting, progress_bar
from operations.cli.faults import named_faults
from operations.cli.options import MetricsPort, Selection, Target

if TYPE_CHECKING:
    from ingestion.loading.replay_table import ReplayResult
    from ingestion.results import Event, IngestOptions, LoadResult


@named_faults
def ingest(  # noqa: PLR0913 - an option each
    selection: Selection = None,
    *,
    deletes: Annotated[
        bool, typer.Option("--deletes", help="Compare keys and land rows deleted upstream.")
    ] = False,
    full_refresh: Annotated[
        bool, typer.Option("--full-refresh", help="Read whole tables, whatever was landed.")
    ] = False,
    allow_empty: Annotated[
        bool, typer.Option("--allow-empty", help="Accept that a source has lost all its rows.")
    ] = False,
    wait: Annotated[
        bool, typer.Option("--wait", help="Wait for another ingestion of the source to end.")
    ] = False,
    accept_gap: Annotated[
        bool, typer.Option("--accept-gap", help="Pass over what a source lost before it was read.")
    ] = False,
    following: Annotated[
        bool, typer.Option("--follow", help="Go on until Ctrl-C or SIGTERM; of one source.")
    ] = False,
    every: Annotated[
        float, typer.Option(help="Seconds from one commit to the next, of --follow.", min=0.1)
    ] = 10.0,
    commit_rows: Annotated[
        int, typer.Option(help="Rows that are committed sooner, of --follow.", min=1)
    ] = 1_000_000,
    metrics_port: MetricsPort = None,
    target: Target = None,
) -> None:
    """Land what is new in the sources: rows and progress in one commit, exactly once."""
    from ingestion.results import IngestOptions

    options = IngestOptions(
        deletes=deletes,
        full_refresh=full_refresh,
        allow_empty=allow_empty,
        wait=wait,
        accept_gap=accept_gap,
    )
    if following:
        from operations.refresh.follow import Pace, follow
        from operations.refresh.view import View

        settings, pace = Settings.load(target=target), Pace(every, commit_rows)
        follow(settings, selection or [], options, pace, View(out, metrics_port))
        return
    require_landed(land(Settings.load(target=target), selection or [], options, out))


@named_faults
def replay(
    selection: Selection = None,
    *,
    wait: Annotated[
        bool, typer.Option("--wait", help="Wait for an ingestion of the source to end.")
    ] = False,
    target: Target = None,
) -> None:
    """Put rows back that quarantine keeps and that can be landed by now, each of them once."""
    from ingestion.loading.replay import replay as put_back

    results: list[ReplayResult] = []
    try:
        put_back(selection or [], Settings.load(target=target), results.append, wait=wait)
    finally:
        print_replays(out, results)


def require_landed(results: "Sequence[LoadResult]") -> None:
    """Raise AllSetAsideError where tables had something new and nothing of it landed."""
    labels = [load.label for load in results if load.is_all_set_aside]
    if labels:
        sources = dict.fromkeys(label.split(".")[0] for label in labels)
        shown = "; ".join(f"firn show quarantine.{source}" for source in sources)
        raise AllSetAsideError(
            f"{', '.join(labels)}: all that was read went to quarantine, nothing landed",
            f"{shown} says why; what is declared otherwise comes back by firn replay",
        )


def land(
    settings: Settings, selection: Sequence[str], options: "IngestOptions", to: Console
) -> "list[LoadResult]":
    """Ingest the selection (empty: every source), showing progress, and print the loads.

    Raises FirnError as ingestion does, after printing; tables landed before it stay landed.
    """
    from ingestion.api import ingest as land_sources
    from ingestion.results import LoadResult, TableProgress, Waiting

    results: list[LoadResult] = []
    with progress_bar(to) as bar:
        task = bar.add_task("reading declarations", total=None)

        def show(event: "Event") -> None:
            if isinstance(event, TableProgress):
                bar.update(task, description=f"landing {event.label}", completed=event.rows_read)
            elif isinstance(event, Waiting):
                print_waiting(to, event)
            elif isinstance(event, LoadResult):
                results.append(event)

        try:
            land_sources(selection, options, settings, show)
        finally:
            bar.stop()
            print_loads(to, results)
    return results
