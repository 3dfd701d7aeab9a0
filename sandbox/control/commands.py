"""`firn sandbox start|stop|advance|destroy`: a system's name -> the system, moved on or removed."""

from typing import Annotated

import typer

from lake.settings import Settings
from operations.cli.console import out
from operations.cli.faults import named_faults
from sandbox.systems import System

app = typer.Typer(help="The sandbox's source systems.", no_args_is_help=True, add_completion=False)


@app.command()
@named_faults
def start(
    system: Annotated[System, typer.Argument(help="Which to start.")] = System.SHOP,
) -> None:
    """Start a source system; the first time, fill it."""
    from sandbox.control.systems import CONTROLS

    out.print(CONTROLS[system].start(Settings.load()), soft_wrap=True)


@app.command()
@named_faults
def stop() -> None:
    """Stop the source systems; their data stays."""
    from sandbox.control.shop import shop_server

    shop_server(Settings.load()).stop()
    out.print("The shop's PostgreSQL is stopped.")


@app.command()
@named_faults
def advance(
    system: Annotated[System, typer.Argument(help="Which to move on.")],
    *,
    days: Annotated[int, typer.Option(help="Days of its own calendar.", min=1, max=366)] = 7,
) -> None:
    """Let time pass in a source system: new, changed and deleted rows, or new files."""
    from sandbox.control.systems import CONTROLS

    CONTROLS[system].advance(Settings.load(), days, out)


@app.command()
@named_faults
def destroy() -> None:
    """Stop the source systems and delete their data (part of `make clean`)."""
    from sandbox.control.systems import CONTROLS

    settings = Settings.load()
    for control in CONTROLS.values():
        control.remove(settings)
