"""The prefix of an S3 bucket that files are dropped in, fetched one at a time to a local file."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, BinaryIO, cast

from ingestion.connectors.files.storage.base import (
    ChangedFileError,
    FileInfo,
    Listing,
    OpenFile,
    matches,
    refusal,
)
from lake.errors import EnvironmentFault

if TYPE_CHECKING:
    from pyarrow.fs import FileInfo as S3Object
    from pyarrow.fs import S3FileSystem

    from lake.settings import Settings

CREDENTIALS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
FETCHED_BYTES = 8 * 1024 * 1024
FETCHED_IN_MEMORY = 64 * 1024 * 1024


class Bucket:
    """`bucket/prefix` on the server and with the keys that AWS's own variables name."""

    def __init__(self, where: str, variable: str, settings: Settings) -> None:
        """Read below `where`; nothing is connected yet."""
        self._root = where.rstrip("/")
        self._variable = variable
        self._settings = settings

    def list(self, pattern: str) -> Listing:
        """Return the objects that match. Raises EnvironmentFault when S3 does not answer so."""
        from pyarrow.fs import FileSelector, FileType

        selector = FileSelector(self._root, recursive=True, allow_not_found=True)
        try:
            objects = self._s3.get_file_info(selector)
        except OSError as error:
            raise EnvironmentFault(
                f"{self._variable}: S3 refuses to list {self._root}: {_first_line(error)}",
                "correct AWS_ENDPOINT_URL, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY or the bucket",
            ) from None
        listing = Listing()
        for info in objects:
            name = info.path.removeprefix(f"{self._root}/")
            if info.type != FileType.File or not matches(name, pattern):
                continue
            if reason := refusal(name):
                listing.refuse(name, reason)
            else:
                listing.files.append(FileInfo(name, info.size, _modified_at(info)))
        listing.files.sort(key=lambda found: (found.modified_at, found.name))
        return listing

    @contextmanager
    def open(self, found: FileInfo) -> Iterator[OpenFile]:
        """Fetch an object, large ones onto the disk. Raises OSError, ChangedFileError."""
        path = f"{self._root}/{found.name}"
        with tempfile.SpooledTemporaryFile(max_size=FETCHED_IN_MEMORY) as local:
            with self._s3.open_input_stream(path, compression=None) as remote:
                shutil.copyfileobj(remote, local, FETCHED_BYTES)
            info = self._s3.get_file_info(path)
            if (local.tell(), _modified_at(info)) != (found.size, found.modified_at):
                raise ChangedFileError(f"{found.label} was replaced while it was read")
            local.seek(0)
            yield OpenFile(cast("BinaryIO", local))

    @cached_property
    def _s3(self) -> S3FileSystem:
        from pyarrow.fs import S3FileSystem

        access_key, secret_key, session_token = map(self._settings.secret, CREDENTIALS)
        return S3FileSystem(
            access_key=access_key,
            secret_key=secret_key,
            session_token=session_token,
            endpoint_override=self._settings.variable("AWS_ENDPOINT_URL"),
            region=self._settings.variable("AWS_REGION") or "us-east-1",
        )


def _modified_at(info: S3Object) -> datetime:
    known: datetime = info.mtime
    return known.astimezone(UTC)


def _first_line(error: OSError) -> str:
    return str(error).splitlines()[0] if str(error) else type(error).__name__
