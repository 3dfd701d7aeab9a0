"""The JSON of `firn streams --json`: LakeStreams -> a document whose keys stay as they are.

`version` changes when a key is taken away or means something else; keys may be added. Times are
ISO 8601 in UTC, durations seconds, counts rows; null is what is not known or not there.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from lake.errors import FirnError
from operations.monitoring.streams.streams import LakeStreams, StreamStatus

VERSION = 1
Document = dict[str, Any]


def as_document(found: LakeStreams) -> Document:
    """Return the streams as plain values."""
    return {
        "version": VERSION,
        "at": found.at.isoformat(),
        "streams": [_stream(status, found.at) for status in found.streams],
        "errors": [_fault(fault) for fault in found.faults],
    }


def _stream(status: StreamStatus, at: datetime) -> Document:
    stream = status.stream
    oldest, expires = stream.oldest_at, status.expires_at
    return {
        "source": stream.source,
        "consumer": stream.consumer,
        "snapshot": stream.snapshot,
        "read_to": _text(stream.read_to),
        "has_data": stream.has_data,
        "rows_waiting": stream.waiting,
        "rows_waiting_is_exact": stream.is_exact,
        "oldest_waiting_at": _text(oldest),
        "oldest_waiting_seconds": None if oldest is None else (at - oldest).total_seconds(),
        "is_stale": stream.is_stale,
        "full_read_reason": None if stream.full_read is None else stream.full_read.value,
        "policy_expires_at": _text(expires),
        "holds_back_expiry": expires is not None and expires <= at,
    }


def _fault(fault: FirnError) -> Document:
    return {"message": fault.message, "fix": fault.fix}


def _text(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()
