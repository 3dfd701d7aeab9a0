"""`firn setup` and `firn doctor`: what the machine must have -> there, or named with its fix."""

from typing import Annotated

import typer

from lake.settings import Settings
from operations.cli.console import out, print_findings
from operations.cli.faults import named_faults
from operations.cli.options import Target


@named_faults
def setup(*, target: Target = None) -> None:
    """Fetch what is not a Python package: a Java if there is none, and Spark's jars."""
    from operations.runtime.setup import set_up

    for line in set_up(Settings.load(target=target)):
        out.print(line)


@named_faults
def doctor(
    *,
    connections: Annotated[bool, typer.Option(help="Also check the source databases.")] = True,
    target: Target = None,
) -> None:
    """Check everything Firn stands on; each failure comes with its cause and its fix."""
    from operations.monitoring.doctor import examine

    findings = examine(Settings.load(target=target), connections=connections)
    print_findings(out, findings)
    if not all(finding.is_good for finding in findings):
        raise typer.Exit(2)
