"""What landing gets of parsed rows: the declared columns, where they come from, and rejections."""

from __future__ import annotations

import base64
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ingestion.connectors.batches import Batch, Rejection
from ingestion.connectors.files.declaration import (
    FILE,
    FILE_HASH,
    FILE_MODIFIED_AT,
    FILE_ROW,
    FileTable,
)
from ingestion.connectors.files.formats.base import BadRow, Parsed, RowContent
from ingestion.connectors.files.formats.decoding import UTF_8
from ingestion.connectors.files.new_files import NewFile
from ingestion.connectors.partition_values import (
    PARTITION_TOO_LONG,
    too_long_partitions,
    why_too_long,
)
from ingestion.declarations.columns import RESCUED
from ingestion.personal_data import Tokeniser

KEY_IS_NULL = "key_is_null"
KEPT_BYTES = 64 * 1024
BYTES, HEAD, ARROW = "bytes", "head", "arrow_base64"


class FileRows:
    """Turns what formats parse into batches of one table."""

    def __init__(self, table: FileTable, tokeniser: Tokeniser | None) -> None:
        """Land rows of `table`; with personal data, that becomes tokens and no bytes are kept."""
        self.table = table
        self._tokeniser = tokeniser
        self._encoding = None if table.csv.codec == UTF_8 else table.csv.codec

    def batch(self, file: NewFile, parsed: Parsed) -> Batch:
        """Return the rows of a file, those that the table cannot hold set aside."""
        rows, numbers, bad = parsed.rows, parsed.numbers, list(parsed.bad)
        rows = self._protected(rows)
        if parsed.rescued is not None:
            rows = rows.append_column(RESCUED, pa.array(parsed.rescued, pa.string()))
        faults = self._faults(rows)
        if faults:
            bad += [
                BadRow(numbers[i].as_py(), rule, reason, parsed.contents(i))
                for i, (rule, reason) in faults.items()
            ]
            kept = pa.array(np.setdiff1d(np.arange(rows.num_rows), list(faults)))
            rows, numbers = rows.take(kept), numbers.take(kept)
        written = {"header": parsed.header, "encoding": self._encoding}
        more = {name: text for name, text in written.items() if text}
        rejections = tuple(self.rejection(file, row, **more) for row in bad)
        return Batch(self._with_origin(rows, numbers, file), rejections)

    def rejection(self, file: NewFile, row: BadRow | None, **more: str) -> Rejection:
        """Return a row for quarantine, or with `row=None` a file; `more` adds to its place."""
        place: dict[str, Any] = {
            "file": file.found.name,
            "hash": file.hash,
            "modified_at": file.found.modified_at.isoformat(),
        }
        number = str(row.number) if row else None
        return Rejection(
            rule=row.rule if row else more.pop("rule"),
            reason=row.reason if row else more.pop("reason"),
            row=self._content(row.content) if row else {},
            key={},
            place={**place, "row": number, **more},
            identity=f"{file.hash} {number}",
        )

    def _content(self, content: RowContent | bytes) -> dict[str, str | None]:
        """Return what quarantine keeps of a row; `head` in place of `bytes` where it is not all."""
        if self._tokeniser is not None:
            return {}
        row = RowContent(content) if isinstance(content, bytes) else content
        whole = row.data.rstrip(b"\r\n")
        stored = len(row.arrow or whole)
        name = HEAD if row.is_cut or stored > KEPT_BYTES else BYTES
        kept = _as_text(name, whole[:KEPT_BYTES])
        if row.arrow is not None and name == BYTES:
            kept[ARROW] = base64.b64encode(row.arrow).decode()
        return kept

    def _protected(self, rows: pa.Table) -> pa.Table:
        for index, column in enumerate(self.table.landed_columns):
            if self._tokeniser is not None and column.personal_data:
                tokens = self._tokeniser.tokens(rows.column(index).combine_chunks())
                rows = rows.set_column(index, column.name, tokens)
        return rows

    def _faults(self, rows: pa.Table) -> dict[int, tuple[str, str]]:
        """Return the positions of rows that the table cannot hold, with rule and reason."""
        found: dict[int, tuple[str, str]] = {}
        for name in self.table.key:
            column = rows.column(name)
            if column.null_count:
                for position in pc.indices_nonzero(column.is_null()).to_pylist():
                    found.setdefault(position, (KEY_IS_NULL, f"{name} is null"))
        for part in self.table.partition_by:
            values = rows.column(part.column)
            for position in too_long_partitions(self.table, part.column, values):
                found.setdefault(position, (PARTITION_TOO_LONG, why_too_long(part.column)))
        return found

    def _with_origin(self, rows: pa.Table, numbers: pa.Array, file: NewFile) -> pa.Table:
        count = rows.num_rows
        first = pa.repeat(pa.scalar(0, pa.int32()), count)
        time = pa.scalar(file.found.modified_at, pa.timestamp("us", tz="UTC"))
        for name, value in ((FILE, file.found.name), (FILE_HASH, file.hash)):
            constant = pa.DictionaryArray.from_arrays(first, pa.array([value]))
            rows = rows.append_column(name, constant)
        rows = rows.append_column(FILE_MODIFIED_AT, pa.repeat(time, count))
        return rows.append_column(FILE_ROW, numbers)


def _as_text(name: str, data: bytes) -> dict[str, str | None]:
    try:
        return {name: data.decode()}
    except UnicodeDecodeError:
        return {f"{name}_base64": base64.b64encode(data).decode()}
