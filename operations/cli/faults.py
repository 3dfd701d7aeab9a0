"""How a command ends when something is wrong: FirnError -> message, fix and exit code."""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec

import typer

from lake.errors import FirnError
from operations.cli.console import print_fault

P = ParamSpec("P")


def named_faults(command: Callable[P, None]) -> Callable[P, None]:
    """End a command with a fault's own message, fix and exit code, never with a stack trace."""

    @wraps(command)
    def guarded(*arguments: P.args, **options: P.kwargs) -> None:
        try:
            command(*arguments, **options)
        except FirnError as fault:
            print_fault(fault)
            raise typer.Exit(fault.exit_code) from None

    return guarded
