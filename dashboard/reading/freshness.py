"""How old a source's data is, and whether that is declared to be too old: metadata -> Freshness."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import yaml

from dashboard.reading.view import LakeView
from ingestion.loading.last_loads import LastLoad
from ingestion.raw_tables.progress import Progress
from lake.errors import ConfigurationError
from lake.settings import Settings


@dataclass(frozen=True)
class Declared:
    """Ages of the newest landed rows from which a source is stale and, later, overdue."""

    warn_after: timedelta | None = None
    error_after: timedelta | None = None


@dataclass(frozen=True)
class Freshness:
    """When a source landed rows last, None for never, as seen at the moment `at`."""

    source: str
    at: datetime
    landed_at: datetime | None
    declared: Declared

    @property
    def age(self) -> timedelta | None:
        """How long ago rows landed."""
        return self.at - self.landed_at if self.landed_at else None

    @property
    def exceeded(self) -> timedelta | None:
        """The longest declared age that is exceeded, None where none is or nothing has landed."""
        limits = (self.declared.error_after, self.declared.warn_after)
        age = self.age
        return next((limit for limit in limits if age and limit and age > limit), None)

    @property
    def state(self) -> str:
        """`fresh`, `stale` beyond the age that warns, `overdue` beyond the other, or `never`."""
        if self.landed_at is None:
            return "never"
        if self.exceeded is None:
            return "fresh"
        return "overdue" if self.exceeded == self.declared.error_after else "stale"


def freshness_of(
    view: LakeView, settings: Settings, source: str, now: datetime | None = None
) -> Freshness:
    """Return how fresh a declared source is. Raises FirnError for what cannot be read."""
    landed = [moment for table in view.names(f"raw_{source}") if (moment := _landed(view, table))]
    declared = declared_freshness(settings.project_dir / "models" / "raw" / f"{source}.yml")
    return Freshness(source, now or datetime.now(UTC), max(landed, default=None), declared)


def declared_freshness(file: Path) -> Declared:
    """Return the `freshness` of the source that a file declares; without one, no limits.

    Raises ConfigurationError when the file cannot be read.
    """
    try:
        (source,) = yaml.load(file.read_text(encoding="utf-8"), yaml.CSafeLoader)["sources"]
        limits = (source.get("config") or {}).get("freshness") or {}
        return Declared(_limit(limits.get("warn_after")), _limit(limits.get("error_after")))
    except (OSError, ValueError, LookupError, TypeError, yaml.YAMLError) as error:
        raise ConfigurationError(f"{file}: {error}", "dbt parse says what is wrong") from error


def _limit(declared: dict[str, Any] | None) -> timedelta | None:
    if not declared:
        return None
    return timedelta(**{f"{declared['period']}s": declared["count"]})


def _landed(view: LakeView, table: str) -> datetime | None:
    record = Progress.of(view.properties(table)).record
    return LastLoad.of_record(record).ended_at if record else None
