"""Holds the rows of a file back until it has shown that it can be landed: batches -> batches.

Of a large file rows are let go before it has ended. If it turns out to be bad after that, what was
given must not be landed: the table is read again, and the file is left out then.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, BinaryIO

import pyarrow as pa

from ingestion.connectors.base import ReadAgainError
from ingestion.connectors.batches import Batch, ReadSummary, RegistrableFile, Rejection
from ingestion.connectors.error_threshold import exceeds_error_threshold
from ingestion.connectors.files.declaration import FILE, FILE_HASH, FILE_MODIFIED_AT
from ingestion.connectors.files.new_files import NewFile
from ingestion.connectors.files.processed_files import fingerprint
from ingestion.connectors.files.rows import FileRows
from ingestion.connectors.files.storage.base import (
    ChangedFileError,
    FileLeftError,
    FileStorage,
)
from ingestion.formats.base import BadFileError, OwnWords

if TYPE_CHECKING:
    from pyarrow.parquet import FileMetaData

HELD_BACK_BYTES = 32 * 1024 * 1024
HELD_BACK_BAD_ROWS = 10_000
SHOWN_FILES = 3
FileFault = BadFileError | FileLeftError
Faults = dict[str, FileFault]  # by the file's name


@dataclass(frozen=True)
class FileBatch:
    """Some rows of a file; at its end, `is_last`, or why it cannot be landed.

    A Parquet file that needs no rewriting is `whole`, its footer, and no rows. A batch of several
    small files, `together`, has all their rows.
    """

    file: NewFile
    batch: Batch | None = None
    whole: FileMetaData | None = None
    fault: FileFault | None = None
    is_last: bool = False
    together: Sequence[NewFile] = ()


@dataclass
class _OpenFile:
    """The file whose batches are arriving: what is held back of it, and what has been given."""

    file: NewFile
    held_back: list[Batch] = field(default_factory=list)
    bytes: int = 0
    read: int = 0
    bad: int = 0
    is_flowing: bool = False
    is_set_aside: bool = False

    @property
    def name(self) -> str:
        """The file's name below its storage."""
        return self.file.found.label


@dataclass(frozen=True)
class WholeFile:
    """A Parquet file that becomes part of the table as it is."""

    file: NewFile
    footer: FileMetaData
    storage: FileStorage
    faults: Faults

    @property
    def constants(self) -> Mapping[str, object]:
        """What says for all of its rows where they are from."""
        found = self.file.found
        return {FILE: found.label, FILE_HASH: self.file.hash, FILE_MODIFIED_AT: found.modified_at}

    @contextmanager
    def open(self) -> Iterator[BinaryIO]:
        """Open its content. Raises ReadAgainError at the end when it changed meanwhile."""
        found = self.file.found
        try:
            with self.storage.open(found) as opened:
                yield opened.stream
                opened.require_unchanged()
        except (ChangedFileError, FileNotFoundError) as error:
            self.faults[found.label] = ChangedFileError(str(error))
            raise ReadAgainError(found.label) from error


