"""The `firn` command: arguments -> one function each -> what a person wants to read."""

import logging
import sys
import traceback

import typer

from lake.catalogs.base import WAITING_LOG
from operations.cli import (
    declare,
    explain,
    export,
    keys,
    loading,
    machine,
    maintenance,
    publications,
    spark,
    status,
    streams,
    tables,
    tasks,
    watch,
)
from operations.cli.console import Notes, err
from operations.cli.extensions import ExtensibleGroup
from operations.runtime.imports import leave_out_pandas

app = typer.Typer(
    name="firn",
    cls=ExtensibleGroup,
    help="A lakehouse you can clone: databases and files into Iceberg, dbt on Spark to gold.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
for command in (
    machine.setup,
    machine.doctor,
    loading.ingest,
    loading.replay,
    keys.rotate_key,
    status.status,
    streams.streams,
    tables.create,
    tables.verify,
    tables.restore,
    tables.show,
    maintenance.maintain,
    watch.watch,
    explain.explain,
    tasks.refresh,
    export.export,
    publications.rollback,
    declare.declare,
):
    app.command()(command)
app.add_typer(publications.app, name="publications")
app.add_typer(tasks.app, name="tasks")
app.add_typer(spark.app, name="spark")


def main() -> None:
    """Run the command line; the exit codes are 0 done, 1 failed, 2 wrong set-up, 3 data at risk."""
    leave_out_pandas()
    logging.getLogger(WAITING_LOG).addHandler(Notes())
    try:
        app()
    except Exception:  # noqa: BLE001 - what nobody foresaw is shown whole, as text that only shows
        err.print(traceback.format_exc(), soft_wrap=True, end="")
        sys.exit(1)


if __name__ == "__main__":
    main()
