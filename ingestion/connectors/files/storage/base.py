"""The contract of a storage that files are dropped in: listings, open files."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from fnmatch import fnmatchcase
from typing import BinaryIO, Protocol

BUCKET_SCHEME = "s3://"
UNFINISHED = (".tmp", ".part")


@dataclass(frozen=True)
class FileInfo:
    """A file of a storage: its name below it, parted by slashes, its bytes and its time.

    `token` stands for the name in all that is stored or shown, where a table wants that.
    """

    name: str
    size: int
    modified_at: datetime
    token: str | None = None

    @property
    def label(self) -> str:
        """The name as it is stored and shown."""
        return self.token or self.name


@dataclass
class Listing:
    """What a storage holds of a pattern, in order of time, and what is refused with the reason."""

    files: list[FileInfo] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)

    def refuse(self, name: str, reason: str) -> None:
        """Note that `name` is not read; whatever it holds is shown in one line."""
        self.refused[ascii(name)] = reason


@dataclass(frozen=True)
class OpenFile:
    """The content of a file, which can be read again from its start.

    `require_unchanged` raises ChangedFileError when somebody wrote to the file since it was listed.
    """

    stream: BinaryIO
    require_unchanged: Callable[[], None] = lambda: None


class FileStorage(Protocol):
    """A folder, or the prefix of a bucket."""

    def list(self, pattern: str) -> Listing:
        """Return what matches `pattern`, as `matches` says. Raises EnvironmentFault."""

    def open(self, found: FileInfo) -> AbstractContextManager[OpenFile]:
        """Open a file that was listed.

        Raises OSError, ChangedFileError when it is not the file that was listed any more.
        """


class FileLeftError(Exception):
    """A file that cannot be read now; it is left for the next load."""


class ChangedFileError(FileLeftError):
    """A file was replaced or written to since it was listed."""


def matches(name: str, pattern: str) -> bool:
    """Whether a name fits `pattern` part by part; hidden and unfinished files never do."""
    parts, wanted = name.split("/"), pattern.split("/")
    if any(part.startswith(".") for part in parts) or name.endswith(UNFINISHED):
        return False
    return len(parts) == len(wanted) and all(map(fnmatchcase, parts, wanted))


def refusal(name: str) -> str | None:
    """Say why a name is not taken, or None: it would not be the same in every log and table."""
    if not name.isprintable():
        return "its name has characters that cannot be printed"
    if any(part in ("", "..") for part in name.split("/")):
        return "its name leads out of its folder"
    return None
