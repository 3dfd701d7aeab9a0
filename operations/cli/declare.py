"""`firn declare`: what a connector finds -> a first models/raw/<name>.yml, never over another."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lake.errors import ConfigurationError
from lake.settings import Settings
from operations.cli.console import out
from operations.cli.faults import named_faults

if TYPE_CHECKING:
    from ingestion.connectors.base import DraftRequest


@named_faults
def declare(
    name: Annotated[str, typer.Argument(help="The new source, such as crm.")],
    *,
    connector: Annotated[
        str, typer.Option(help="What reads it: types, keys and cursors come from there.")
    ] = "postgres",
    connection: Annotated[
        str, typer.Option(help="The environment variable that says where it is.")
    ] = "",
    schema: Annotated[str, typer.Option(help="The PostgreSQL schema of its tables.")] = "public",
) -> None:
    """Write a first draft of models/raw/<name>.yml, to be reviewed."""
    from ingestion.connectors.base import DraftRequest

    variable = connection or f"{name.upper()}_DATABASE_URL"
    request = DraftRequest(name, variable, {"schema": schema})
    path = draft_source(Settings.load(), connector, request)
    out.print(f"Wrote {path}. Review it, then: firn ingest {name}")


def draft_source(settings: Settings, connector: str, request: "DraftRequest") -> Path:
    """Write the draft and return its path.

    Raises ConfigurationError when the source is declared already, and as the drafting does.
    """
    from ingestion.api import draft

    path = settings.project_dir / "models" / "raw" / f"{request.name}.yml"
    if path.exists():
        raise ConfigurationError(
            f"{path} declares {request.name} already",
            "edit it, or remove it to start from a new draft",
        )
    path.write_text(draft(connector, request, settings), encoding="utf-8")
    return path
