"""One process at a time: a name -> lock file, beside it a note of who holds it and since when."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock, Timeout

from lake.errors import EnvironmentFault
from lake.private import private_folder

_held: set[Path] = set()


class ProcessLock:
    """A lock of a FIRN_HOME. The system frees it when the process ends, however it ends."""

    def __init__(self, home: Path, name: str) -> None:
        """Name the lock; its files are made when it is asked for."""
        self._folder = home / "locks"
        self._note = self._folder / f"{name}.json"
        self._lock = FileLock(self._folder / f"{name}.lock")

    @property
    def holder(self) -> str:
        """Who holds it and since when, in words."""
        try:
            known = json.loads(self._note.read_text())
            return f"pid {known['pid']} since {known['since']}"
        except (OSError, ValueError, KeyError):
            return "a process that has just started"

    @property
    def is_held_here(self) -> bool:
        """Whether this process holds it, by this object or another one."""
        return self._note in _held

    def acquire(self, seconds: float) -> bool:
        """Try for so many seconds to get it (below 0: for ever); return whether it is held now."""
        private_folder(self._folder)
        try:
            self._lock.acquire(timeout=seconds)
        except Timeout:
            return False
        since = datetime.now(UTC).isoformat(timespec="seconds")
        self._note.write_text(json.dumps({"pid": os.getpid(), "since": since}))
        _held.add(self._note)
        return True

    def release(self) -> None:
        """Give it back."""
        _held.discard(self._note)
        self._note.unlink(missing_ok=True)
        self._lock.release()


@contextmanager
def source_lock(home: Path, source: str, wait: bool) -> Iterator[None]:
    """Hold the lock of `source` below `home`; another holder is waited for only with `wait`.

    The lock spares two ingestions the work of both; that no row lands twice is seen to by the
    commit itself. Raises EnvironmentFault naming the holder.
    """
    lock = ProcessLock(home, f"ingest-{source}")
    if not lock.acquire(-1 if wait else 0):
        raise EnvironmentFault(
            f"{source} is being ingested already by {lock.holder}",
            "wait for it to end, or let this one wait: the same command with --wait",
        )
    try:
        yield
    finally:
        lock.release()
