"""`firn sandbox …`: a system's name -> the system started, moved on, stopped or removed."""

import time
from collections.abc import Callable
from enum import StrEnum
from typing import Annotated

import typer

from lake.settings import Settings
from operations.cli.console import out
from operations.cli.faults import named_faults
from operations.runtime.signals import until_signalled
from sandbox.systems import System

Stopped = Callable[[], bool]
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
    from sandbox.control.clickstream import clickstream_broker
    from sandbox.control.shop import shop_server

    settings = Settings.load()
    shop_server(settings).stop()
    out.print("The PostgreSQL of shop and checkout is stopped.")
    clickstream_broker(settings).stop()
    out.print("The clickstream's Kafka is stopped.")


@app.command()
@named_faults
def advance(
    system: Annotated[System, typer.Argument(help="Which to move on.")],
    *,
    days: Annotated[int, typer.Option(help="Days of its own calendar.", min=1, max=366)] = 7,
) -> None:
    """Let time pass in a source system: new, changed and deleted rows, new files or messages."""
    from sandbox.control.systems import CONTROLS

    CONTROLS[system].advance(Settings.load(), days, out)


class LiveSystem(StrEnum):
    """A system whose data can be made as time passes."""

    CLICKSTREAM = System.CLICKSTREAM
    CHECKOUT = System.CHECKOUT


_PRODUCED = {LiveSystem.CLICKSTREAM: "events", LiveSystem.CHECKOUT: "orders"}


@app.command()
@named_faults
def produce(
    system: Annotated[LiveSystem, typer.Argument(help="Which is to produce.")],
    *,
    rate: Annotated[float, typer.Option(help="Events or orders a second.", min=0.1)] = 10,
    seconds: Annotated[
        float | None, typer.Option(help="How long; else until Ctrl-C.", min=0.1)
    ] = None,
) -> None:
    """Produce events or orders of the present, at a set rate."""
    with until_signalled() as stop:
        start = time.monotonic()
        out.print(f"Producing for {system} at {rate:g} {_PRODUCED[system]} a second …")
        counts = _produce(system)(Settings.load(), rate, seconds, lambda: stop.is_asked)
    out.print(f"{counts}, in {time.monotonic() - start:.1f} s.", soft_wrap=True)


def _produce(system: LiveSystem) -> Callable[[Settings, float, float | None, Stopped], object]:
    from sandbox.control.checkout import produce_checkout
    from sandbox.control.clickstream import produce_clickstream

    return produce_checkout if system is LiveSystem.CHECKOUT else produce_clickstream


@app.command()
@named_faults
def destroy() -> None:
    """Stop the source systems and delete their data (part of `make clean`)."""
    from sandbox.control.systems import CONTROLS

    settings = Settings.load()
    for control in CONTROLS.values():
        control.remove(settings)
