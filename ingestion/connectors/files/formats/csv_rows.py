"""CSV with a header: blocks of rows -> rows in the declared columns."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence
from typing import BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from ingestion.connectors.bisect import REFUSALS, bisect_invalid
from ingestion.connectors.decimals import FLOAT_DIGITS, decimals, require_exact
from ingestion.connectors.files.declaration import Encoding, FileTable
from ingestion.connectors.files.formats.base import (
    NOT_READABLE,
    NOT_REPRESENTABLE,
    BadFileError,
    BadRow,
    Parsed,
    RowContent,
)
from ingestion.connectors.files.formats.chunks import Block, CsvCut, blocks, read_in_blocks
from ingestion.connectors.files.formats.rescued_fields import RescuedFields

TEXT_AFTER_QUOTE = (
    "text follows a closing quote; quotes within a value are doubled, or preceded by what the table"
    " declares as `escape`"
)
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
WIDE_MARKS = (b"\xff\xfe", b"\xfe\xff")
_COLUMN = re.compile(r"^In CSV column #(\d+): (?:Row #\d+: )?(?:CSV conversion error to )?")
_OFFSET = r"(?:Z|[T ]\d{2}[:\d.]*[+-]\d{2}(?::?\d{2})?)$"
_ZEROS = r"(\.\d{6})0+(Z|[+-]\d{2}(?::?\d{2})?)?$"
_HOURS = r"(:\d{2}(?:\.\d+)?[+-]\d{2})$"
UTC_TIME = pa.timestamp("us", tz="UTC")


class CsvRows:
    """Rows below one line of column names. Rows are numbered without it; empty lines are none."""

    def __init__(self, table: FileTable, rescued_fields: RescuedFields) -> None:
        """Read one file of `table`."""
        self._table = table
        self._rescued_fields = rescued_fields
        self._cut = CsvCut(table.delimiter, table.escape)
        self._header: list[str] = []
        self._unnamed: set[str] = set()
        self._header_line = ""
        self._types: dict[str, pa.DataType] = {}
        self._time_types = [UTC_TIME, pa.timestamp("us"), pa.string()]
        self._rows_before = 0

    def chunks(self, stream: BinaryIO) -> Iterator[Block]:
        """Yield blocks of whole rows below the header. Raises BadFileError for a wrong one."""
        for number, block in enumerate(blocks(stream, self._table.max_row_size, self._cut)):
            data = self._as_utf8(block.data)
            if number == 0:
                if data.startswith(WIDE_MARKS):
                    raise BadFileError(NOT_READABLE, "it is UTF-16; write it as UTF-8")
                data = self._without_header(data.removeprefix(BYTE_ORDER_MARK))
            if data:
                yield Block(data, block.broken)

    def parse(self, chunk: Block) -> Parsed:
        """Return the rows of a block."""
        before, time_types = self._rows_before, list(self._time_types)
        if chunk.broken:
            self._rows_before += 1
            bad = BadRow(
                before + 1, NOT_READABLE, chunk.broken, RowContent(chunk.data, is_cut=True)
            )
            return self._parsed([], [], [bad])
        try:
            texts = self._read_strictly(chunk.data)
            rows = self._declared(texts)
        except REFUSALS:
            lines = self._cut.rows(chunk.data)
            self._rows_before += len(lines)
            parsed = self._row_by_row(list(enumerate(lines, before + 1)))
            self._time_types = time_types  # a bad time says nothing of the others
            return parsed
        self._rows_before += rows.num_rows
        numbers = pa.array(np.arange(before + 1, before + rows.num_rows + 1))
        contents: list[bytes] = []

        def content(position: int) -> bytes:
            contents[:] = contents or self._cut.rows(chunk.data)
            return contents[position]

        return Parsed(rows, numbers, content, self._rescued(texts), header=self._header_line)

    def _row_by_row(self, numbered: list[tuple[int, bytes]]) -> Parsed:
        """Return rows of which at least one is bad."""
        unclear = {n for n, line in numbered if self._cut.has_text_after_quote_in(line)}
        bad = [
            BadRow(n, NOT_READABLE, TEXT_AFTER_QUOTE, line) for n, line in numbered if n in unclear
        ]
        rest = [(number, line) for number, line in numbered if number not in unclear]
        return self._parsed([number for number, _ in rest], [line for _, line in rest], bad)

    def _read_strictly(self, data: bytes) -> pa.Table:
        if b'"' in data and self._cut.has_text_after_quote(data):
            raise pa.ArrowInvalid(TEXT_AFTER_QUOTE)
        return self._read(data)

    def _parsed(self, numbers: list[int], lines: list[bytes], bad: list[BadRow]) -> Parsed:
        """Return the rows that fit, the others set aside."""
        invalid = bisect_invalid(lines, self._read_row_texts) if lines else {}
        bad = bad + [
            BadRow(numbers[i], NOT_REPRESENTABLE, self._explained(reason), lines[i])
            for i, reason in invalid.items()
        ]
        numbers = [number for i, number in enumerate(numbers) if i not in invalid]
        lines = [line for i, line in enumerate(lines) if i not in invalid]
        if not lines:
            rows = pa.schema(
                [(c.name, c.data_type.arrow()) for c in self._table.landed_columns]
            ).empty_table()
            none = pa.array([], pa.int64())
            return Parsed(rows, none, lines.__getitem__, None, bad, self._header_line)
        texts = self._read(b"".join(lines))
        rows = self._declared(texts)
        kept = pa.array(numbers, pa.int64())
        rescued = self._rescued(texts)
        return Parsed(rows, kept, lines.__getitem__, rescued, bad, self._header_line)

    def _read_row_texts(self, lines: Sequence[bytes]) -> pa.Table:
        rows = self._declared(self._read(b"".join(lines)))
        if rows.num_rows != len(lines):
            raise pa.ArrowInvalid("the quotes of the row do not match")
        return rows

    def _as_utf8(self, data: bytes) -> bytes:
        return data.decode("latin-1").encode() if self._table.encoding is Encoding.LATIN_1 else data

    def _without_header(self, data: bytes) -> bytes:
        """Take the first row as the header. Raises BadFileError when it is not as declared."""
        first = next(iter(self._cut.rows(data)), b"")
        if not first:
            raise BadFileError("no_header", "it has no header")
        try:
            self._header_line = first.decode().strip()
            table = self._table
            reader = csv.reader(
                [self._header_line], delimiter=table.delimiter, escapechar=table.escape
            )
            names = next(reader)
        except UnicodeDecodeError:
            raise BadFileError(NOT_READABLE, "its header is no UTF-8") from None
        except csv.Error as error:
            raise BadFileError("wrong_header", f"its first line is no header: {error}") from None
        self._header = [name.strip() or f"column {n}" for n, name in enumerate(names, 1)]
        self._unnamed = {
            own for own, name in zip(self._header, names, strict=True) if not name.strip()
        }
        twice = sorted({name for name in self._header if self._header.count(name) > 1})
        if twice:
            raise BadFileError("wrong_header", f"its header has twice: {', '.join(twice)}")
        wanted = {".".join(c.origin): c for c in self._table.landed_columns}
        if missing := [name for name in wanted if name not in self._header]:
            raise BadFileError(
                "wrong_header",
                f"its header lacks {', '.join(missing)}; it has {', '.join(self._header)[:200]}",
            )
        self._types = {
            name: _read_as(wanted[name].data_type.arrow()) if name in wanted else pa.string()
            for name in self._header
        }
        declared = {".".join(c.origin) for c in self._table.columns}
        undeclared = set(self._header) - declared - self._unnamed
        self._rescued_fields.seen = self._rescued_fields.seen or bool(undeclared)
        return data[data.index(first) + len(first) :]

    def _read(self, data: bytes) -> pa.Table:
        """Return the columns of the file as read; a row of another length is an error.

        Times are read with an offset, without one (they are UTC), or as texts where both occur;
        whichever fitted the block before is tried first.
        """
        for kind in tuple(self._time_types):
            types = {n: kind if t == UTC_TIME else t for n, t in self._types.items()}
            try:
                rows = self._read_as(data, types)
            except pa.ArrowInvalid as error:
                if "timestamp" not in str(error):
                    raise
                continue
            self._time_types.remove(kind)
            self._time_types.insert(0, kind)
            return rows
        raise pa.ArrowInvalid("its times are of no known form")

    def _read_as(self, data: bytes, types: dict[str, pa.DataType]) -> pa.Table:
        parse = pyarrow.csv.ParseOptions(
            delimiter=self._table.delimiter,
            escape_char=self._table.escape or False,
            newlines_in_values=b'"' in data or self._table.escape is not None,
        )
        convert = pyarrow.csv.ConvertOptions(
            column_types=types,
            null_values=[""],
            strings_can_be_null=True,
            quoted_strings_can_be_null=False,
            timestamp_parsers=[pyarrow.csv.ISO8601],
        )

        def read(block_size: int) -> pa.Table:
            sizes = pyarrow.csv.ReadOptions(block_size=block_size, column_names=self._header)
            return pyarrow.csv.read_csv(pa.py_buffer(data), sizes, parse, convert)

        return read_in_blocks(read, len(data))

    def _declared(self, texts: pa.Table) -> pa.Table:
        """Return the declared columns in their declared types, or raise ArrowInvalid."""
        columns = [
            _exactly(texts.column(".".join(column.origin)), column.data_type.arrow())
            for column in self._table.landed_columns
        ]
        return pa.table(columns, names=[c.name for c in self._table.landed_columns])

    def _rescued(self, texts: pa.Table) -> list[str | None] | None:
        """Return undeclared columns as JSON; those without a name only where they hold values."""
        passed = {".".join(c.origin) for c in self._table.columns}
        passed |= {n for n in self._unnamed if texts.column(n).null_count == texts.num_rows}
        names = [name for name in self._header if name not in passed]
        if not names and not self._rescued_fields.seen:
            return None
        rows = texts.select(names).to_pylist()
        if not self._unnamed.isdisjoint(names):
            self._rescued_fields.seen = True
            rows = [
                {n: v for n, v in row.items() if v is not None or n not in self._unnamed}
                for row in rows
            ]
        return self._rescued_fields.of_all(rows)

    def _explained(self, reason: str) -> str:
        """Return pyarrow's reason with the column's name in place of its number."""
        found = _COLUMN.match(reason)
        if found is None:
            return reason.removeprefix("CSV parse error: ")
        return f"{self._header[int(found[1])]}: {_COLUMN.sub('', reason)}"


def _read_as(kind: pa.DataType) -> pa.DataType:
    """Return the type in which a column is read: short decimals as doubles, which is far faster."""
    if pa.types.is_decimal(kind):
        if kind.precision <= FLOAT_DIGITS:
            return pa.float64()
        return pa.decimal128(kind.precision, kind.scale)
    return kind


def _exactly(values: pa.ChunkedArray, declared: pa.DataType) -> pa.Array | pa.ChunkedArray:
    """Return values in the declared type. Raises ArrowInvalid where one of them would change."""
    if values.type == declared:
        return values
    if pa.types.is_decimal(declared) and pa.types.is_floating(values.type):
        for chunk in values.chunks:
            require_exact(chunk, declared)
        return pa.chunked_array([decimals(chunk, declared) for chunk in values.chunks], declared)
    if pa.types.is_string(values.type) and declared == UTC_TIME:
        return pa.chunked_array([_times(chunk) for chunk in values.chunks], UTC_TIME)
    return values.cast(declared)


def _times(texts: pa.Array) -> pa.Array:
    """Return times of which some have an offset; the others are UTC.

    Zeros beyond microseconds and offsets of whole hours, as PostgreSQL writes them, are spelled as
    pyarrow reads them.
    """
    texts = pc.replace_substring_regex(texts, _ZEROS, r"\1\2")
    texts = pc.replace_substring_regex(texts, _HOURS, r"\1:00")
    has_offset = pc.match_substring_regex(texts, _OFFSET)
    none = pa.scalar(None, pa.string())
    with_offset = pc.if_else(has_offset, texts, none).cast(UTC_TIME)
    without = pc.if_else(has_offset, none, texts).cast(pa.timestamp("us")).cast(UTC_TIME)
    return pc.coalesce(with_offset, without)
