"""A folder of this machine: files staged under a hidden name in it -> renamed."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from operations.exports.destinations.lock import placing_lock

STAGING = ".firn-export-"


class Folder:
    """A folder, which is made when it is missing."""

    def __init__(self, path: Path, home: Path) -> None:
        """Remember where it is, and the FIRN_HOME for its lock; nothing is made yet."""
        self._path = path
        self._home = home

    @property
    def label(self) -> str:
        """The path of the folder."""
        return str(self._path)

    @property
    def cure(self) -> str:
        """What helps when it cannot be read or written."""
        return "make room, or give yourself the right to write there"

    def read(self, name: str) -> bytes | None:
        """Return what a file holds, None when it is not there."""
        try:
            return (self._path / name).read_bytes()
        except FileNotFoundError:
            return None

    def holds(self, name: str) -> bool:
        """Whether anything has that name, a link that leads nowhere included."""
        return os.path.lexists(self._path / name)

    @contextmanager
    def staging(self) -> Iterator[Path]:
        """Give a hidden folder in this one, so that renaming never copies."""
        self._path.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=STAGING, dir=self._path) as staging:
            yield Path(staging)

    def placing(self) -> AbstractContextManager[None]:
        """Keep other exports of this FIRN_HOME from placing files there meanwhile."""
        return placing_lock(self._home, str(self._path.resolve()))

    def place(self, staged: Path, name: str) -> None:
        """Bring the file to the disk, then rename it."""
        with staged.open("rb") as stream:
            os.fsync(stream.fileno())
        staged.replace(self._path / name)

    def remove(self, name: str) -> None:
        """Remove a file, if it is there."""
        (self._path / name).unlink(missing_ok=True)
