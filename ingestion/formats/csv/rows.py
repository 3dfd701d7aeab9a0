"""CSV: blocks of rows -> rows in the declared columns, and those that do not fit."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from itertools import compress

import numpy as np
import pyarrow as pa

from ingestion.formats.base import (
    NOT_READABLE,
    NOT_REPRESENTABLE,
    BadFileError,
    BadRow,
    OwnWords,
    Parsed,
    Readable,
    RowContent,
    give_up_if_mostly_bad,
)
from ingestion.formats.chunks import Block, blocks
from ingestion.formats.csv.cut import CsvCut
from ingestion.formats.csv.header import Header, header_of
from ingestion.formats.csv.unfit import judge
from ingestion.formats.csv.values import CsvValues
from ingestion.formats.declaration import FormattedTable
from ingestion.formats.decoding import WithoutLines
from ingestion.formats.judged import read_fitting
from ingestion.formats.rescued_fields import RescuedFields
from ingestion.values.bisect import REFUSALS

TEXT_AFTER_QUOTE = OwnWords(
    "text follows a closing quote; quotes within a value are doubled, or preceded by what the table"
    " declares as `escape`"
)
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
WIDE_MARKS = (b"\xff\xfe", b"\xfe\xff")


class CsvRows:
    """Rows below one line of column names, or rows alone.

    Rows are numbered without the header and what stands before it; empty lines are none.
    """

    def __init__(self, table: FormattedTable, rescued_fields: RescuedFields) -> None:
        """Read one file of `table`."""
        self._table = table
        self._rescued_fields = rescued_fields
        self._cut = CsvCut(table.csv.delimiter, table.csv.escape, table.csv.quote)
        self._header: Header
        self._values: CsvValues
        self._rows_before = 0
        self._was_clean = True  # as far as the last block says

    def chunks(self, stream: Readable) -> Iterator[Block]:
        """Yield blocks of whole rows below the header. Raises BadFileError for a wrong one."""
        options = self._table.csv
        if options.skip:
            stream = WithoutLines(stream, options.skip)
        for number, block in enumerate(blocks(stream, self._table.max_row_size, self._cut)):
            data = block.data
            if number == 0:
                if data.startswith(WIDE_MARKS):
                    raise BadFileError(
                        NOT_READABLE, OwnWords("it is UTF-16; declare `encoding: utf-16`")
                    )
                data = self._below_header(data.removeprefix(BYTE_ORDER_MARK))
            if data:
                yield Block(data, block.broken)

    def parse(self, chunk: Block) -> Parsed:
        """Return the rows of a block."""
        before, time_types = self._rows_before, list(self._values.time_types)
        if chunk.broken:
            self._rows_before += 1
            bad = BadRow(
                before + 1,
                NOT_READABLE,
                OwnWords(chunk.broken),
                RowContent(chunk.data, is_cut=True),
            )
            return self._parsed([], [], [bad])
        read = self._read_whole(chunk.data) if self._was_clean else None
        if read is None:
            parsed = self._judged(chunk.data, before)
            self._values.time_types = time_types  # a bad time says nothing of the others
            return parsed
        texts, rows = read
        self._rows_before += rows.num_rows
        numbers = pa.array(np.arange(before + 1, before + rows.num_rows + 1))
        contents: list[bytes] = []

        def content(position: int) -> bytes:
            contents[:] = contents or self._cut.rows(chunk.data)
            return contents[position]

        return Parsed(rows, numbers, content, self._rescued(texts), header=self._header.line)

    def joinable(self, chunk: Block) -> tuple[str, int] | None:
        """Return the header of a block and how many lines it has; they are all rows or part of one.

        None where lines are empty, or end with a carriage return alone.
        """
        data = chunk.data
        if b"\r" in data:
            if data.count(b"\r") != data.count(b"\r\n"):
                return None
            data = data.replace(b"\r\n", b"\n")
        if chunk.broken or data.startswith(b"\n") or b"\n\n" in data:
            return None
        return self._header.line, data.count(b"\n")

    def _judged(self, data: bytes, before: int) -> Parsed:
        """Return the rows of a block of which at least one may be bad."""
        lines = self._cut.rows(data)
        self._rows_before += len(lines)
        numbers = range(before + 1, before + len(lines) + 1)
        if not self._cut.has_text_after_quote(data):
            return self._parsed(numbers, lines, [])
        unclear = [self._cut.has_text_after_quote_in(line) for line in lines]
        bad = [
            BadRow(number, NOT_READABLE, TEXT_AFTER_QUOTE, line)
            for number, line, is_unclear in zip(numbers, lines, unclear, strict=True)
            if is_unclear
        ]
        clear = [not is_unclear for is_unclear in unclear]
        return self._parsed([*compress(numbers, clear)], [*compress(lines, clear)], bad)

    def _read_whole(self, data: bytes) -> tuple[pa.Table, pa.Table] | None:
        """Return the columns of a block as read and as declared, None where a row is bad."""
        if self._cut.has_text_after_quote(data):
            return None
        try:
            texts = self._values.read(data)
            return texts, self._values.declared(texts)
        except REFUSALS:
            return None

    def _parsed(self, numbers: Sequence[int], lines: list[bytes], bad: list[BadRow]) -> Parsed:
        """Return the rows that fit, the others set aside."""
        give_up = partial(give_up_if_mostly_bad, self._values.explained)
        judged = judge(self._values, lines)
        unfit, fitting, (texts, rows) = read_fitting(lines, judged, self._read_rows, give_up)
        self._was_clean = not unfit and not bad
        bad = bad + [
            BadRow(numbers[i], NOT_REPRESENTABLE, self._values.explained(reason), lines[i])
            for i, reason in sorted(unfit.items())
        ]
        kept = [number for i, number in enumerate(numbers) if i not in unfit]
        rescued = self._rescued(texts) if fitting else None
        return Parsed(
            rows, pa.array(kept, pa.int64()), fitting.__getitem__, rescued, bad, self._header.line
        )

    def _read_rows(self, lines: Sequence[bytes]) -> tuple[pa.Table, pa.Table]:
        """Return the columns of rows as read, and as declared. Raises one of `REFUSALS`."""
        if not lines:
            kinds = [(c.name, c.data_type.arrow()) for c in self._table.landed_columns]
            return pa.table({}), pa.schema(kinds).empty_table()
        texts = self._values.read(b"".join(lines))
        rows = self._values.declared(texts)
        if rows.num_rows != len(lines):
            raise pa.ArrowInvalid("the quotes of the row do not match")
        return texts, rows

    def _below_header(self, data: bytes) -> bytes:
        """Take the first row as the header, if there is one, and return what follows.

        Raises BadFileError when it is not as declared.
        """
        first = None
        if self._table.csv.header:
            first = next(iter(self._cut.rows(data)), b"")
            if not first:
                raise BadFileError("no_header", OwnWords("it has no header"))
        self._header = header_of(self._table, first)
        self._values = CsvValues(self._table.csv, self._header, self._cut)
        has_more = not self._header.unnamed.issuperset(self._header.undeclared)
        self._rescued_fields.seen = self._rescued_fields.seen or has_more
        return data if first is None else data[data.index(first) + len(first) :]

    def _rescued(self, texts: pa.Table) -> list[str | None] | None:
        """Return undeclared columns as JSON; those without a name only where they hold values."""
        unnamed = {n for n in self._header.unnamed if n in self._header.undeclared}
        passed = {n for n in unnamed if texts.column(n).null_count == texts.num_rows}
        names = [name for name in self._header.undeclared if name not in passed]
        if not names and not self._rescued_fields.seen:
            return None
        rows = texts.select(names).to_pylist()
        if not unnamed.isdisjoint(names):
            self._rescued_fields.seen = True
            rows = [
                {n: v for n, v in row.items() if v is not None or n not in unnamed} for row in rows
            ]
        return self._rescued_fields.of_all(rows)
