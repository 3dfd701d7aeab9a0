"""The new files of one table being read: new files -> batches, in three threads.

One thread tells files apart and cuts their content into chunks, a second parses them, and whoever
iterates over the batches (landing, which has Parquet written) is the third.
"""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from dataclasses import dataclass
from types import TracebackType
from typing import Any, BinaryIO, cast

from pyarrow.parquet import FileMetaData

from ingestion.connectors.batches import Batch, ReadSummary, RegistrableFile
from ingestion.connectors.channel import Channel
from ingestion.connectors.files.declaration import FileFormat, FileTable
from ingestion.connectors.files.faults import file_faults
from ingestion.connectors.files.hold_back import Faults, FileBatch, FileFault, HoldBack
from ingestion.connectors.files.new_files import SMALL_BYTES, NewFile, NewFiles
from ingestion.connectors.files.rows import FileRows
from ingestion.connectors.files.small_files import SmallFiles
from ingestion.connectors.files.storage.base import FileLeftError, OpenFile
from ingestion.connectors.stages import Stages
from ingestion.formats.base import NOT_READABLE, BadFileError, Format, OwnWords, Readable
from ingestion.formats.csv.rows import CsvRows
from ingestion.formats.decoding import UTF_8, Decoded
from ingestion.formats.expansion import BoundedExpansion
from ingestion.formats.json.document import JsonDocument
from ingestion.formats.json.lines import JsonLines
from ingestion.formats.parquet.rows import ParquetRows
from ingestion.formats.rescued_fields import RescuedFields
from ingestion.formats.signatures import HEAD_BYTES, kind_of
from ingestion.personal_data import Tokeniser

WAITING_CHUNKS = 3
WAITING_BATCHES = 4
GZIP_MAGIC = b"\x1f\x8b"
PARQUET_MAGIC = b"PAR1"
FORMATS: dict[FileFormat, Any] = {
    FileFormat.JSON_LINES: JsonLines,
    FileFormat.JSON: JsonDocument,
    FileFormat.CSV: CsvRows,
    FileFormat.PARQUET: ParquetRows,
}


@dataclass(frozen=True)
class _FileChunk:
    """A chunk of a file on its way to the parser; with neither content nor fault, its end."""

    file: NewFile
    form: Format[Any] | None
    content: Any = None
    fault: FileFault | None = None


