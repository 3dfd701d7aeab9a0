"""`firn maintain`: names -> plans -> a rehearsal, or the work -> a report."""

from typing import Annotated

import typer

from lake.settings import Settings
from operations.cli.console import out, progress_bar
from operations.cli.faults import named_faults
from operations.cli.options import Target


@named_faults
def maintain(
    names: Annotated[
        list[str] | None,
        typer.Argument(help="Tables or namespaces, such as gold.sales_daily or raw_shop."),
    ] = None,
    *,
    apply: Annotated[
        bool, typer.Option("--apply", help="Do it; without this it is only said.")
    ] = False,
    target: Target = None,
) -> None:
    """Remove consumed rows, compact, expire snapshots, remove orphan files, by declared policy."""
    from operations.cli.maintenance_report import print_work
    from operations.maintenance.run import maintain_lake

    with progress_bar(out) as bar:
        task = bar.add_task("starting Spark", total=None)

        def show(name: str, done: int, total: int) -> None:
            bar.update(task, description=f"maintaining {name}", completed=done, total=total)

        settings = Settings.load(target=target)
        maintained = maintain_lake(settings, names or [], show, apply=apply)
    print_work(out, maintained.plans, maintained.done, is_applied=apply)
    maintained.require_success()
