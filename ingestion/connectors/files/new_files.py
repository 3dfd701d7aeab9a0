"""Which files are new: what a storage lists - what was processed -> stable files, with hashes."""

from __future__ import annotations

import hashlib
import io
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, BinaryIO, cast

from ingestion.connectors.files.declaration import FileTable
from ingestion.connectors.files.processed_files import ProcessedFiles, labelled
from ingestion.connectors.files.storage.base import (
    ChangedFileError,
    FileInfo,
    FileStorage,
    Listing,
    OpenFile,
)
from ingestion.personal_data import Tokeniser

SHOWN_NAMES = 3
SMALL_BYTES = 16 * 1024


@dataclass(frozen=True)
class NewFile:
    """A file to be landed, or to be set aside for the reason `refused` gives."""

    found: FileInfo
    hash: str
    refused: str | None = None


@dataclass
class NewFiles:
    """The new files of one table, oldest first, and what a person should know of the others.

    `left` names files that are not to be taken this time. With a `tokeniser` the names of files are
    stored and shown as tokens.
    """

    storage: FileStorage
    table: FileTable
    processed: ProcessedFiles
    left: set[str] = field(default_factory=set)
    notes: list[str] = field(default_factory=list)
    tokeniser: Tokeniser | None = None

    def __iter__(self) -> Iterator[tuple[NewFile, OpenFile]]:
        """Yield each new file, open until the next one is asked for.

        Raises EnvironmentFault when the storage cannot be listed.
        """
        skipped, unreadable = [], []
        for found in self._stable():
            try:
                with self.storage.open(found) as opened:
                    file = _in_memory(found, opened)
                    new_file = self._told_apart(found, file.stream)
                    if new_file is None:
                        skipped.append(found.label)
                        continue
                    file.stream.seek(0)
                    yield new_file, file
            except ChangedFileError as error:
                unreadable.append(str(error))
            except OSError as error:
                unreadable.append(f"{found.label}: {error.strerror or type(error).__name__}")
        if skipped:
            self.notes.append(f"skipped, the same content is known: {_counted(skipped)}")
        if unreadable:
            self.notes.append(f"left for the next load: {_shown(unreadable)}")

    def _stable(self) -> list[FileInfo]:
        """Return new files that nothing writes to; what has just been written gets its time."""
        new, young = self._look()
        if young:
            time.sleep(self._seconds_to_wait(young))
            new, young = self._look()
        if young:
            names = [found.label for found in young]
            self.notes.append(f"still being written, left for the next load: {_shown(names)}")
        return new

    def _look(self) -> tuple[list[FileInfo], list[FileInfo]]:
        """Return the new files that are stable, and those that have not."""
        listing = self.storage.list(self.table.files)
        self._note_refused(listing)
        new = [
            found
            for found in labelled(listing.files, self.tokeniser)
            if found.label not in self.left and not self.processed.is_unchanged(found)
        ]
        stable: list[FileInfo] = []
        young: list[FileInfo] = []
        for found in new:
            is_young = seconds_until_stable(found, self.table.stable_for) > 0
            (young if is_young else stable).append(found)
        return stable, young

    def _seconds_to_wait(self, young: list[FileInfo]) -> float:
        """Return how long to wait until all of them are stable, if nobody writes to them."""
        stable_for = self.table.stable_for
        longest = max(seconds_until_stable(found, stable_for) for found in young)
        return min(stable_for.total_seconds(), longest)

    def _told_apart(self, found: FileInfo, stream: BinaryIO) -> NewFile | None:
        """Return a file with its hash, None when its content is known already."""
        content = _digest(stream)
        if content in self.processed.hashes:
            return None
        others = self.processed.contents_of(found)
        self.processed.add(found.label, content, found.modified_at)
        if not others:
            return NewFile(found, content)
        known = min(content for content, _ in others)
        return NewFile(
            found, content, f"{found.label} was landed before with other content ({known[:12]}…)"
        )

    def _note_refused(self, listing: Listing) -> None:
        for name, reason in listing.refused.items():
            shown = self.tokeniser.name_token(name) if self.tokeniser else name
            note = f"refused {shown}: {reason}"
            if note not in self.notes:
                self.notes.append(note)


def _digest(stream: BinaryIO) -> str:
    if isinstance(stream, io.BytesIO):
        return hashlib.sha256(stream.getbuffer()).hexdigest()
    return hashlib.file_digest(cast("Any", stream), "sha256").hexdigest()


def _in_memory(found: FileInfo, file: OpenFile) -> OpenFile:
    """Return a small file as its bytes, which are read once; a larger one as it is."""
    if found.size > SMALL_BYTES:
        return file
    return replace(file, stream=io.BytesIO(file.stream.read(found.size + 1)))


def seconds_until_stable(found: FileInfo, stable_for: timedelta) -> float:
    """Return for how many seconds more a file has to stay as it is, 0 when it is stable.

    A time that lies in the future was set on purpose: whoever is writing sets it to now.
    """
    age = datetime.now(UTC) - found.modified_at
    if age < -stable_for:
        return 0.0
    return max(0.0, (stable_for - age) / timedelta(seconds=1))


def _shown(names: list[str]) -> str:
    more = len(names) - SHOWN_NAMES
    return ", ".join(names[:SHOWN_NAMES]) + (f" and {more:,} more" if more > 0 else "")


def _counted(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{len(names):,} files such as {names[0]}"
