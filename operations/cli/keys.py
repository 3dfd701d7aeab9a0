"""`firn rotate-key`: tables whose tokens another key made -> read again with the key of now."""

from typing import Annotated

import typer

from lake.settings import Settings
from operations.cli.console import out
from operations.cli.faults import named_faults
from operations.cli.loading import land
from operations.cli.options import Selection, Target


@named_faults
def rotate_key(
    selection: Selection = None,
    *,
    accept_gap: Annotated[
        bool, typer.Option("--accept-gap", help="Give up rows that the source has no more.")
    ] = False,
    wait: Annotated[
        bool, typer.Option("--wait", help="Wait for another ingestion of the source to end.")
    ] = False,
    target: Target = None,
) -> None:
    """Make all tokens anew with the key of now, by reading their tables again."""
    from ingestion.loading.rotation import resolve_all_former_tokens, tables_of_other_keys
    from ingestion.results import IngestOptions

    settings, chosen = Settings.load(target=target), selection or []
    if labels := tables_of_other_keys(settings, chosen):
        options = IngestOptions(full_refresh=True, new_key=True, accept_gap=accept_gap, wait=wait)
        land(settings, labels, options, out)
    resolve_all_former_tokens(settings, chosen)
    out.print("All tokens are of the key that is set now.")
