"""`firn declare`: a database's catalog -> a first models/raw/<name>.yml, never over another."""

from pathlib import Path
from typing import Annotated

import typer

from lake.errors import ConfigurationError
from lake.settings import Settings
from operations.cli.console import out
from operations.cli.faults import named_faults


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
    variable = connection or f"{name.upper()}_DATABASE_URL"
    if not from_database:
        raise typer.BadParameter("say where the draft comes from: --from-database")
    path = draft_source(Settings.load(), name, variable, schema)
    out.print(f"Wrote {path}. Review it, then: firn ingest {name}")


def draft_source(settings: Settings, name: str, variable: str, schema: str) -> Path:
    """Write the draft and return its path.

    `variable` names the environment variable that holds the URL, `schema` the PostgreSQL schema.
    Raises ConfigurationError when the source is declared already, and as the drafting does.
    """
    from ingestion.connectors.postgres.draft import declare_from_database

    path = settings.project_dir / "models" / "raw" / f"{name}.yml"
    if path.exists():
        raise ConfigurationError(
            f"{path} declares {name} already", "edit it, or remove it to start from a new draft"
        )
    text = declare_from_database(settings, name, variable, schema)
    path.write_text(text, encoding="utf-8")
    return path
