"""What `firn status` says: figures of sources, raw tables and gold tables at one moment."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from ingestion.connectors.base import Remaining
from ingestion.loading.last_loads import LastLoad
from lake.errors import FirnError
from lake.statistics import Newest
from operations.monitoring.test_results import LastTests


@dataclass(frozen=True)
class RawStatus:
    """A declared raw table. None among the counts: metadata does not say, and files are too large.

    `rows_today` were ingested since midnight (UTC). `event_time` is the column that says when
    something happened. `fault` says why the table cannot be read; one not made yet has no rows.
    """

    label: str
    table: str
    rows: int = 0
    rows_today: int | None = 0
    event_time: str | None = None
    newest_event: Newest = field(default_factory=Newest)
    quarantined: int | None = 0
    remaining: Remaining | None = None
    last_load: LastLoad | None = None
    landed_at: datetime | None = None
    fault: FirnError | None = None


@dataclass(frozen=True)
class SourceStatus:
    """A declared source and its tables; `fault` says why it did not answer."""

    name: str
    connector: str
    tables: tuple[RawStatus, ...]
    fault: FirnError | None = None


@dataclass(frozen=True)
class GoldStatus:
    """A gold table: its newest row by one column, and why there is none of today."""

    table: str
    rows: int = 0
    is_exact: bool = True
    column: str | None = None
    newest: Newest = field(default_factory=Newest)
    written_at: datetime | None = None
    explanation: str | None = None
    fault: FirnError | None = None


@dataclass(frozen=True)
class PublishedStatus:
    """The last publication (0 before the first), when it was, why none is made, the last tests."""

    publication_id: int = 0
    at: datetime | None = None
    held: str = ""
    tests: LastTests | None = None


@dataclass(frozen=True)
class LakeStatus:
    """The lake at the moment `at`."""

    at: datetime
    sources: tuple[SourceStatus, ...]
    gold: tuple[GoldStatus, ...]
    published: PublishedStatus = PublishedStatus()


def midnight(now: datetime) -> datetime:
    """Return when the day (UTC) of a moment began."""
    return datetime.combine(now.astimezone(UTC).date(), time(), UTC)


def age_of(value: Any, now: datetime) -> timedelta:  # noqa: ANN401 - a date or a time
    """Return how old a value is: a date from its first hour, a time without a zone as UTC."""
    return now - as_moment(value)


def as_moment(value: Any) -> datetime:  # noqa: ANN401
    """Return the moment that a date or a time means in UTC."""
    if isinstance(value, datetime):
        return value if value.tzinfo else value.replace(tzinfo=UTC)
    return datetime.combine(value, time(), UTC)


def is_of_day(value: Any, day: date) -> bool:  # noqa: ANN401
    """Whether a date or a time lies on that day (UTC), or after it."""
    return as_moment(value).date() >= day
