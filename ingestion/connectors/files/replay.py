"""Reads quarantined rows of files as their files would be read now: their bytes -> a Batch."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from functools import cached_property
from typing import Any

import pyarrow as pa

from ingestion.connectors.base import ROW_ID, Cursor
from ingestion.connectors.batches import Batch, Position, QuarantinedRow, Rejection
from ingestion.connectors.files.declaration import (
    FILE_HASH,
    FILE_ROW,
    FileFormat,
    FileTable,
)
from ingestion.connectors.files.faults import file_faults
from ingestion.connectors.files.new_files import NewFile
from ingestion.connectors.files.reading import FORMATS
from ingestion.connectors.files.rows import FileRows
from ingestion.connectors.files.storage.base import FileInfo
from ingestion.formats.base import NOT_READABLE, BadFileError, Format
from ingestion.formats.decoding import UTF_8
from ingestion.formats.parquet.rows import ParquetRows
from ingestion.formats.rescued_fields import RescuedFields
from ingestion.formats.rows import ARROW, BYTES, HEAD, KEPT_BYTES
from ingestion.personal_data import Tokeniser, is_token

NOT_WHOLE = (
    "; only its head was kept, so it cannot be replayed: `firn ingest --full-refresh` of the table"
    " reads it from its file"
)
DECODED = (
    "; it was decoded in another encoding than the table has now, so it cannot be replayed:"
    " `firn ingest --full-refresh` of the table reads it from its file"
)


class FilesReplayReader:
    """Reads each row as a file of its own, and gives it the file, hash and number it had.

    Of a whole file, and of a row of which not all was kept, nothing can be read.
    """

    origin_columns: tuple[str, ...] = (FILE_HASH, FILE_ROW)

    def __init__(self, table: FileTable, tokeniser: Callable[[], Tokeniser]) -> None:
        """Read for `table`; `tokeniser` is asked for if it has personal data."""
        # what quarantine keeps was decoded before, and is without what stood before the header
        self._table = table.model_copy(update={"csv": table.csv.model_copy(update={"skip": 0})})
        self._make_tokeniser = tokeniser

    def origin(self, row: QuarantinedRow) -> tuple[str, int | None]:
        """Return the content's hash and the row's number; without a number, any row of it."""
        number = row.place.get("row")
        return str(row.place.get("hash")), int(number) if number else None

    def reached(self, position: Position | None) -> Cursor | None:  # noqa: ARG002
        """Return None: files have no cursor."""
        return None

    def read(
        self,
        rows: Sequence[QuarantinedRow],
        names: Collection[str] = (),  # noqa: ARG002 - whole rows are read
    ) -> Iterator[Batch]:
        """Yield what of the rows can be landed, typed, and what cannot, with the reason."""
        for row in rows:
            number = self.origin(row)[1]
            why = row.reason if number is None else self._unreadable(row)
            if number is None or why is not None:
                yield _rejected(row, row.rule, why or row.reason)
                continue
            try:
                with file_faults(self._table, str(row.place.get("file"))):
                    batches = list(self._read(row, number))
            except BadFileError as fault:
                reason = self._rows.reason(fault.rule, fault.reason)
                batches = [_rejected(row, fault.rule, reason)]
            yield from batches

    def _unreadable(self, row: QuarantinedRow) -> str | None:
        """Say why what was kept of a row cannot be read again, None when it can."""
        is_parquet = self._table.format is FileFormat.PARQUET
        kept = row.values.get(ARROW if is_parquet else BYTES)
        encoding = row.place.get("encoding") or UTF_8
        if kept and not (is_parquet or kept.isascii()) and encoding != self._table.csv.codec:
            return f"{row.reason.removesuffix(DECODED)}{DECODED}"
        if kept is not None and (is_parquet or not _was_cut(kept, row)):
            return None
        if HEAD in row.values or f"{HEAD}_base64" in row.values or kept:
            return f"{row.reason.removesuffix(NOT_WHOLE)}{NOT_WHOLE}"
        return row.reason

    def _chunks(self, form: Format[Any], row: QuarantinedRow) -> Iterator[Any]:
        if isinstance(form, ParquetRows):
            yield form.quarantined(base64.b64decode(row.values[ARROW] or ""))
            return
        header, content = row.place.get("header"), row.values[BYTES]
        has_header = header and self._table.csv.header
        text = f"{header}\n{content}\n" if has_header else f"{content}\n"
        yield from form.chunks(io.BytesIO(text.encode()))

    def _read(self, row: QuarantinedRow, number: int) -> Iterator[Batch]:
        form = FORMATS[self._table.format](self._table, self._rescued)
        for chunk in self._chunks(form, row):
            batch = self._rows.batch(self._file_of(row), form.parse(chunk))
            for rejection in batch.rejections:
                yield _rejected(row, rejection.rule, rejection.reason)
            if batch.rows.num_rows == 1:
                yield Batch(_numbered(batch.rows, number, row.row_id))

    def _file_of(self, row: QuarantinedRow) -> NewFile:
        """Return the file a row is from; its name as it would be stored now."""
        name = str(row.place["file"])
        modified_at = datetime.fromisoformat(str(row.place["modified_at"]))
        found = FileInfo(name, 0, modified_at)
        if self._table.has_secret_names and not is_token(name) and self._tokeniser is not None:
            found = replace(found, token=self._tokeniser.name_token(name))
        return NewFile(found, str(row.place["hash"]))

    @cached_property
    def _tokeniser(self) -> Tokeniser | None:
        return self._make_tokeniser() if self._table.needs_token_key else None

    @cached_property
    def _rows(self) -> FileRows:
        return FileRows(self._table, self._tokeniser)

    @cached_property
    def _rescued(self) -> RescuedFields:
        tokeniser = self._tokeniser if self._table.has_personal_data else None
        return RescuedFields(self._table, tokeniser)


def _was_cut(kept: str, row: QuarantinedRow) -> bool:
    """Whether an earlier Firn, which did not say so, kept only the head of a row."""
    was_too_long = row.rule == NOT_READABLE and "longer than" in row.reason
    return was_too_long or len(kept.encode()) >= KEPT_BYTES


def _numbered(rows: pa.Table, number: int, row_id: str) -> pa.Table:
    index = rows.schema.get_field_index(FILE_ROW)
    numbered = rows.set_column(index, FILE_ROW, pa.array([number], pa.int64()))
    return numbered.append_column(ROW_ID, pa.array([row_id]))


def _rejected(row: QuarantinedRow, rule: str, reason: str) -> Batch:
    nothing = pa.table({ROW_ID: pa.array([], pa.string())})
    return Batch(nothing, (Rejection(rule, reason, {ROW_ID: row.row_id}, {}),))
