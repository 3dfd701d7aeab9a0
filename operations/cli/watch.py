"""`firn watch`: a source of files -> a watcher in the foreground until Ctrl-C."""

from typing import Annotated

import typer

from lake.settings import Settings
from operations.cli.console import out
from operations.cli.faults import named_faults
from operations.cli.options import MetricsPort, Target


@named_faults
def watch(
    source: Annotated[str, typer.Argument(help="A source of files, such as telemetry.")],
    *,
    metrics_port: MetricsPort = None,
    target: Target = None,
) -> None:
    """Land each file as it arrives, and build what depends on it, until Ctrl-C."""
    from operations.refresh.view import View
    from operations.refresh.watch import watch as watch_source

    watch_source(Settings.load(target=target), source, View(out, metrics_port))
