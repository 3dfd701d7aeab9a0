"""`firn spark start|stop|status`: the Spark that stays -> a sentence on how it is now."""

import typer

from lake.settings import Settings
from operations.cli.console import out
from operations.cli.faults import named_faults

app = typer.Typer(help="A Spark that stays, for `dbt build --target warm`.", no_args_is_help=True)


@app.command()
@named_faults
def start() -> None:
    """Start a Spark that stays, with the profile's settings; return when it answers."""
    from operations.runtime.warm_spark import WarmSpark

    _say(WarmSpark(Settings.load()).start().detail)


@app.command()
@named_faults
def stop() -> None:
    """Stop the Spark that stays, and nothing else."""
    from operations.runtime.warm_spark import WarmSpark

    _say(WarmSpark(Settings.load()).stop().detail)


@app.command()
@named_faults
def status() -> None:
    """Say how the Spark that stays is: exit code 0 it answers, 1 it does not, 2 old settings."""
    from operations.runtime.warm_spark import Condition, WarmSpark

    state = WarmSpark(Settings.load()).state()
    _say(state.detail)
    if state.condition is Condition.OUTDATED:
        raise typer.Exit(2)
    if state.condition is not Condition.RUNNING:
        raise typer.Exit(1)


def _say(detail: str) -> None:
    out.print(f"{detail[:1].upper()}{detail[1:]}.", soft_wrap=True)
