"""`firn status`: selection -> how fresh sources, raw tables and gold are."""

from typing import Annotated

import typer

from lake.settings import Settings
from operations.cli.console import out
from operations.cli.faults import named_faults
from operations.cli.options import Selection, Target
from operations.terminal import print_json


@named_faults
def status(
    selection: Selection = None,
    *,
    json: Annotated[
        bool, typer.Option("--json", help="Print one JSON document, for programs.")
    ] = False,
    target: Target = None,
) -> None:
    """Show how fresh the lake is: rows, newest events, what sources still have, last loads, gold.

    Metadata is read, not tables. A source that does not answer is a line of it, not a failure.
    """
    from operations.monitoring.status.sources import leave_threads_behind
    from operations.monitoring.status.status import lake_status

    found = lake_status(Settings.load(target=target), selection or [])
    if json:
        import json as encoder

        from operations.monitoring.status.document import as_document

        print_json(encoder.dumps(as_document(found), indent=2))
    else:
        from operations.cli.status_report import print_status

        print_status(out, found)
    leave_threads_behind()
