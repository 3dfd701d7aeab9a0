"""The `firn` command: arguments -> one function each -> what a person wants to read."""

from collections.abc import Callable
from functools import wraps
from typing import Annotated, ParamSpec

import typer
from rich.console import Console

from lake.errors import FirnError
from lake.settings import Settings
from operations.runtime.imports import leave_out_pandas
from sandbox.systems import System

app = typer.Typer(
    name="firn",
    help="A lakehouse you can clone: databases and files into Iceberg, dbt on Spark to gold.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
sandbox_app = typer.Typer(help="The stand-ins for source systems.", no_args_is_help=True)
app.add_typer(sandbox_app, name="sandbox")
spark_app = typer.Typer(
    help="A Spark that stays, for `dbt build --target warm`.", no_args_is_help=True
)
app.add_typer(spark_app, name="spark")

out = Console(highlight=False)
err = Console(stderr=True, highlight=False)


def main() -> None:
    """Run the command line; the exit codes are 0 done, 1 failed, 2 wrong set-up, 3 data at risk."""
    leave_out_pandas()
    app()


P = ParamSpec("P")


def named_faults(command: Callable[P, None]) -> Callable[P, None]:
    """End a command with a fault's own message, fix and exit code, never with a stack trace."""

    @wraps(command)
    def guarded(*arguments: P.args, **options: P.kwargs) -> None:
        try:
            command(*arguments, **options)
        except FirnError as fault:
            err.print(f"[bold red]error[/]: {_plain(fault.message)}", soft_wrap=True)
            if fault.fix:
                err.print(f"[bold]fix[/]:  {_plain(fault.fix)}", soft_wrap=True)
            raise typer.Exit(fault.exit_code) from None

    return guarded


def _plain(text: str) -> str:
    from rich.markup import escape

    return escape(text)


@app.command()
@named_faults
def setup() -> None:
    """Fetch what is not a Python package: a Java if there is none, and Spark's jars."""
    from operations.runtime.setup import set_up

    for line in set_up(Settings.load()):
        out.print(line)


@app.command()
@named_faults
def doctor(
    *,
    connections: Annotated[bool, typer.Option(help="Also check the source databases.")] = True,
) -> None:
    """Check everything Firn stands on; each failure comes with its cause and its fix."""
    from operations.cli.console import print_findings
    from operations.monitoring.doctor import examine

    findings = examine(Settings.load(), connections=connections)
    print_findings(out, findings)
    if not all(finding.is_good for finding in findings):
        raise typer.Exit(2)


@app.command()
@named_faults
def demo(
    systems: Annotated[
        list[System] | None, typer.Argument(help="Systems of the sandbox; none: all.")
    ] = None,
) -> None:
    """Run the sandbox from an empty folder to tested gold, or take in what is new since."""
    from sandbox.demo.demo import run_demo

    run_demo(Settings.load(), out, systems or list(System))


@app.command()
@named_faults
def ingest(
    selection: Annotated[
        list[str] | None, typer.Argument(help="Sources or tables, such as shop or shop.orders.")
    ] = None,
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
) -> None:
    """Land what is new in the sources: rows and progress in one commit, exactly once."""
    from ingestion.results import IngestOptions
    from operations.cli.loading import land

    options = IngestOptions(
        deletes=deletes, full_refresh=full_refresh, allow_empty=allow_empty, wait=wait
    )
    land(Settings.load(), selection or [], options, out)


Tables = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[LAYER|SOURCE|TABLE]...",
        help="Layers (raw, quarantine, silver, gold, all), sources (shop) or tables"
        " (silver.shop__orders). A layer and a source together: what is in both. None: all.",
    ),
]


@app.command()
@named_faults
def create(selection: Tables = None) -> None:
    """Make missing tables, empty, before any data; what is there stays as it is."""
    from operations.cli.console import print_creation
    from operations.preflight.create import create_tables

    with out.status("reading the project, making what is missing"):
        creation = create_tables(Settings.load(), selection or [])
    print_creation(out, creation)


@app.command()
@named_faults
def verify(selection: Tables = None) -> None:
    """Compare tables with their declaration; a line for each, and the fix for what differs."""
    from operations.cli.console import print_verified
    from operations.preflight.verify import verify_tables

    with out.status("reading the project and the lake"):
        verified = verify_tables(Settings.load(), selection or [])
    print_verified(out, verified)
    if any(table.differences for table in verified):
        raise typer.Exit(1)


@app.command()
@named_faults
def restore(
    table: Annotated[str, typer.Argument(help="Such as silver.shop__orders.")],
    *,
    forget: Annotated[
        bool, typer.Option("--forget", help="Take it out of the catalog; its files stay.")
    ] = False,
) -> None:
    """Put a table that cannot be opened back to the commit before, if that one is whole."""
    from operations.preflight.restore import forget_table, restore_table

    settings = Settings.load()
    if forget:
        forget_table(settings, table)
        out.print(f"{table} is out of the catalog; its files are still there.")
    else:
        file = restore_table(settings, table)
        out.print(f"{table} is back at {file}.", soft_wrap=True)


