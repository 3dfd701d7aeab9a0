"""One export at a time places files at a destination: its address -> a lock of this FIRN_HOME."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lake.locks import ProcessLock


@contextmanager
def placing_lock(home: Path, where: str) -> Iterator[None]:
    """Wait until no other process places files at `where`, then keep them from it."""
    lock = ProcessLock(home, f"export-{hashlib.sha256(where.encode()).hexdigest()[:16]}")
    lock.acquire(-1)
    try:
        yield
    finally:
        lock.release()
