"""The values of CSV: bytes of whole rows -> columns in their declared types, exactly."""

from __future__ import annotations

import re
from collections.abc import Callable

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from ingestion.declarations import ColumnDeclaration
from ingestion.formats.chunks import read_in_blocks
from ingestion.formats.csv.cut import CsvCut
from ingestion.formats.csv.header import Header
from ingestion.formats.csv.numbers import SeparatedNumbers
from ingestion.formats.csv_options import CsvOptions
from ingestion.formats.json.fields import json_text
from ingestion.formats.reasons import QUOTED_CHARACTERS
from ingestion.values.bisect import REFUSALS
from ingestion.values.decimals import (
    FLOAT_DIGITS,
    decimals,
    from_texts,
    readable,
    require_exact,
)
from ingestion.values.plain_forms import is_plainly
from ingestion.values.times import LOCAL_TIME, UTC_TIME, times

_COLUMN = re.compile(r"^In CSV column #(\d+): (?:Row #\d+: )?(?:CSV conversion error to )?")
_NO_UTF_8 = "invalid UTF8 data"
# Stands for null where what is declared for it begins with the escape, which pyarrow removes.
_NULL_MARK = "\x1anull\x1a"


class CsvValues:
    """Reads the rows below one header."""

    def __init__(self, options: CsvOptions, header: Header, cut: CsvCut) -> None:
        """Read rows written with `options`."""
        self._options = options
        self._header = header
        self._nulls = EscapedNulls(options, cut)
        thousands = options.thousands_separator
        self._numbers = (
            SeparatedNumbers(options.decimal_separator, thousands) if thousands else None
        )
        self._types = {name: self._read_type(name) for name in header.names}
        # Times are read with an offset, without one (they are UTC), or as texts where both occur;
        # whichever fitted the block before is tried first.
        self.time_types = [UTC_TIME, LOCAL_TIME, pa.string()]

    def read(self, data: bytes) -> pa.Table:
        """Return the columns of the file as read; a row of another length is an error.

        Raises ArrowInvalid for what cannot be read.
        """
        for kind in tuple(self.time_types):
            read_as = {UTC_TIME: kind, LOCAL_TIME: kind if kind == pa.string() else LOCAL_TIME}
            types = {n: read_as.get(t, t) for n, t in self._types.items()}
            try:
                rows = self._read_as(data, types)
            except pa.ArrowInvalid as error:
                if "timestamp" not in str(error):
                    raise
                continue
            self.time_types.remove(kind)
            self.time_types.insert(0, kind)
            return rows
        raise pa.ArrowInvalid("its times are of no known form")

    def declared(self, texts: pa.Table) -> pa.Table:
        """Return the declared columns in their declared types, or raise ArrowInvalid."""
        columns = self._header.declared
        arrays = [self.exactly(texts.column(name), column) for name, column in columns.items()]
        return pa.table(arrays, names=[column.name for column in columns.values()])

    def texts(self, data: bytes) -> tuple[pa.Table, dict[int, str]]:
        """Return all columns as they are written, and rows of another length.

        Those are not in the columns: they are the positions among all rows, with why. Raises
        ArrowInvalid for what cannot be read.
        """
        wrong: dict[int, str] = {}

        def pass_over(row: pyarrow.csv.InvalidRow) -> str:
            wrong[row.number - 1] = (
                f"Expected {row.expected_columns} columns, got {row.actual_columns}:"
                f" {row.text[:QUOTED_CHARACTERS]}"
            )
            return "skip"

        types = dict.fromkeys(self._header.names, pa.string())
        return self._read_as(data, types, pass_over), wrong

    def read_type(self, name: str) -> pa.DataType:
        """Return the type that the values of a name in the file are read in at first."""
        return self._types[name]

    def declared_as(self, name: str) -> ColumnDeclaration | None:
        """Return the column that lands what has a name in the file, None where none does."""
        return self._header.declared.get(name)

    def plain(self, texts: pa.StringArray, column: ColumnDeclaration) -> pa.BooleanArray | None:
        """Say which texts are values of a column beyond doubt; None where that cannot be said."""
        kind = column.data_type.arrow()
        if column.is_json:
            return None
        if self._numbers and is_number(column):
            fits, texts = self._numbers.without_separators(texts, kind)
            plain = is_plainly(texts, kind)
            return None if plain is None else pc.and_(fits, plain)
        return is_plainly(texts, kind)

    def explained(self, reason: str) -> str:
        """Return pyarrow's reason with the column's name in place of its number."""
        if not reason.startswith(("In CSV", "CSV")):
            return reason
        reason = reason.replace(_NO_UTF_8, self.not_decodable)
        found = _COLUMN.match(reason)
        if found is None:
            return reason.removeprefix("CSV parse error: ")
        return f"{self._header.names[int(found[1])]}: {_COLUMN.sub('', reason)}"

    @property
    def not_decodable(self) -> str:
        """What is said of bytes that are no text."""
        return f"bytes that are no {self._options.encoding.upper()}"

    def exactly(
        self, values: pa.ChunkedArray, column: ColumnDeclaration
    ) -> pa.Array | pa.ChunkedArray:
        """Return values in the declared type. Raises ArrowInvalid where one would change."""
        try:
            return self._exactly(values, column)
        except REFUSALS as error:
            raise pa.ArrowInvalid(f"{column.name}: {error}") from None

    def _read_as(
        self,
        data: bytes,
        types: dict[str, pa.DataType],
        pass_over: Callable[[pyarrow.csv.InvalidRow], str] | None = None,
    ) -> pa.Table:
        """Return columns in these types; rows of another length end it, or `pass_over` is told."""
        options = self._options
        data, null_values = self._nulls.marked(data)
        parse = pyarrow.csv.ParseOptions(
            delimiter=options.delimiter,
            quote_char=options.quote or False,
            escape_char=options.escape or False,
            newlines_in_values=options.escape is not None
            or bool(options.quote and options.quote.encode() in data),
            invalid_row_handler=pass_over,
        )
        convert = pyarrow.csv.ConvertOptions(
            column_types=types,
            null_values=null_values,
            strings_can_be_null=True,
            quoted_strings_can_be_null=False,
            timestamp_parsers=[pyarrow.csv.ISO8601],
            decimal_point=options.decimal_separator,
        )

        def read(block_size: int) -> pa.Table:
            sizes = pyarrow.csv.ReadOptions(block_size=block_size, column_names=self._header.names)
            sizes.use_threads = pass_over is None  # else rows are not numbered
            return pyarrow.csv.read_csv(pa.py_buffer(data), sizes, parse, convert)

        return read_in_blocks(read, len(data)) if pass_over is None else read(len(data) + 1)

    def _read_type(self, name: str) -> pa.DataType:
        """Return the type a column is read in: short decimals as doubles, which is far faster."""
        column = self._header.declared.get(name)
        if column is None or (self._numbers and is_number(column)) or column.truncate:
            return pa.string()
        kind = column.data_type.arrow()
        if pa.types.is_decimal(kind):
            if kind.precision <= FLOAT_DIGITS:
                return pa.float64()
            return readable(kind)
        return kind

    def _exactly(
        self, values: pa.ChunkedArray, column: ColumnDeclaration
    ) -> pa.Array | pa.ChunkedArray:
        declared = column.data_type.arrow()
        if column.is_json:
            return _each(values, declared, _as_json)
        if values.type == declared:
            return values
        if pa.types.is_decimal(declared) and pa.types.is_floating(values.type):
            for chunk in values.chunks:
                require_exact(chunk, declared)
            return _each(values, declared, lambda chunk: decimals(chunk, declared))
        if pa.types.is_string(values.type):
            return _each(values, declared, lambda chunk: self._of_texts(chunk, column))
        return values.cast(declared)

    def _of_texts(self, texts: pa.StringArray, column: ColumnDeclaration) -> pa.Array:
        """Return values that no reader of CSV knows, or not as they are declared."""
        declared = column.data_type.arrow()
        if self._numbers and is_number(column):
            return self._numbers.numbers(texts, declared)
        if pa.types.is_decimal(declared):
            return from_texts(pc.ascii_trim(texts, " \t"), declared)
        if pa.types.is_timestamp(declared):
            return times(texts, declared, truncate=column.truncate)
        return texts.cast(declared)


