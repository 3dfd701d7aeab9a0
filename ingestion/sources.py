"""The sources of a project: models/raw/*.yml, by the models of every connector -> declarations."""

from __future__ import annotations

from pathlib import Path

from ingestion.connectors.registry import declaration_models
from ingestion.declarations import SourceDeclaration
from ingestion.declarations.reading import read_sources


def load_sources(project_dir: Path) -> tuple[SourceDeclaration, ...]:
    """Return every source declared in `project_dir`/models/raw, by name.

    Raises ConfigurationError that lists every mistake as `file:line: what is wrong`.
    """
    return read_sources(project_dir, declaration_models())