class FileReading:
    """The new files of one table being read; use it in a `with` block, iterate over `batches`."""

    extra_columns = ()
    has_error_threshold = False  # a file with too many bad rows is set aside as a whole
    keys = None

    def __init__(
        self, new_files: NewFiles, table: FileTable, tokeniser: Tokeniser | None, faults: Faults
    ) -> None:
        """Make a reading that starts when its block is entered.

        `faults` are of files that earlier readings of this load found out, and grow.
        """
        self._new_files = new_files
        self._faults = faults
        self._table = table
        self._rescued = RescuedFields(table, tokeniser if table.has_personal_data else None)
        self._rows = FileRows(table, tokeniser)
        self.summary = ReadSummary()
        self._hold_back = HoldBack(new_files.storage, self._rows, faults, self.summary)
        self._chunks: Channel[_FileChunk | SmallFiles] = Channel(WAITING_CHUNKS)
        self._parsed: Channel[FileBatch] = Channel(WAITING_BATCHES)
        self._stages = Stages((self._cut, self._chunks), (self._parse, self._parsed))

    def __enter__(self) -> FileReading:
        """Start reading."""
        self._stages.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop all threads that still work for this reading."""
        self._stages.stop()

    @property
    def batches(self) -> Iterator[Batch | RegistrableFile]:
        """What can be landed of all files, file by file, and what cannot.

        Raises FirnError when the storage cannot be listed, ReadAgainError when a file turned out to
        be bad after rows of it were given.
        """
        yield from self._hold_back.batches(iter(self._parsed))
        self.summary.reached = f"{self._hold_back.files_count} files"
        self.summary.notes += [*self._hold_back.notes, *self._new_files.notes]
        if note := self._rescued.note:
            self.summary.notes.append(note)

    def _cut(self) -> None:
        """Cut the content of each new file into chunks; small files are gathered."""
        small = SmallFiles()
        for file, opened in self._new_files:
            if file.refused:
                refused = BadFileError("file_changed", OwnWords(file.refused))
                small = self._handed_over(small)
                self._chunks.put(_FileChunk(file, None, fault=refused))
                continue
            form = FORMATS[self._table.format](self._table, self._rescued)
            try:
                with file_faults(self._table, file.found.label):
                    small = self._cut_file(file, form, opened, small)
            except (BadFileError, FileLeftError) as fault:
                small = self._handed_over(small)
                self._chunks.put(_FileChunk(file, form, fault=fault))
        self._handed_over(small)

    def _cut_file(
        self, file: NewFile, form: Format[Any], opened: OpenFile, small: SmallFiles
    ) -> SmallFiles:
        """Cut one file; return the small files that wait, this one among them if it is small."""
        content = self._content(opened.stream, file.found.size)
        chunks = form.chunks(cast("BinaryIO", content))
        if file.found.size <= SMALL_BYTES and content is opened.stream:
            whole = list(chunks)
            opened.require_unchanged()
            if not small.is_full and small.take(file, form, whole):
                return small
            small = self._handed_over(small)
            if small.take(file, form, whole):
                return small
            chunks = iter(whole)
        small = self._handed_over(small)
        for chunk in chunks:
            if file.found.label in self._faults:
                break  # it was given up
            self._chunks.put(_FileChunk(file, form, chunk))
        opened.require_unchanged()
        self._chunks.put(_FileChunk(file, form))
        return small

    def _handed_over(self, small: SmallFiles) -> SmallFiles:
        """Hand small files to the parser; return a place for the next ones."""
        if not small.files:
            return small
        self._chunks.put(small)
        return SmallFiles()

    def _content(self, stream: BinaryIO, size: int) -> Readable:
        """Return the content of a file, unpacked if it is packed, texts in UTF-8.

        Raises BadFileError when it is known to be of another format than the table's.
        """
        form, head = self._table.format, _head(stream)
        content: Readable = stream
        if form is not FileFormat.PARQUET and head.startswith(GZIP_MAGIC):
            unpacked = gzip.GzipFile(fileobj=stream, mode="rb")
            head = _head(cast("BinaryIO", unpacked))
            content = BoundedExpansion(unpacked, size, self._table.max_expansion)
        kind = kind_of(head)
        if kind and not (form is FileFormat.PARQUET and head.startswith(PARQUET_MAGIC)):
            raise BadFileError(
                NOT_READABLE, OwnWords(f"it is {kind}, not {form}; drop it as {form}")
            )
        codec = self._table.csv.codec
        if form is FileFormat.PARQUET or codec == UTF_8:
            return content
        return Decoded(content, codec)

    def _parse(self) -> None:
        bad_file: NewFile | None = None
        for item in self._chunks:
            for chunk in self._one_by_one(item) if isinstance(item, SmallFiles) else (item,):
                is_given_up = chunk.content is not None and chunk.file.found.label in self._faults
                if chunk.file is bad_file or is_given_up:
                    continue
                try:
                    with file_faults(self._table, chunk.file.found.label):
                        batch = self._as_batch(chunk)
                    self._parsed.put(batch)
                except (BadFileError, FileLeftError) as fault:
                    bad_file = chunk.file
                    self._parsed.put(FileBatch(chunk.file, fault=fault, is_last=True))

    def _one_by_one(self, small: SmallFiles) -> Iterator[_FileChunk]:
        """Parse small files as one; yield their chunks where that cannot be done."""
        is_known = any(file.found.label in self._faults for file in small.files)
        batch = None if is_known else small.parsed(self._rows)
        if batch is not None:
            self._parsed.put(FileBatch(small.files[-1], batch, together=small.files))
            return
        for file, form, block in zip(small.files, small.forms, small.blocks, strict=True):
            yield _FileChunk(file, form, block)
            yield _FileChunk(file, form)

    def _as_batch(self, chunk: _FileChunk) -> FileBatch:
        if chunk.fault is not None:
            return FileBatch(chunk.file, fault=chunk.fault, is_last=True)
        if chunk.form is None or chunk.content is None:
            return FileBatch(chunk.file, is_last=True)
        if isinstance(chunk.content, FileMetaData):
            return FileBatch(chunk.file, whole=chunk.content)
        batch = self._rows.batch(chunk.file, chunk.form.parse(chunk.content))
        return FileBatch(chunk.file, batch)


def _head(stream: BinaryIO) -> bytes:
    """Return the first bytes of a stream, which can be read again from its start."""
    head = stream.read(HEAD_BYTES)
    stream.seek(0)
    return head
