"""When a table's commits happened, in order: its metadata -> what is wrong, and mended times.

Engines refuse a table whose logs go back by more than a minute (TableMetadata of Iceberg's Java
library), and so they do when its newest commit lies as far ahead of their clock and they write.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import accumulate, pairwise
from typing import Any

TOLERANCE = timedelta(minutes=1)
LOGS = ("snapshot-log", "metadata-log")
LISTS = ("snapshots", *LOGS)
_TOLERATED = int(TOLERANCE / timedelta(milliseconds=1))


def now_in_milliseconds() -> int:
    """Return the time as Iceberg's metadata has it."""
    return time.time_ns() // 1_000_000


def newest_entry(document: Mapping[str, Any]) -> int:
    """Return when a table's metadata says that something happened last, in milliseconds."""
    last = (entry["timestamp-ms"] for name in LOGS for entry in document.get(name, ())[-1:])
    return int(max(document.get("last-updated-ms", 0), *last, 0))


def next_timestamp(document: Mapping[str, Any]) -> int:
    """Return now in milliseconds, and never before what a table's metadata says happened last."""
    return max(now_in_milliseconds(), newest_entry(document))


@dataclass(frozen=True)
class TimesFault:
    """What is wrong with the times of a table's commits: `found` in three words, and a sentence.

    `is_readable` says whether engines still read the table; none of them commits to it.
    """

    found: str
    explanation: str
    is_readable: bool


def times_fault(document: Mapping[str, Any]) -> TimesFault | None:
    """Return what keeps engines from a table, None when its times are in order."""
    last = document.get("last-updated-ms", 0)
    for name in LOGS:
        for earlier, later in pairwise([*_times(document, name), last]):
            if later < earlier - _TOLERATED:
                why = f"its {name} goes back from {_described(earlier)} to {_described(later)}"
                return TimesFault("commits out of order", f"{why}: Spark cannot open it", False)
    newest, now = newest_entry(document), now_in_milliseconds()
    if newest > now + _TOLERATED:
        why = f"its newest commit is of {_described(newest)}, and it is {_described(now)} here"
        return TimesFault("commits to come", f"{why}: Spark commits nothing before it", True)
    return None


def in_order(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return the changes after which no time of the table goes back, and none is to come.

    A time becomes that of the entry before it where it was earlier, and now where it was later.
    """
    now = now_in_milliseconds()
    mended = {name: _in_order(document[name], now) for name in LISTS if document.get(name)}
    return {**mended, "last-updated-ms": now}


def _described(milliseconds: int) -> str:
    return f"{datetime.fromtimestamp(milliseconds / 1000, UTC):%Y-%m-%d %H:%M:%S} UTC"


def _times(document: Mapping[str, Any], name: str) -> list[int]:
    return [entry["timestamp-ms"] for entry in document.get(name, ())]


def _in_order(entries: Iterable[Mapping[str, Any]], now: int) -> list[dict[str, Any]]:
    known = list(entries)
    times = accumulate((min(entry["timestamp-ms"], now) for entry in known), max)
    return [{**entry, "timestamp-ms": at} for entry, at in zip(known, times, strict=True)]
