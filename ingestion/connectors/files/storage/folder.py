"""A folder that files are dropped in, read so that nothing outside it can be reached."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from ingestion.connectors.files.storage.base import (
    ChangedFileError,
    FileInfo,
    Listing,
    OpenFile,
    matches,
    refusal,
)
from lake.errors import EnvironmentFault

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# A link is not followed, and a FIFO put in a file's place does not hold up the reader.
SAFELY = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


class Folder:
    """A folder of this machine. Links, devices and FIFOs in it are refused."""

    def __init__(self, root: Path, variable: str) -> None:
        """Read below `root`, which the environment variable `variable` names."""
        self._root = root
        self._variable = variable

    def list(self, pattern: str) -> Listing:
        """Return the files that match. Raises EnvironmentFault when there is no such folder."""
        if not self._root.is_dir():
            raise EnvironmentFault(
                f"{self._variable}: there is no folder {self._root}",
                f"make it, or correct {self._variable}",
            )
        listing = Listing()
        depth = pattern.count("/")
        for entry in sorted(self._entries(self._root, depth), key=lambda entry: entry.path):
            name = Path(entry.path).relative_to(self._root).as_posix()
            if matches(name, pattern):
                self._look_at(entry, name, listing)
        listing.files.sort(key=lambda found: (found.modified_at, found.name))
        return listing

    @contextmanager
    def open(self, found: FileInfo) -> Iterator[OpenFile]:
        """Open a listed file. Raises OSError, ChangedFileError."""
        path = self._root / found.name
        parents = Path(found.name).parents
        if any((self._root / parent).is_symlink() for parent in list(parents)[:-1]):
            raise ChangedFileError(f"{found.label} is behind a link now")
        descriptor = os.open(path, SAFELY)
        with os.fdopen(descriptor, "rb") as stream:
            _require_same(found, os.fstat(descriptor))
            yield OpenFile(stream, lambda: _require_same(found, os.fstat(descriptor)))

    def _entries(self, folder: Path, depth: int) -> Iterator[os.DirEntry[str]]:
        """Yield what lies `depth` folders below, following no link."""
        try:
            with os.scandir(folder) as entries:
                for entry in entries:
                    if depth == 0:
                        yield entry
                    elif entry.is_dir(follow_symlinks=False):
                        yield from self._entries(Path(entry.path), depth - 1)
        except PermissionError:
            raise EnvironmentFault(
                f"{self._variable}: the folder {folder} cannot be read", f"chmod u+rx {folder}"
            ) from None

    def _look_at(self, entry: os.DirEntry[str], name: str, listing: Listing) -> None:
        status = entry.stat(follow_symlinks=False)
        if reason := refusal(name):
            listing.refuse(name, reason)
        elif stat.S_ISLNK(status.st_mode):
            listing.refuse(name, "it is a link")
        elif stat.S_ISDIR(status.st_mode):
            return
        elif not stat.S_ISREG(status.st_mode):
            listing.refuse(name, "it is no regular file")
        elif not os.access(entry.path, os.R_OK):
            listing.refuse(name, "it cannot be read; chmod u+r")
        else:
            listing.files.append(FileInfo(name, status.st_size, _modified_at(status)))


def _modified_at(status: os.stat_result) -> datetime:
    """Return a file's time to the microsecond: that is what an Iceberg table can hold."""
    return EPOCH + timedelta(microseconds=status.st_mtime_ns // 1000)


def _require_same(found: FileInfo, status: os.stat_result) -> None:
    is_same = stat.S_ISREG(status.st_mode) and status.st_size == found.size
    if not is_same or _modified_at(status) != found.modified_at:
        raise ChangedFileError(f"{found.label} was written to while it was read")
