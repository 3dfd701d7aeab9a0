"""What an export asks of the place it writes to: staged files -> files that appear whole."""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol


class Destination(Protocol):
    """A place for the files of exports, by their names. Every method raises OSError."""

    @property
    def label(self) -> str:
        """Where it is, for messages; never a secret."""
        ...

    @property
    def cure(self) -> str:
        """What helps when it cannot be read or written."""
        ...

    def read(self, name: str) -> bytes | None:
        """Return what a file holds, None when it is not there."""
        ...

    def holds(self, name: str) -> bool:
        """Whether anything has that name."""
        ...

    def staging(self) -> AbstractContextManager[Path]:
        """Give a folder of this machine for files that are being made; it is removed afterwards."""
        ...

    def placing(self) -> AbstractContextManager[None]:
        """Keep other exports of this FIRN_HOME from placing files there meanwhile."""
        ...

    def place(self, staged: Path, name: str) -> None:
        """Let a staged file, which is whole, appear under a name, in place of what is there."""
        ...

    def remove(self, name: str) -> None:
        """Remove a file, if it is there."""
        ...
