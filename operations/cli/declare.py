"""`firn declare`: a database's catalog -> a first models/raw/<name>.yml, never over another."""

from pathlib import Path

from ingestion.connectors.postgres.draft import declare_from_database
from lake.errors import ConfigurationError
from lake.settings import Settings


def draft_source(settings: Settings, name: str, variable: str, schema: str) -> Path:
    """Write the draft and return its path.

    `variable` names the environment variable that holds the URL, `schema` the PostgreSQL schema.
    Raises ConfigurationError when the source is declared already, and as the drafting does.
    """
    path = settings.project_dir / "models" / "raw" / f"{name}.yml"
    if path.exists():
        raise ConfigurationError(
            f"{path} declares {name} already", "edit it, or remove it to start from a new draft"
        )
    text = declare_from_database(settings, name, variable, schema)
    path.write_text(text, encoding="utf-8")
    return path
