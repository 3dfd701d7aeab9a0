"""`firn create`, `verify`, `restore`, `show`: names of tables -> made, compared, put back, read."""

from typing import Annotated

import typer

from lake.settings import Settings
from operations.cli.console import out, print_creation, print_rows, print_verified
from operations.cli.faults import named_faults
from operations.cli.options import Tables, Target

CATALOG = "catalog"


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
    table: Annotated[
        str, typer.Argument(help="Such as silver.shop__orders; or catalog, for all of them.")
    ],
    *,
    forget: Annotated[
        bool,
        typer.Option(
            "--forget",
            help="Take it out of the catalog; its files stay. Of catalog: what it misses was"
            " dropped on purpose.",
        ),
    ] = False,
    apply: Annotated[
        bool, typer.Option("--apply", help="Of catalog: do it; without this it is only said.")
    ] = False,
    warehouse: Annotated[
        str | None,
        typer.Option(
            help="Of catalog: the folder of the namespaces' folders, where the profile does not"
            " say it (a REST catalog).",
            show_default=False,
        ),
    ] = None,
    target: Target = None,
) -> None:
    """Make a table usable, or a catalog that was lost, emptied or is older than its files."""
    from operations.preflight.restore import forget_table, restore_table

    settings = Settings.load(target=target)
    if table == CATALOG:
        _restore_catalog(settings, warehouse, forget=forget, apply=apply)
    elif forget:
        forget_table(settings, table)
        out.print(f"{table} is out of the catalog; its files are still there.")
    else:
        out.print(f"{restore_table(settings, table)}.", soft_wrap=True)


def _restore_catalog(
    settings: Settings, warehouse: str | None, *, forget: bool, apply: bool
) -> None:
    """Print what the catalog misses, and register or forget it."""
    from operations.preflight.restore_catalog import forget_missed, lines_of, restore_catalog

    if forget:
        names = forget_missed(settings)
        out.print(f"taken for dropped: {', '.join(names) or 'nothing'}", soft_wrap=True)
        return
    restoration = restore_catalog(settings, warehouse, apply=apply)
    for line in lines_of(restoration):
        out.print(line, soft_wrap=True)
    if not restoration.registrations and not restoration.damage:
        out.print(f"The catalog {restoration.catalog} knows all tables of the warehouse.")
    elif not apply:
        out.print("Nothing was changed; firn restore catalog --apply registers them.")
    if apply:
        restoration.require_success()


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
