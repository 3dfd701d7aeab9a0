"""`firn export`: gold tables -> files in a folder -> a line for each."""

from pathlib import Path
from typing import Annotated

import typer

from lake.settings import Settings
from operations.cli.console import out, print_exports
from operations.cli.faults import named_faults
from operations.cli.options import Target
from operations.exports.formats import ExportFormat


@named_faults
def export(
    tables: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[TABLE|TAG]...",
            help="Gold tables (sales_daily) or tags of models (shop). None: all of gold.",
        ),
    ] = None,
    *,
    to: Annotated[Path, typer.Option("--to", help="The folder for the files; made if missing.")],
    format: Annotated[  # noqa: A002 - the option's name
        ExportFormat, typer.Option("--format", help="csv (RFC 4180) or parquet.")
    ] = ExportFormat.CSV,
    target: Target = None,
) -> None:
    """Write gold tables to CSV or Parquet files, sorted, with a manifest of what they hold."""
    from operations.exports.export import export_tables

    with out.status("exporting"):
        exported = export_tables(Settings.load(target=target), tables or [], to, format)
    print_exports(out, to, exported)
