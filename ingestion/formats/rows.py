"""What a raw table can hold of parsed rows: personal data protected, the others set aside."""

from __future__ import annotations

import base64

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ingestion.declarations.columns import RESCUED
from ingestion.formats.base import BadRow, OwnWords, Parsed, RowContent
from ingestion.formats.declaration import FormattedTable
from ingestion.formats.reasons import without_values
from ingestion.personal_data import Tokeniser
from ingestion.values.partition_values import (
    PARTITION_TOO_LONG,
    too_long_partitions,
    why_too_long,
)

KEY_IS_NULL = "key_is_null"
KEPT_BYTES = 64 * 1024
BYTES, HEAD, ARROW = "bytes", "head", "arrow_base64"


class FormattedRows:
    """Judges what formats parse of one table, and says what quarantine keeps of a row."""

    def __init__(
        self, table: FormattedTable, tokeniser: Tokeniser | None, kept_bytes: int = KEPT_BYTES
    ) -> None:
        """Judge rows of `table`; with personal data, that becomes tokens and no bytes are kept.

        Of a row of more than `kept_bytes`, quarantine keeps the head.
        """
        self.table = table
        self._is_personal = table.has_personal_data
        self._tokeniser = tokeniser
        self._kept_bytes = kept_bytes

    def fitting(self, parsed: Parsed) -> tuple[pa.Table, pa.Array, list[BadRow]]:
        """Return the rows that the table can hold, their numbers, and all rows that it cannot."""
        rows, numbers, bad = self._protected(parsed.rows), parsed.numbers, list(parsed.bad)
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
        return rows, numbers, bad

    def reason(self, rule: str, reason: str) -> str:
        """Return a reason as it may be stored and shown; with personal data it quotes nothing."""
        return without_values(self.table, rule, reason) if self._is_personal else reason

    def content(self, content: RowContent | bytes) -> dict[str, str | None]:
        """Return what quarantine keeps of a row; `head` in place of `bytes` where it is not all."""
        if self._tokeniser is not None:
            return {}
        if isinstance(content, bytes) and len(content) <= self._kept_bytes:
            return _as_text(BYTES, content)
        row = RowContent(content) if isinstance(content, bytes) else content
        stored = len(row.arrow or row.data)
        name = HEAD if row.is_cut or stored > self._kept_bytes else BYTES
        kept = _as_text(name, row.data[: self._kept_bytes])
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
                    found.setdefault(position, (KEY_IS_NULL, OwnWords(f"{name} is null")))
        for part in self.table.partition_by:
            values = rows.column(part.column)
            for position in too_long_partitions(self.table, part.column, values):
                found.setdefault(
                    position, (PARTITION_TOO_LONG, OwnWords(why_too_long(part.column)))
                )
        return found


def _as_text(name: str, data: bytes) -> dict[str, str | None]:
    try:
        return {name: data.decode()}
    except UnicodeDecodeError:
        return {f"{name}_base64": base64.b64encode(data).decode()}
