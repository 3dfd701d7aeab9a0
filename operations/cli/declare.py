"""`firn declare`: what a connector finds -> a first models/raw/<name>.yml, never over another."""

from pathlib import Path

from ingestion.api import draft
from ingestion.connectors.base import DraftRequest
from lake.errors import ConfigurationError
from lake.settings import Settings


def draft_source(settings: Settings, connector: str, request: DraftRequest) -> Path:
    """Write the draft and return its path.

    Raises ConfigurationError when the source is declared already, and as the drafting does.
    """
    path = settings.project_dir / "models" / "raw" / f"{request.name}.yml"
    if path.exists():
        raise ConfigurationError(
            f"{path} declares {request.name} already",
            "edit it, or remove it to start from a new draft",
        )
    path.write_text(draft(connector, request, settings), encoding="utf-8")
    return path
