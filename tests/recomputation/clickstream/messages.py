"""What is sent in tests: an event's values -> the bytes of a message, and where they stand."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, TypeAlias

PARTITIONS = 3
ELSEWHERE = timezone(timedelta(hours=5, minutes=45))

Event: TypeAlias = dict[str, Any]


@dataclass(frozen=True)
class Message:
    """A message as it stands in the topic."""

    partition: int
    offset: int
    value: bytes


@dataclass(frozen=True)
class Draft:
    """A message that is to be sent to a partition."""

    value: bytes
    partition: int = 0
    key: bytes | None = None


def event(event_id: str, event_type: str, at: datetime, **values: object) -> Event:
    """Return an event that breaks no rule; times are written by the clock of another place."""
    return {
        "event_id": event_id,
        "event_type": event_type,
        "event_timestamp": at.astimezone(ELSEWHERE).isoformat(),
        "user_id": "u1",
        "session_id": "s1",
        "product_id": "p1",
        "category": "tents",
        "price": 1.25,
        "quantity": 1,
        "device": "mobile",
        **values,
    }


def draft(sent: Event | bytes, partition: int = 0) -> Draft:
    """Return the message of an event, or of bytes that are none, for a partition."""
    if isinstance(sent, bytes):
        return Draft(sent, partition)
    key = str(sent.get("session_id")).encode()
    return Draft(json.dumps(sent).encode(), partition, key)


def june(day: int, hour: int = 0, minute: int = 0, second: int = 0) -> datetime:
    """Return a time in June 2025, UTC."""
    return datetime(2025, 6, day, hour, minute, second, tzinfo=UTC)
