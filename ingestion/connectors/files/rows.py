"""What landing gets of parsed rows: the declared columns, where they come from, and rejections."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa

from ingestion.connectors.batches import Batch, Rejection
from ingestion.connectors.files.declaration import (
    FILE,
    FILE_HASH,
    FILE_MODIFIED_AT,
    FILE_ROW,
    FileTable,
)
from ingestion.connectors.files.new_files import NewFile
from ingestion.formats.base import BadRow, Parsed, RowContent
from ingestion.formats.decoding import UTF_8
from ingestion.formats.rows import FormattedRows
from ingestion.personal_data import Tokeniser


class FileRows:
    """Turns what formats parse into batches of one table."""

    def __init__(self, table: FileTable, tokeniser: Tokeniser | None) -> None:
        """Land rows of `table`; with personal data, that becomes tokens and no bytes are kept.

        The line of a header is kept with the bytes that it is needed for.
        """
        self.table = table
        self._rows = FormattedRows(table, tokeniser if table.has_personal_data else None)
        self._encoding = None if table.csv.codec == UTF_8 else table.csv.codec

    def batch(self, file: NewFile, parsed: Parsed) -> Batch:
        """Return the rows of a file, those that the table cannot hold set aside."""
        rows, numbers, bad = self._rows.fitting(parsed)
        header = None if self.table.has_personal_data else parsed.header
        written = {"header": header, "encoding": self._encoding}
        more = {name: text for name, text in written.items() if text}
        rejections = tuple(self._rejections(file, bad, **more))
        return Batch(_with_origins(rows, numbers, [file], [rows.num_rows]), rejections)

    def batch_of_several(
        self, files: Sequence[NewFile], counts: Sequence[int], parsed: Parsed
    ) -> Batch | None:
        """Return the rows of files that were parsed as one, so many of each, one after the other.

        None unless the table can hold all of them.
        """
        rows, _, bad = self._rows.fitting(parsed)
        if bad:
            return None
        ends = np.cumsum(counts)
        numbers = np.arange(1, ends[-1] + 1) - np.repeat(ends - counts, counts)
        return Batch(_with_origins(rows, pa.array(numbers, pa.int64()), files, counts))

    def file_rejection(self, file: NewFile, rule: str, reason: str, **more: str) -> Rejection:
        """Return a whole file for quarantine; `more` adds to its place."""
        return Rejection(
            rule=rule,
            reason=self.reason(rule, reason),
            row={},
            key={},
            place={"row": None, **more},
            identity=f"{file.hash} None",
            within=_place(file),
        )

    def _rejections(self, file: NewFile, bad: Iterable[BadRow], **more: str) -> Iterator[Rejection]:
        """Yield rows of a file for quarantine."""
        within = {**_place(file), **more}
        for row in bad:
            number = str(row.number)
            yield Rejection(
                rule=row.rule,
                reason=self.reason(row.rule, row.reason),
                row=self._rows.content(_without_line_end(row.content)),
                key={},
                place={"row": number},
                identity=f"{file.hash} {number}",
                within=within,
            )

    def reason(self, rule: str, reason: str) -> str:
        """Return a reason as it may be stored and shown."""
        return self._rows.reason(rule, reason)


def _with_origins(
    rows: pa.Table, numbers: pa.Array, files: Sequence[NewFile], counts: Sequence[int]
) -> pa.Table:
    """Return rows with the file that each is from, and their numbers in it."""
    which = pa.array(np.repeat(np.arange(len(files), dtype=np.int32), counts))
    for name, values in (
        (FILE, [file.found.label for file in files]),
        (FILE_HASH, [file.hash for file in files]),
    ):
        texts = pa.DictionaryArray.from_arrays(which, pa.array(values, pa.string()))
        rows = rows.append_column(name, texts)
    times = pa.array([file.found.modified_at for file in files], pa.timestamp("us", tz="UTC"))
    rows = rows.append_column(FILE_MODIFIED_AT, times.take(which))
    return rows.append_column(FILE_ROW, numbers)


def _place(file: NewFile) -> dict[str, Any]:
    return {
        "file": file.found.label,
        "hash": file.hash,
        "modified_at": file.found.modified_at.isoformat(),
    }


def _without_line_end(content: RowContent | bytes) -> RowContent | bytes:
    if isinstance(content, bytes):
        return content.rstrip(b"\r\n")
    return replace(content, data=content.data.rstrip(b"\r\n"))
