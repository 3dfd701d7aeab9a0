"""Reads the new files of one table: arrivals -> batches, in three threads.

One thread tells files apart and cuts their content into pieces, a second parses them, and whoever
iterates over the batches (landing, which has Parquet written) is the third.
"""

from __future__ import annotations

import gzip
import threading
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from types import TracebackType
from typing import Any, BinaryIO, cast

from pyarrow.parquet import FileMetaData

from ingestion.connectors.batches import Batch
from ingestion.connectors.channel import AbandonedError, Channel
from ingestion.connectors.files.formats.base import NOT_READABLE, BadFileError, Format
from ingestion.connectors.files.formats.csv_rows import CsvRows
from ingestion.connectors.files.formats.json_rows import JsonDocument, JsonLines
from ingestion.connectors.files.formats.parquet_rows import ParquetRows
from ingestion.connectors.files.formats.rescued_fields import RescuedFields
from ingestion.connectors.files.new_files import Arrival, Arrivals
from ingestion.connectors.files.rows import FileRows
from ingestion.connectors.files.storage.base import ChangedFileError
from ingestion.declarations import FileFormat, FileTable
from ingestion.loading.personal_data import Tokeniser

WAITING_PIECES = 3
WAITING_BATCHES = 4
GZIP_MAGIC = b"\x1f\x8b"
FORMATS: dict[FileFormat, Any] = {
    FileFormat.JSON_LINES: JsonLines,
    FileFormat.JSON: JsonDocument,
    FileFormat.CSV: CsvRows,
    FileFormat.PARQUET: ParquetRows,
}


@dataclass(frozen=True)
class FileBatch:
    """Some rows of a file; at its end, `is_last`, or why it cannot be landed.

    A Parquet file that needs no rewriting is `whole`, its footer, and no rows.
    """

    arrival: Arrival
    batch: Batch | None = None
    whole: FileMetaData | None = None
    spoiled: BadFileError | ChangedFileError | None = None
    is_last: bool = False


@dataclass(frozen=True)
class _Piece:
    """A piece of a file on its way to the parser; with neither content nor fault, its end."""

    arrival: Arrival
    form: Format[Any] | None
    content: Any = None
    spoiled: BadFileError | ChangedFileError | None = None


class FileReading:
    """The new files of one table being read; use it in a `with` block, iterate over `batches`."""

    def __init__(
        self, arrivals: Arrivals, table: FileTable, tokeniser: Tokeniser | None = None
    ) -> None:
        """Make a reading that starts when its block is entered."""
        self._arrivals = arrivals
        self._table = table
        self.undeclared = RescuedFields(table, tokeniser)
        self._rows = FileRows(table, tokeniser)
        self._pieces: Channel[_Piece] = Channel(WAITING_PIECES)
        self._parsed: Channel[FileBatch] = Channel(WAITING_BATCHES)
        self._threads = [
            threading.Thread(target=self._run, args=(self._cut, self._pieces), daemon=True),
            threading.Thread(target=self._run, args=(self._parse, self._parsed), daemon=True),
        ]

    def __enter__(self) -> FileReading:
        """Start reading."""
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop all threads that still work for this reading."""
        for channel in (self._parsed, self._pieces):
            channel.abandon()
        for thread in self._threads:
            thread.join()

    @property
    def batches(self) -> Iterator[FileBatch]:
        """All batches, file by file. Raises FirnError when the place cannot be listed."""
        return iter(self._parsed)

    def _run(self, work: Any, into: Channel[Any]) -> None:  # noqa: ANN401
        try:
            work()
            into.end()
        except AbandonedError:
            pass
        except BaseException as error:  # noqa: BLE001 - raised again where batches are taken
            into.end(error)
        finally:
            if into is self._parsed:
                self._pieces.abandon()

    def _cut(self) -> None:
        """Cut the content of each new file into pieces."""
        for arrival, file in self._arrivals:
            if arrival.refused:
                refused = BadFileError("file_changed", arrival.refused)
                self._pieces.put(_Piece(arrival, None, spoiled=refused))
                continue
            form = FORMATS[self._table.format](self._table, self.undeclared)
            try:
                for content in form.pieces(self._opened(file.stream)):
                    self._pieces.put(_Piece(arrival, form, content))
                file.require_unchanged()
                self._pieces.put(_Piece(arrival, form))
            except (BadFileError, ChangedFileError) as fault:
                self._pieces.put(_Piece(arrival, form, spoiled=fault))
            except (EOFError, zlib.error, OSError) as error:
                damaged = BadFileError(NOT_READABLE, f"it is cut off or damaged: {error}")
                self._pieces.put(_Piece(arrival, form, spoiled=damaged))

    def _opened(self, stream: BinaryIO) -> BinaryIO:
        """Return the content of a file, unpacked if it is packed."""
        if self._table.format is FileFormat.PARQUET:
            return stream
        magic = stream.read(len(GZIP_MAGIC))
        stream.seek(0)
        return cast("BinaryIO", gzip.open(stream)) if magic == GZIP_MAGIC else stream

    def _parse(self) -> None:
        spoiled: Arrival | None = None
        for piece in self._pieces:
            if piece.arrival is spoiled:
                continue
            try:
                self._parsed.put(self._as_batch(piece))
            except BadFileError as fault:
                spoiled = piece.arrival
                self._parsed.put(FileBatch(piece.arrival, spoiled=fault, is_last=True))

    def _as_batch(self, piece: _Piece) -> FileBatch:
        if piece.spoiled is not None:
            return FileBatch(piece.arrival, spoiled=piece.spoiled, is_last=True)
        if piece.form is None or piece.content is None:
            return FileBatch(piece.arrival, is_last=True)
        if isinstance(piece.content, FileMetaData):
            return FileBatch(piece.arrival, whole=piece.content)
        batch = self._rows.batch(piece.arrival, piece.form.parse(piece.content))
        return FileBatch(piece.arrival, batch)