class EscapedNulls:
    r"""Tells texts for null such as `\N` where `\` is the escape, by which they would be `N`."""

    def __init__(self, options: CsvOptions, cut: CsvCut) -> None:
        """Look for the declared texts for null that begin with the escape."""
        texts = options.null_values
        escaped = [t for t in texts if options.escape and t.startswith(options.escape)]
        self._null_values = list(texts)
        self._pattern = None
        if escaped:
            self._null_values = [*(t for t in texts if t not in escaped), _NULL_MARK]
            delimiter = re.escape(options.delimiter).encode()
            any_of = "|".join(re.escape(t) for t in escaped).encode()
            before = rb"(?:\A|(?<=[\r\n])|(?<=" + delimiter + rb"))"
            self._pattern = re.compile(
                before + rb"(?:" + any_of + rb")(?=[\r\n]|\Z|" + delimiter + rb")"
            )
        self._cut = cut

    def marked(self, data: bytes) -> tuple[bytes, list[str]]:
        """Return the rows with a mark for each of the texts, and all texts that are null.

        Raises ArrowInvalid where the mark itself stands in them.
        """
        if self._pattern is None:
            return data, self._null_values
        mark = _NULL_MARK.encode()
        if mark in data:
            raise pa.ArrowInvalid("control characters that Firn uses for null stand in it")
        parts, position = [], 0
        for start, end in self._cut.plain_spans(data):
            parts.append(data[position:start])
            position = start
            for found in self._pattern.finditer(data, start, end):
                parts += [data[position : found.start()], mark]
                position = found.end()
        parts.append(data[position:])
        return b"".join(parts), self._null_values


def is_number(column: ColumnDeclaration) -> bool:
    """Whether a column's values have digits that separators could part."""
    return column.data_type.name in ("int", "bigint", "float", "double", "decimal")


def _as_json(values: pa.Array) -> pa.Array:
    """Return texts of which each is a JSON value. Raises ArrowInvalid where one is none."""
    try:
        texts = [None if text is None else json_text(text) for text in values.to_pylist()]
    except REFUSALS as error:
        raise pa.ArrowInvalid(f"the text is no JSON: {error}") from None
    return pa.array(texts, pa.string())


def _each(
    values: pa.ChunkedArray, declared: pa.DataType, convert: Callable[[pa.Array], pa.Array]
) -> pa.ChunkedArray:
    return pa.chunked_array([convert(chunk) for chunk in values.chunks], declared)