class HoldBack:
    """What is held back of the files of one reading, and what a person should know of them."""

    def __init__(
        self, storage: FileStorage, rows: FileRows, faults: Faults, summary: ReadSummary
    ) -> None:
        """Count in `summary` what is given; `faults` names files that cannot be landed."""
        self._storage = storage
        self._rows = rows
        self._faults = faults
        self._summary = summary
        self._bad_count = 0
        self._notes: list[str] = []
        self.files_count = 0

    @property
    def notes(self) -> list[str]:
        """What became of the files that were not landed."""
        if self._bad_count <= SHOWN_FILES:
            return self._notes
        return [*self._notes, f"{self._bad_count:,} files in all are in quarantine as a whole"]

    def batches(self, parts: Iterator[FileBatch]) -> Iterator[Batch | RegistrableFile]:
        """Yield what of all files can be landed, and what cannot. Raises ReadAgainError."""
        file: _OpenFile | None = None
        for part in parts:
            if file is None or file.file is not part.file:
                file = _OpenFile(part.file)
            for given in self._take(file, part):
                if isinstance(given, Batch):
                    self._summary.rows_read += given.read_count
                yield given

    def _take(self, file: _OpenFile, part: FileBatch) -> Iterator[Batch | RegistrableFile]:
        """Take some rows of a file, or its end."""
        if part.together and part.batch is not None:
            for whole in part.together:
                self._count(whole)
            yield part.batch
            return
        fault = self._faults.get(file.name, part.fault)
        if fault is not None:
            yield from self._set_aside(file, fault, is_last=part.is_last)
        elif part.whole is not None:
            file.is_flowing = True
            yield WholeFile(file.file, part.whole, self._storage, self._faults)
            self._summary.rows_read += part.whole.num_rows
        elif part.batch is not None:
            file.read += part.batch.read_count
            file.bad += len(part.batch.rejections)
            file.bytes += part.batch.rows.nbytes
            file.held_back.append(part.batch)
            if file.is_flowing or file.bytes >= HELD_BACK_BYTES or file.bad >= HELD_BACK_BAD_ROWS:
                yield from self._let_flow(file)
        elif part.is_last:
            yield from self._end(file)

    def _end(self, file: _OpenFile) -> Iterator[Batch]:
        """Give what is held back of a file that has ended."""
        if 0 < file.bad == file.read and not exceeds_error_threshold(file.read, file.bad):
            yield self._reject_all(file)
        else:
            yield from self._let_flow(file)
        if not file.is_set_aside:
            self._count(file.file)

    def _let_flow(self, file: _OpenFile) -> Iterator[Batch]:
        """Give what is held back of a file, unless so much of it is bad that it must be wrong."""
        if exceeds_error_threshold(file.read, file.bad):
            first = next(r for b in file.held_back for r in b.rejections)
            fault = BadFileError(
                "mostly_bad",
                OwnWords(
                    f"{file.bad:,} of its first {file.read:,} rows cannot be landed,"
                    f" such as row {first.place['row']}: {first.reason}"
                ),
            )
            yield from self._set_aside(file, fault, is_last=True)
            return
        file.is_flowing = True
        given, file.held_back = file.held_back, []
        yield from given

    def _set_aside(self, file: _OpenFile, fault: FileFault, *, is_last: bool) -> Iterator[Batch]:
        """Keep a file out of the load, once, whatever else arrives of it."""
        self._faults[file.name] = fault
        if file.is_flowing:
            raise ReadAgainError(file.name)
        file.held_back.clear()
        if not is_last or file.is_set_aside:
            return
        file.is_set_aside = True
        if isinstance(fault, FileLeftError):
            self._notes.append(f"left for the next load: {fault}")
            return
        self._bad_count += 1
        reason = self._rows.reason(fault.rule, fault.reason)
        if self._bad_count <= SHOWN_FILES:
            self._notes.append(f"{file.name} is in quarantine: {reason}")
        declared = fingerprint(self._rows.table)
        rejection = self._rows.file_rejection(
            file.file, fault.rule, fault.reason, declared=declared
        )
        self._count(file.file)
        yield _rejected([rejection])

    def _reject_all(self, file: _OpenFile) -> Batch:
        """Return all rows of a file of which none can be landed; the file is known by them."""
        declared = fingerprint(self._rows.table)
        rejections = [
            rejection._replace(place={**rejection.place, "declared": declared})
            for batch in file.held_back
            for rejection in batch.rejections
        ]
        file.held_back.clear()
        return _rejected(rejections)

    def _count(self, file: NewFile) -> None:
        self._summary.bytes_read += file.found.size
        self.files_count += 1


def _rejected(rejections: list[Rejection]) -> Batch:
    return Batch(pa.table({}), tuple(rejections))