@app.command("watch")
@named_faults
def watch_source(
    source: Annotated[str, typer.Argument(help="A source of files, such as telemetry.")],
) -> None:
    """Land each file as it arrives, and build what depends on it, until Ctrl-C."""
    from operations.refresh.watch import watch

    watch(Settings.load(), source, out)


@app.command()
@named_faults
def replay(
    selection: Annotated[
        list[str] | None, typer.Argument(help="Sources or tables, such as shop or shop.orders.")
    ] = None,
    *,
    wait: Annotated[
        bool, typer.Option("--wait", help="Wait for an ingestion of the source to end.")
    ] = False,
) -> None:
    """Put rows back that quarantine keeps and that can be landed by now, each of them once."""
    from operations.cli.replay import put_back

    put_back(Settings.load(), selection or [], out, wait=wait)


@app.command()
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
) -> None:
    """Compact small files, expire old snapshots and remove orphan files, by declared policy."""
    from operations.maintenance.run import maintain_lake

    maintain_lake(Settings.load(), names or [], out, apply=apply)


@app.command()
@named_faults
def declare(
    name: Annotated[str, typer.Argument(help="The new source, such as crm.")],
    *,
    from_database: Annotated[
        bool, typer.Option("--from-database", help="Read types, keys and cursors from its catalog.")
    ] = False,
    connection: Annotated[
        str, typer.Option(help="The environment variable that holds its URL.")
    ] = "",
    schema: Annotated[str, typer.Option(help="The PostgreSQL schema of its tables.")] = "public",
) -> None:
    """Write a first draft of models/raw/<name>.yml, to be reviewed."""
    from operations.cli.declare import draft_source

    variable = connection or f"{name.upper()}_DATABASE_URL"
    if not from_database:
        raise typer.BadParameter("say where the draft comes from: --from-database")
    path = draft_source(Settings.load(), name, variable, schema)
    out.print(f"Wrote {path}. Review it, then: firn ingest {name}")


@app.command()
@named_faults
def show(
    table: Annotated[str, typer.Argument(help="Such as gold.sales_daily or raw_shop.orders.")],
    *,
    limit: Annotated[int, typer.Option(help="Rows to print.", min=0)] = 20,
) -> None:
    """Print a table: its newest rows, its newest snapshot and its age."""
    from operations.monitoring.show import show_table

    show_table(Settings.load(), table, limit, out)


@sandbox_app.command("start")
@named_faults
def sandbox_start(
    system: Annotated[System, typer.Argument(help="Which to start.")] = System.SHOP,
) -> None:
    """Start a stand-in; the first time, fill it."""
    from sandbox.control.systems import STAND_INS

    out.print(STAND_INS[system].start(Settings.load()), soft_wrap=True)


@sandbox_app.command("stop")
@named_faults
def sandbox_stop() -> None:
    """Stop the stand-ins; their data stays."""
    from sandbox.control.shop import shop_server

    shop_server(Settings.load()).stop()
    out.print("The shop's PostgreSQL is stopped.")


@sandbox_app.command("advance")
@named_faults
def sandbox_advance(
    system: Annotated[System, typer.Argument(help="Which to move on.")],
    *,
    days: Annotated[int, typer.Option(help="Days of its own calendar.", min=1, max=366)] = 7,
) -> None:
    """Let time pass in a stand-in: new, changed and deleted rows, or new files."""
    from sandbox.control.systems import STAND_INS

    STAND_INS[system].advance(Settings.load(), days, out)


@sandbox_app.command("destroy")
@named_faults
def sandbox_destroy() -> None:
    """Stop the stand-ins and delete their data (part of `make clean`)."""
    from sandbox.control.systems import STAND_INS

    settings = Settings.load()
    for stand_in in STAND_INS.values():
        stand_in.remove(settings)


@spark_app.command("start")
@named_faults
def spark_start() -> None:
    """Start a Spark that stays, with the profile's settings; return when it answers."""
    from operations.runtime.warm_spark import WarmSpark

    state = WarmSpark(Settings.load()).start()
    out.print(_sentence(state.detail), soft_wrap=True, markup=False)


@spark_app.command("stop")
@named_faults
def spark_stop() -> None:
    """Stop the Spark that stays, and nothing else."""
    from operations.runtime.warm_spark import WarmSpark

    state = WarmSpark(Settings.load()).stop()
    out.print(_sentence(state.detail), soft_wrap=True, markup=False)


@spark_app.command("status")
@named_faults
def spark_status() -> None:
    """Say how the Spark that stays is: exit code 0 it answers, 1 it does not, 2 old settings."""
    from operations.runtime.warm_spark import Condition, WarmSpark

    state = WarmSpark(Settings.load()).state()
    out.print(_sentence(state.detail), soft_wrap=True, markup=False)
    if state.condition is Condition.OUTDATED:
        raise typer.Exit(2)
    if state.condition is not Condition.RUNNING:
        raise typer.Exit(1)


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."


if __name__ == "__main__":
    main()
