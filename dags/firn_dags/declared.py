"""The sources that get a DAG: models/raw/*.yml -> name, description, tables and schedule of each.

Airflow reads this again and again, in an environment without Firn: no more than PyYAML is needed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

NIGHTLY = "0 3 * * *"
ALLOWED = ("schedule",)


@dataclass(frozen=True)
class DeclaredSource:
    """A source that Firn lands; `schedule` is cron or a preset of Airflow's, None: by hand."""

    name: str
    description: str
    tables: tuple[str, ...]
    schedule: str | None = NIGHTLY


def declared_sources(project: Path) -> list[DeclaredSource]:
    """Return every source that is declared in `project` to be landed by Firn, by name.

    Raises ValueError naming the file of a declaration that is no YAML, or in which
    `config.meta.airflow` says something else than a schedule.
    """
    files = sorted((project / "models" / "raw").glob("*.y*ml"))
    return [_declared(file, source) for file in files for source in _landed(file)]


def _landed(file: Path) -> list[Mapping[str, Any]]:
    try:
        document = yaml.load(file.read_bytes(), Loader=yaml.CSafeLoader)
    except yaml.YAMLError as error:
        raise ValueError(f"{file}: {error}") from error
    sources = (document or {}).get("sources") or ()
    return [source for source in sources if "ingestion" in _meta(source)]


def _meta(source: Mapping[str, Any]) -> Mapping[str, Any]:
    return (source.get("config") or {}).get("meta") or {}


def _declared(file: Path, source: Mapping[str, Any]) -> DeclaredSource:
    settings = _meta(source).get("airflow", {})
    if not isinstance(settings, dict) or set(settings) - set(ALLOWED):
        raise ValueError(
            f"{file}: config.meta.airflow is {settings!r}; allowed is {{schedule: <cron>}}"
        )
    return DeclaredSource(
        name=source["name"],
        description=" ".join(str(source.get("description") or "").split("{{")[0].split()),
        tables=tuple(table["name"] for table in source.get("tables") or ()),
        schedule=settings.get("schedule", NIGHTLY),
    )
