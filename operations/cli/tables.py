"""`firn create`, `verify`, `restore`, `show`: names of tables -> made, compared, put back, read."""

from typing import Annotated

import typer

from lake.settings import Settings
from operations.cli.console import out, print_creation, print_rows, print_verified
from operations.cli.faults import named_faults
from operations.cli.options import Tables, Target


@named_faults
def create(selection: Tables = None, *, target: Target = None) -> None:
    """Make missing tables, empty, before any data; what is there stays as it is."""
    from operations.preflight.create import create_tables

    with out.status("reading the project, making what is missing"):
        creation = create_tables(Settings.load(target=target), selection or [])
    print_creation(out, creation)


@named_faults
def verify(selection: Tables = None, *, target: Target = None) -> None:
    """Compare tables with their declaration; a line for each, and the fix for what differs."""
    from operations.preflight.verify import verify_tables

    with out.status("reading the project and the lake"):
        verified = verify_tables(Settings.load(target=target), selection or [])
    print_verified(out, verified)
    if any(table.differences for table in verified):
        raise typer.Exit(1)


@named_faults
def restore(
    table: Annotated[str, typer.Argument(help="Such as silver.shop__orders.")],
    *,
    forget: Annotated[
        bool, typer.Option("--forget", help="Take it out of the catalog; its files stay.")
    ] = False,
    target: Target = None,
) -> None:
    """Make a table usable: back at the commit before, or with the times of its commits in order."""
    from operations.preflight.restore import forget_table, restore_table

    settings = Settings.load(target=target)
    if forget:
        forget_table(settings, table)
        out.print(f"{table} is out of the catalog; its files are still there.")
    else:
        out.print(f"{restore_table(settings, table)}.", soft_wrap=True)


@named_faults
def show(
    table: Annotated[str, typer.Argument(help="Such as gold.sales_daily or raw_shop.orders.")],
    *,
    limit: Annotated[int, typer.Option(help="Rows to print.", min=0)] = 20,
    publication: Annotated[
        int | None,
        typer.Option(
            help="As this publication has it; `firn publications` lists them.",
            min=1,
            show_default=False,
        ),
    ] = None,
    rejected: Annotated[
        bool, typer.Option("--rejected", help="What the last run made that was not published.")
    ] = False,
    target: Target = None,
) -> None:
    """Print a table: its newest rows, its newest snapshot and its age."""
    from operations.monitoring.show import Version, newest_rows

    version = Version(publication, is_rejected=rejected)
    print_rows(out, newest_rows(Settings.load(target=target), table, limit, version))
