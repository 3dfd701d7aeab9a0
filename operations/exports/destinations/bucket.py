"""A prefix of an S3 bucket: files staged on this machine -> objects, each put whole."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from lake.private import private_folder
from lake.storage import LakeFiles
from operations.exports.destinations.folder import STAGING
from operations.exports.destinations.lock import placing_lock


class Bucket:
    """`s3://bucket/prefix`, reached as the lake's own files are."""

    def __init__(self, where: str, files: LakeFiles, home: Path) -> None:
        """Remember where it is, and the FIRN_HOME, where files are staged; nothing is connected."""
        self._where = where.rstrip("/")
        self._files = files
        self._home = home

    @property
    def label(self) -> str:
        """The address of the prefix."""
        return self._where

    @property
    def cure(self) -> str:
        """What helps when it cannot be read or written."""
        return (
            "correct the bucket, AWS_ENDPOINT_URL, AWS_ACCESS_KEY_ID or AWS_SECRET_ACCESS_KEY; or"
            f" make room in {self._home}"
        )

    def read(self, name: str) -> bytes | None:
        """Return what an object holds, None when it is not there."""
        try:
            return self._files.read(self._at(name))
        except FileNotFoundError:
            return None

    def holds(self, name: str) -> bool:
        """Whether there is such an object."""
        return self._files.exists(self._at(name))

    @contextmanager
    def staging(self) -> Iterator[Path]:
        """Give a folder of this machine that has room for all files of the export."""
        private_folder(self._home)
        with tempfile.TemporaryDirectory(prefix=STAGING, dir=self._home) as staging:
            yield Path(staging)

    def placing(self) -> AbstractContextManager[None]:
        """Keep other exports of this FIRN_HOME from placing objects there meanwhile."""
        return placing_lock(self._home, self._where)

    def place(self, staged: Path, name: str) -> None:
        """Put the file as an object, which is the old or the new one at any time."""
        self._files.upload(staged, self._at(name))

    def remove(self, name: str) -> None:
        """Remove an object, if it is there."""
        self._files.remove(self._at(name))

    def _at(self, name: str) -> str:
        return f"{self._where}/{name}"
