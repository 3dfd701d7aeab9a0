"""Commands from other packages: entry points of the group `firn.commands` -> `firn <name>`.

Packages are looked through only for help and for a name that is not one of Firn's own commands: no
command of the product starts later because of it. An entry point is a typer.Typer.
"""

from functools import cache
from typing import TYPE_CHECKING, Any

import typer
from typer.core import TyperGroup

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

GROUP = "firn.commands"


class ExtensibleGroup(TyperGroup):
    """Firn's own commands, then those of entry points; an own command is never replaced."""

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ANN401 - click's own types
        """Return the command of that name, None when there is none."""
        return super().get_command(ctx, cmd_name) or _extension(cmd_name)

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ANN401
        """Return all names: the own ones in their order, then the others by name."""
        own = super().list_commands(ctx)
        return [*own, *sorted(_extensions().keys() - set(own))]


@cache
def _extensions() -> "dict[str, EntryPoint]":
    from importlib.metadata import entry_points

    return {found.name: found for found in entry_points(group=GROUP)}


@cache
def _extension(name: str) -> Any:  # noqa: ANN401
    found = _extensions().get(name)
    if found is None:
        return None
    command = typer.main.get_command(found.load())
    command.name = name
    return command
