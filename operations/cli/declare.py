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

VARIABLES = {"files": "FILES", "kafka": "KAFKA"}


@named_faults
def declare(  # noqa: PLR0913 - each is an option
    name: Annotated[str, typer.Argument(help="The new source, such as crm.")],
    *,
    connector: Annotated[
        str, typer.Option(help="What reads it: types, keys and cursors come from there.")
    ] = "postgres",
    connection: Annotated[
        str, typer.Option(help="The environment variable that says where it is.")
    ] = "",
    schema: Annotated[str, typer.Option(help="The PostgreSQL schema of its tables.")] = "public",
    from_files: Annotated[
        str, typer.Option(help="A folder, or s3://bucket/prefix, of CSV, JSON or Parquet.")
    ] = "",
    from_topics: Annotated[
        str, typer.Option(help="Topics of Kafka, with commas between them.")
    ] = "",
    schema_registry: Annotated[
        str, typer.Option(help="The environment variable that holds the schema registry's URL.")
    ] = "",
) -> None:
    """Write a first draft of models/raw/<name>.yml, to be reviewed."""
    from ingestion.connectors.base import DraftRequest

    chosen = "files" if from_files else "kafka" if from_topics else connector
    variable = connection or f"{name.upper()}_{VARIABLES.get(chosen, 'DATABASE_URL')}"
    place = from_files if "://" in from_files or not from_files else str(Path(from_files).resolve())
    options = {
        "schema": schema,
        "from_files": place,
        "from_topics": from_topics,
        "schema_registry": schema_registry,
    }
    request = DraftRequest(name, variable, options)
    path = draft_source(Settings.load(), chosen, request)
    needs = f"Set {variable}={place}, then review it" if from_files else "Review it"
    out.print(f"Wrote {path}. {needs}, then: firn ingest {name}", soft_wrap=True)


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
