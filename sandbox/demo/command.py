"""`firn demo`: systems of the sandbox -> all steps from the machine's check to tested gold."""

from typing import Annotated

import typer

from lake.settings import Settings
from operations.cli.console import out
from operations.cli.faults import named_faults
from operations.cli.options import Target
from sandbox.systems import System

app = typer.Typer(add_completion=False)


@app.command()
@named_faults
def demo(
    systems: Annotated[
        list[System] | None, typer.Argument(help="Systems of the sandbox; none: all.")
    ] = None,
    *,
    target: Target = None,
) -> None:
    """Run the sandbox from an empty folder to tested gold, or take in what is new since."""
    from sandbox.demo.demo import run_demo

    run_demo(Settings.load(target=target), out, systems or list(System))
