"""JSON Lines and JSON documents: blocks of lines -> rows in the declared columns."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property, partial
from itertools import compress
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.json

from ingestion.declarations import ColumnDeclaration
from ingestion.formats.base import (
    NOT_READABLE,
    NOT_REPRESENTABLE,
    BadRow,
    OwnWords,
    Parsed,
    Readable,
    RowContent,
    give_up_if_mostly_bad,
)
from ingestion.formats.chunks import (
    Block,
    Positions,
    blocks,
    positions,
    read_in_blocks,
)
from ingestion.formats.declaration import FormattedTable
from ingestion.formats.exact_json import read_json
from ingestion.formats.joined_values import JoinedValues
from ingestion.formats.json.fields import JsonFields
from ingestion.formats.json.texts import after_last_object, lines_in, not_an_object
from ingestion.formats.json.unfit import JsonJudge
from ingestion.formats.judged import read_fitting
from ingestion.formats.rescued_fields import RescuedFields
from ingestion.values.bisect import REFUSALS
from ingestion.values.decimals import wide
from ingestion.values.times import times

BYTE_ORDER_MARK = b"\xef\xbb\xbf"
AS_JSON = "; declared with `as: json` it lands as its JSON text"
_UNDECLARED = "unexpected field"
_COLUMN = re.compile(r"Column\(/?([^)]*)\)")
_NO_TIME = "to timestamp"
_NOT_A_STRING = re.compile(r"changed from string to (?:object|array|number|boolean)")
_LINE_ENDS = re.compile(rb"[\r\n]")
_PLACE = re.compile(r" in row \d+$")


class JsonLines:
    """One object a line; each of several on a line counts as a line of its own.

    Empty lines are no rows, but count in the numbers of the others.
    """

    def __init__(self, table: FormattedTable, rescued_fields: RescuedFields) -> None:
        """Read one file of `table`; what it has undeclared is told to all files of it."""
        self._table = table
        self._rescued_fields = rescued_fields
        landed = table.landed_columns
        self._schema = _schema([c for c in landed if not c.is_json], times_as_texts=False)
        self._text_schema = _schema([c for c in landed if not c.is_json], times_as_texts=True)
        self._times_are_texts = any(column.truncate for column in landed)
        self._json = JsonFields([column.origin for column in landed if column.is_json])
        if self._json.count:  # every line is read in Python, which shows undeclared fields as well
            rescued_fields.seen = True
        self._was_clean = True  # as far as the last lines say
        self._lines_before = 0

    @cached_property
    def _judge(self) -> JsonJudge:
        return JsonJudge(self._table.landed_columns)

    def chunks(self, stream: Readable) -> Iterator[Block]:
        """Yield blocks of whole lines."""
        for number, block in enumerate(blocks(stream, self._table.max_row_size, after_last_object)):
            data = block.data
            if number == 0:
                data = data.removeprefix(BYTE_ORDER_MARK)
            # Most files have none, and to look for one byte is far quicker than to replace two.
            data = data.replace(b"\r\n", b"\n") if b"\r" in data else data
            data = data if block.broken or data.endswith(b"\n") else data + b"\n"
            yield Block(data, block.broken)

    def parse(self, chunk: Block) -> Parsed:
        """Return the rows of a block. Raises BadFileError for fields that `freeze` forbids."""
        before = self._lines_before
        if chunk.broken:
            self._lines_before += 1
            bad = BadRow(
                before + 1,
                NOT_READABLE,
                OwnWords(f"the line is {chunk.broken}"),
                RowContent(chunk.data, is_cut=True),
            )
            none = pa.array([], pa.int64())
            return Parsed(self._read_lines([])[0], none, [].__getitem__, None, [bad])
        ends = positions(b"\n", chunk.data)
        count = len(ends)
        self._lines_before += count
        if (parsed := self._whole(chunk.data, ends, before)) is not None:
            return parsed
        lines = lines_in(chunk.data)
        numbers: Sequence[int] = range(before + 1, before + len(lines) + 1)
        self._lines_before = before + len(lines)
        if not all(map(bytes.strip, lines)):
            are_rows = [bool(line.strip()) for line in lines]
            numbers, lines = [*compress(numbers, are_rows)], [*compress(lines, are_rows)]
        give_up = partial(give_up_if_mostly_bad, _explained)
        return self._judged(numbers, lines, "the line", give_up)

    def joinable(self, chunk: Block) -> tuple[str, int] | None:
        """Return how many lines a block has."""
        return None if chunk.broken else ("", chunk.data.count(b"\n"))

    def parse_values(self, found: JoinedValues) -> Parsed:
        """Return the rows of values that hold one object each, numbered by position, from 0."""
        if len(found) and found.has_plain_lines:
            whole = self._whole(found.data, found.ends, -1)
            if whole is not None:
                return whole
        values = [value or b"" for value in found.to_list()]
        # line ends are white space between the parts of a value: within its texts they are no JSON
        broken = [
            BadRow(i, NOT_READABLE, reason, value)
            for i, value in enumerate(values)
            if _LINE_ENDS.search(value) and (reason := not_an_object(value, "the message"))
        ]
        left_out = {row.number for row in broken}
        numbers = [i for i in range(len(values)) if i not in left_out]
        lines = [_LINE_ENDS.sub(b" ", values[i]) for i in numbers]
        parsed = self._judged(numbers, lines, "the message", lambda _, __: None)
        landed = parsed.numbers.to_pylist()
        return replace(
            parsed,
            contents=lambda row: values[landed[row]],
            bad=broken + [row._replace(content=values[row.number]) for row in parsed.bad],
        )

    def _whole(self, data: bytes, ends: Positions, before: int) -> Parsed | None:
        """Return all lines, which end at `ends`, as rows, None when anything is unusual.

        The lines are looked at first: pyarrow ends the process for a block of nothing but `null`.
        """
        if not self._was_clean:
            return None
        if not data.startswith(b"{") or not _are_all(b"}", data, ends - 1):
            return None
        if not _are_all(b"{", data, ends[:-1] + 1):
            return None
        lines = _Lines(data)
        try:
            rows, rescued = self._read(data, lambda: lines.all)
        except REFUSALS:
            return None
        numbers = pa.array(np.arange(before + 1, before + len(ends) + 1))
        return Parsed(rows, numbers, lines.at, rescued) if rows.num_rows == len(ends) else None

    def _judged(
        self,
        numbers: Sequence[int],
        lines: list[bytes],
        called: str,
        give_up: Callable[[int, Mapping[int, str]], None],
    ) -> Parsed:
        """Return the rows of lines of which at least one may be bad."""
        judged = self._judge.judge(lines, called, give_up)
        unfit, fitting, (rows, rescued) = read_fitting(lines, judged, self._read_lines, give_up)
        self._was_clean = not unfit
        bad = []
        for i, reason in sorted(unfit.items()):
            unreadable = judged.unreadable.get(i)
            if i not in judged.bad:  # found by reading, which does not say whether it is JSON
                unreadable = not_an_object(lines[i], called)
            if unreadable is None:
                bad.append(BadRow(numbers[i], NOT_REPRESENTABLE, _explained(reason), lines[i]))
            else:
                bad.append(BadRow(numbers[i], NOT_READABLE, unreadable, lines[i]))
        kept = [number for i, number in enumerate(numbers) if i not in unfit]
        return Parsed(rows, pa.array(kept, pa.int64()), fitting.__getitem__, rescued, bad)

    def _read_lines(self, lines: Sequence[bytes]) -> tuple[pa.Table, list[str | None] | None]:
        data = b"\n".join(lines) + b"\n" if lines else b""
        rows, rescued = self._read(data, lambda: lines)
        if rows.num_rows != len(lines):
            raise pa.ArrowInvalid("more than one value in a line")
        return rows, rescued

    def _read(
        self, data: bytes, lines: Callable[[], Sequence[bytes]]
    ) -> tuple[pa.Table, list[str | None] | None]:
        """Return the declared columns and what is rescued. Raises one of `REFUSALS`."""
        fields = self._read_fields(data) if data else self._schema.empty_table()
        if not self._rescued_fields.seen:
            return self._declared(fields, []), None
        if not self._json.count:
            rescued = self._rescued_fields.of_all(read_json(line) for line in lines())
            return self._declared(fields, []), rescued
        objects, texts = self._json.of_all(lines())
        has_more = self._rescued_fields.is_any_in
        rest = (
            read_json(line) if has_more(value) else {}
            for line, value in zip(lines(), objects, strict=True)
        )
        return self._declared(fields, texts), self._rescued_fields.of_all(rest)

    def _read_fields(self, data: bytes) -> pa.Table:
        try:
            return self._read_with(data, "ignore" if self._rescued_fields.seen else "error")
        except pa.ArrowInvalid as error:
            if _UNDECLARED not in str(error) or self._rescued_fields.seen:
                raise
        self._rescued_fields.seen = True
        return self._read_with(data, "ignore")

    def _read_with(self, data: bytes, undeclared: str) -> pa.Table:
        """Return the fields; times as texts where pyarrow refuses one, which may yet be exact."""
        if not data.isascii():
            data.decode()  # pyarrow takes texts that are no UTF-8 as they are
        if not self._times_are_texts:
            try:
                return self._read_as(self._schema, data, undeclared)
            except pa.ArrowInvalid as error:
                if _NO_TIME not in str(error):
                    raise
        return self._read_as(self._text_schema, data, undeclared)

    def _read_as(self, schema: pa.Schema, data: bytes, undeclared: str) -> pa.Table:
        options = pyarrow.json.ParseOptions(
            explicit_schema=schema, unexpected_field_behavior=undeclared
        )

        def read(block_size: int) -> pa.Table:
            sizes = pyarrow.json.ReadOptions(block_size=block_size)
            return pyarrow.json.read_json(pa.py_buffer(data), sizes, options)

        return read_in_blocks(read, len(data))

    def _declared(self, fields: pa.Table, texts: Sequence[Sequence[str | None]]) -> pa.Table:
        """Return the declared columns, each from its place, in its declared type.

        `texts` are those of the columns that are landed as JSON, in their order.
        """
        columns = []
        json_texts = iter(texts)
        for column in self._table.landed_columns:
            if column.is_json:
                columns.append(pa.array(next(json_texts), pa.string()))
                continue
            values: Any = fields.column(column.origin[0])
            if len(column.origin) > 1:
                values = pc.struct_field(values, list(column.origin[1:]))
            declared = column.data_type.arrow()
            columns.append(values if values.type == declared else _cast(values, column))
        names = [column.name for column in self._table.landed_columns]
        return pa.table(columns, names=names)


class _Lines:
    """The lines of a block, split only when one of them is asked for."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._lines: list[bytes] | None = None

    @property
    def all(self) -> list[bytes]:
        if self._lines is None:
            self._lines = self._data.split(b"\n")[:-1]
        return self._lines

    def at(self, position: int) -> bytes:
        return self.all[position]


