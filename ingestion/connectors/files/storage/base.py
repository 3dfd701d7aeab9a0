"""Where files are dropped: the value of a connection variable -> a folder or a bucket's prefix."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Protocol

from lake.errors import ConfigurationError

if TYPE_CHECKING:
    from lake.settings import Settings

BUCKET_SCHEME = "s3://"
UNFINISHED = (".tmp", ".part")


@dataclass(frozen=True)
class FileInfo:
    """A file that lies in a place: its name below it, parted by slashes, its bytes and its time."""

    name: str
    size: int
    modified_at: datetime


@dataclass
class Listing:
    """What a place holds of a pattern, in order of time, and what is refused with the reason."""

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


class ChangedFileError(Exception):
    """A file was replaced or written to since it was listed."""


def open_storage(settings: Settings, variable: str) -> FileStorage:
    """Return the place that an environment variable names: an absolute folder, or s3://bucket/prefix.

    Raises ConfigurationError for anything else, EnvironmentFault when it is not there.
    """
    from ingestion.connectors.files.storage.bucket import Bucket
    from ingestion.connectors.files.storage.folder import Folder

    where = settings.connection(variable, "/path/to/folder").get_secret_value()
    if where.startswith(BUCKET_SCHEME):
        return Bucket(where.removeprefix(BUCKET_SCHEME), variable, settings)
    if not Path(where).is_absolute():
        raise ConfigurationError(
            f"{variable} is neither an absolute folder nor {BUCKET_SCHEME}bucket/prefix",
            f"{variable}=/path/to/folder",
        )
    return Folder(Path(where), variable)


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
