"""`firn export`: gold tables -> files in a folder or a bucket -> a line for each."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from lake.errors import ConfigurationError
from lake.settings import Settings
from operations.cli.console import out, print_declared_exports, print_exports, progress_bar
from operations.cli.faults import named_faults
from operations.cli.options import Target
from operations.exports.formats.base import ExportFormat

if TYPE_CHECKING:
    from operations.exports.declared import DeclaredResult
    from operations.exports.files import OnProgress, Progress


@named_faults
def export(  # noqa: PLR0913 - an option each
    tables: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[TABLE|TAG]...",
            help="Gold tables (sales_daily) or tags of models (shop). None: all of gold.",
        ),
    ] = None,
    *,
    to: Annotated[
        str | None,
        typer.Option(
            "--to", help="A folder, made if missing, or s3://bucket/prefix.", show_default=False
        ),
    ] = None,
    format: Annotated[  # noqa: A002 - the option's name
        ExportFormat,
        typer.Option("--format", help="csv (RFC 4180), parquet, json (a line a row) or xlsx."),
    ] = ExportFormat.CSV,
    where: Annotated[
        str | None,
        typer.Option(
            help="Only rows of which this is true: comparisons of columns with literals, such as"
            " \"store_id = 'S1' and sold_date >= date '2025-05-01'\".",
            show_default=False,
        ),
    ] = None,
    raw_text: Annotated[
        bool,
        typer.Option(
            "--raw-text",
            help="For programs that read the CSV: no apostrophe before texts that a spreadsheet"
            " would run as formulas.",
        ),
    ] = False,
    declared: Annotated[
        bool,
        typer.Option(
            "--declared", help="Run all exports that models declare (config.meta.export)."
        ),
    ] = False,
    target: Target = None,
) -> None:
    """Write gold tables to files, sorted, with a manifest of what they hold."""
    settings = Settings.load(target=target)
    if declared:
        _require_nothing_else(tables, to, where)
        _run_declared(settings)
        return
    if to is None:
        raise ConfigurationError("no destination is named", "add --to FOLDER or s3://bucket/prefix")
    from operations.exports.export import ExportOptions, export_tables
    from operations.exports.filters.parsing import parse_filter

    options = ExportOptions(format, parse_filter(where) if where is not None else None, raw_text)
    with _shown() as show:
        exported = export_tables(settings, tables or [], to, options, show)
    print_exports(out, to, exported)


def _require_nothing_else(tables: Sequence[str] | None, to: str | None, where: str | None) -> None:
    if tables or to is not None or where is not None:
        raise ConfigurationError(
            "--declared runs what models declare, and takes no tables, --to or --where",
            "leave them out, or leave --declared out",
        )


def _run_declared(settings: Settings) -> None:
    from lake.lake import Lake
    from operations.exports.declared import run_declared_exports

    with _shown() as show:
        results = run_declared_exports(settings, Lake(settings), on_progress=show)
    print_declared_exports(out, results)
    _require_done(results)


def _require_done(results: "Sequence[DeclaredResult]") -> None:
    """End the command with the gravest exit code of its faults, if there is any."""
    if codes := [one.fault.exit_code for one in results if one.fault]:
        raise typer.Exit(max(codes))


@contextmanager
def _shown() -> "Iterator[OnProgress]":
    """Give what shows the progress on a terminal; elsewhere nothing is printed."""
    bar = progress_bar(out)
    bar.disable = not out.is_terminal
    with bar:
        task = bar.add_task("reading the catalog", total=None)

        def show(progress: "Progress") -> None:
            verb = "writing" if progress.is_writing else "reading"
            bar.update(
                task,
                description=f"{verb} {progress.table}",
                completed=progress.rows,
                total=progress.total,
            )

        yield show