def _are_all(byte: bytes, data: bytes, places: Positions) -> bool:
    """Whether a byte stands at all of the places."""
    return bool((np.frombuffer(data, np.uint8)[places] == byte[0]).all())


def _cast(values: pa.ChunkedArray, column: ColumnDeclaration) -> pa.ChunkedArray:
    declared = column.data_type.arrow()
    try:
        if pa.types.is_timestamp(declared):
            chunks = [times(c, declared, truncate=column.truncate) for c in values.chunks]
            return pa.chunked_array(chunks, declared)
        return values.cast(declared)
    except pa.ArrowInvalid as error:
        raise pa.ArrowInvalid(f"{column.name}: {error}") from None


def _schema(columns: Sequence[ColumnDeclaration], *, times_as_texts: bool) -> pa.Schema:
    kinds = ((c.origin, c.data_type.arrow()) for c in columns)
    return pa.schema(_fields([(o, _read_as(k, times_as_texts=times_as_texts)) for o, k in kinds]))


def _fields(columns: Sequence[tuple[tuple[str, ...], pa.DataType]]) -> list[pa.Field]:
    """Return the nested fields in which columns lie at their paths."""
    fields: dict[str, list[tuple[tuple[str, ...], pa.DataType]]] = {}
    for origin, kind in columns:
        fields.setdefault(origin[0], []).append((origin[1:], kind))
    return [
        pa.field(name, below[0][1] if not below[0][0] else pa.struct(_fields(below)))
        for name, below in fields.items()
    ]


def _read_as(kind: pa.DataType, *, times_as_texts: bool = False) -> pa.DataType:
    """Return the type that pyarrow reads what becomes `kind` as.

    It knows no dates in JSON, and drops the offset of a time without a zone.
    """
    if pa.types.is_list(kind):
        return pa.list_(_read_as(kind.value_type))
    if pa.types.is_decimal(kind):
        return wide(kind)
    is_time = pa.types.is_timestamp(kind) and (times_as_texts or kind.tz is None)
    return pa.string() if is_time or pa.types.is_date(kind) else kind


def _explained(reason: str) -> str:
    """Return pyarrow's reason in words about the file."""
    reason = reason.removeprefix("JSON parse error: ")
    named = _COLUMN.sub(lambda found: found[1].replace("/", ".") or "the row", reason)
    hint = AS_JSON if _NOT_A_STRING.search(reason) else ""
    return _PLACE.sub("", named) + hint
