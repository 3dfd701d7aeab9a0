"""Cells of a sheet: values of a row -> numbers, times, booleans and texts that Excel can hold."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from math import isinf, isnan
from typing import TYPE_CHECKING, Any

from lake.errors import ConfigurationError
from operations.exports.formats.base import Content
from operations.exports.formats.formulas import is_formula

if TYPE_CHECKING:
    from pyiceberg.types import IcebergType

LONGEST_TEXT = 32_767  # UTF-16 units
MOST_DIGITS = 15  # of a number, of which a double keeps every one
SMALLEST, LARGEST = 2.2250738585072014e-308, 9.99999999999999e307  # of Excel's numbers
FIRST_DAY = date(1900, 3, 1)  # programs number the days before it in two ways
DAY, TIME_OF_DAY = "yyyy-mm-dd", "hh:mm:ss.000"
MOMENT = f"{DAY} {TIME_OF_DAY}"
Writer = Callable[[int, int, Any], None]


class ExactNumber(float):
    """A number of which XlsxWriter writes every digit; its own format has sixteen."""

    def __format__(self, _: str) -> str:
        """Return the shortest text that is this very number."""
        return repr(float(self))


class Cells:
    """Writes the cells of one sheet, row by row in order."""

    def __init__(self, book: Any, sheet: Any, content: Content) -> None:  # noqa: ANN401 - untyped
        """Write into the sheet of a workbook, both of XlsxWriter."""
        self._sheet = sheet
        self._content = content
        self._as_text = book.add_format({"quote_prefix": True})
        self._heading = book.add_format({"bold": True, "quote_prefix": True})
        self._styles = {n: book.add_format({"num_format": n}) for n in (DAY, TIME_OF_DAY, MOMENT)}
        self._book = book
        self._writers = [self._writer(field.field_type) for field in content.schema.fields]

    def write_header(self) -> None:
        """Write the names of the columns, which stay when the rows are scrolled."""
        for column, field in enumerate(self._content.schema.fields):
            self._sheet.set_column(column, column, _width(field.name, field.field_type))
            self._write_text(0, column, field.name, self._heading)
        self._sheet.freeze_panes(1, 0)

    def write_row(self, row: int, values: Sequence[object]) -> None:
        """Write the values of a row; NULL is no cell. Raises ConfigurationError for a long text."""
        for column, (write, value) in enumerate(zip(self._writers, values, strict=True)):
            if value is not None:
                write(row, column, value)

    def _writer(self, kind: IcebergType) -> Writer:
        from pyiceberg import types

        if isinstance(kind, types.DecimalType):
            return self._exact_writer(kind.scale)
        moments = self._time_writer(_utc, MOMENT)
        writers: dict[type[IcebergType], Writer] = {
            types.BooleanType: self._write_boolean,
            types.IntegerType: self._exact_writer(0),
            types.LongType: self._exact_writer(0),
            types.FloatType: self._write_double,
            types.DoubleType: self._write_double,
            types.DateType: self._time_writer(date.fromisoformat, DAY),
            types.TimeType: self._time_writer(time.fromisoformat, TIME_OF_DAY),
            types.TimestampType: moments,
            types.TimestamptzType: moments,
        }
        return writers.get(type(kind), self._write_text)

    def _write_boolean(self, row: int, column: int, value: bool) -> None:
        self._sheet.write_boolean(row, column, value)

    def _write_double(self, row: int, column: int, value: float) -> None:
        if value == 0 or SMALLEST <= abs(value) <= LARGEST:
            self._sheet.write_number(row, column, ExactNumber(value))
        else:
            self._write_text(row, column, _name_of(value))

    def _exact_writer(self, scale: int) -> Writer:
        """Return what writes a number of so many decimal places where a double keeps its digits."""
        style = self._book.add_format({"num_format": f"0.{'0' * scale}"}) if scale else None

        def write(row: int, column: int, value: Decimal | int) -> None:
            text = f"{value:f}" if isinstance(value, Decimal) else str(value)
            if len(text.lstrip("-").replace(".", "").strip("0")) > MOST_DIGITS:
                self._write_text(row, column, text)
            else:
                self._sheet.write_number(row, column, float(text), style)

        return write

    def _time_writer(self, parse: Callable[[str], Any], style: str) -> Writer:
        """Return what writes times that Excel knows as such, and others as texts."""

        def write(row: int, column: int, value: str) -> None:
            try:
                parsed = parse(value)
            except ValueError:  # before the year 1, or after 9999
                parsed = None
            if parsed is None or (isinstance(parsed, date) and _day_of(parsed) < FIRST_DAY):
                self._write_text(row, column, value)
            else:
                self._sheet.write_datetime(row, column, parsed, self._styles[style])

        return write

    def _write_text(self, row: int, column: int, text: str, style: object = None) -> None:
        if len(text) * 2 > LONGEST_TEXT:
            self._require_short(row, column, text)
        given = style or (self._as_text if is_formula(text) else None)
        self._sheet.write_string(row, column, text, given)

    def _require_short(self, row: int, column: int, text: str) -> None:
        units = len(text.encode("utf-16-le")) // 2
        if units > LONGEST_TEXT:
            name = self._content.schema.fields[column].name
            raise ConfigurationError(
                f"{self._content.table}: the column {name} has a text of {units:,} characters in"
                f" row {row:,}; a cell of Excel holds {LONGEST_TEXT:,}",
                "choose --format csv, json or parquet, or leave the row out by --where",
            )


def _utc(text: str) -> datetime:
    return datetime.fromisoformat(text.removesuffix("Z"))


def _day_of(moment: date) -> date:
    return moment.date() if isinstance(moment, datetime) else moment


def _name_of(value: float) -> str:
    """Return a double that is no number of Excel's as a text."""
    if isnan(value):
        return "NaN"
    if isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    return repr(value)


def _width(name: str, kind: IcebergType) -> int:
    """Return how many digits wide a column is: Excel shows a time that does not fit as ####."""
    from pyiceberg import types

    least: dict[type[IcebergType], int] = {
        types.DateType: 11,
        types.TimestampType: 24,
        types.TimestamptzType: 24,
    }
    return max(least.get(type(kind), 13), min(len(name) + 2, 40))
