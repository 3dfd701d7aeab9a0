"""The JSON of `firn status --json`: LakeStatus -> a document whose keys stay as they are.

`version` changes when a key is taken away or means something else; keys may be added. Times are
ISO 8601 in UTC, durations seconds, counts rows; null is what is not known or not there.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from ingestion.connectors.base import Remaining
from ingestion.loading.last_loads import LastLoad
from lake.errors import FirnError
from operations.monitoring.status.model import (
    GoldStatus,
    LakeStatus,
    PublishedStatus,
    RawStatus,
    SourceStatus,
    age_of,
)

VERSION = 1
Document = dict[str, Any]


def as_document(status: LakeStatus) -> Document:
    """Return the status as plain values."""
    return {
        "version": VERSION,
        "at": _text(status.at),
        "today": status.at.astimezone(UTC).date().isoformat(),
        "sources": [_source(source) for source in status.sources],
        "gold": [_gold(table, status.at) for table in status.gold],
        "published": _published(status.published),
    }


def _published(published: PublishedStatus) -> Document:
    tests = published.tests
    return {
        "publication": published.publication_id or None,
        "at": _text(published.at),
        "held": published.held or None,
        "tests": tests
        and {"at": _text(tests.at), "counts": dict(tests.counts), "failed": dict(tests.failed)},
    }


def _source(source: SourceStatus) -> Document:
    return {
        "source": source.name,
        "connector": source.connector,
        "error": _fault(source.fault),
        "tables": [_raw(table) for table in source.tables],
    }


def _raw(table: RawStatus) -> Document:
    return {
        "table": table.table,
        "rows": table.rows,
        "rows_today": table.rows_today,
        "event_time": table.event_time,
        "newest_event": _text(table.newest_event.value),
        "newest_event_is_exact": table.newest_event.is_exact,
        "quarantined": table.quarantined,
        "remaining": _remaining(table.remaining),
        "last_load": _load(table.last_load),
        "landed_at": _text(table.landed_at),
        "error": _fault(table.fault),
    }


def _remaining(remaining: Remaining | None) -> Document | None:
    if remaining is None:
        return None
    behind = remaining.behind
    return {
        "text": remaining.text,
        "unit": remaining.unit,
        "count": remaining.count,
        "parts": dict(remaining.parts),
        "behind_seconds": None if behind is None else behind.total_seconds(),
        "notes": list(remaining.notes),
    }


def _load(load: LastLoad | None) -> Document | None:
    if load is None:
        return None
    return {
        "outcome": load.outcome.value,
        "ended_at": _text(load.ended_at),
        "rows_read": load.rows_read,
        "rows_landed": load.rows_landed,
        "rows_quarantined": load.rows_quarantined,
        "rows_deleted": load.rows_deleted,
        "error": {"message": load.message, "fix": load.fix} if load.message else None,
    }


def _gold(table: GoldStatus, at: datetime) -> Document:
    newest = table.newest.value
    return {
        "table": table.table,
        "rows": table.rows,
        "rows_is_exact": table.is_exact,
        "newest_column": table.column,
        "newest": _text(newest),
        "newest_is_exact": table.newest.is_exact,
        "age_seconds": None if newest is None else age_of(newest, at).total_seconds(),
        "written_at": _text(table.written_at),
        "explanation": table.explanation,
        "error": _fault(table.fault),
    }


def _fault(fault: FirnError | None) -> Document | None:
    return None if fault is None else {"message": fault.message, "fix": fault.fix}


def _text(value: date | datetime | None) -> str | None:
    """Return a date or a time as ISO 8601, a time with a zone in UTC."""
    if isinstance(value, datetime) and value.tzinfo:
        value = value.astimezone(UTC)
    return None if value is None else value.isoformat()
