"""One ingestion per source at a time: source -> lock file that names who holds it since when."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock, Timeout

from ingestion.errors import EnvironmentFault


@contextmanager
def source_lock(home: Path, source: str, wait: bool) -> Iterator[None]:
    """Hold the lock of `source` below `home`; another holder is waited for only with `wait`.

    The lock spares two ingestions the work of both; that no row lands twice is seen to by the
    commit itself. The system frees it when the process ends, however it ends.
    Raises EnvironmentFault naming the holder.
    """
    folder = home / "locks"
    folder.mkdir(parents=True, exist_ok=True)
    holder = folder / f"ingest-{source}.json"
    lock = FileLock(folder / f"ingest-{source}.lock")
    try:
        lock.acquire(timeout=-1 if wait else 0)
    except Timeout:
        raise EnvironmentFault(
            f"{source} is being ingested already by {_describe(holder)}",
            "wait for it to end, or let this one wait: the same command with --wait",
        ) from None
    try:
        since = datetime.now(UTC).isoformat(timespec="seconds")
        holder.write_text(json.dumps({"pid": os.getpid(), "since": since}))
        yield
    finally:
        holder.unlink(missing_ok=True)
        lock.release()


def _describe(holder: Path) -> str:
    try:
        known = json.loads(holder.read_text())
        return f"pid {known['pid']} since {known['since']}"
    except (OSError, ValueError, KeyError):
        return "a process that has just started"
