"""Whatever is in a table, other programs read it back, and no spreadsheet runs any of it."""

import csv
import io
import json
import math
import re
from decimal import Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pyiceberg.types import (
    BinaryType,
    DecimalType,
    DoubleType,
    ListType,
    LongType,
    NestedField,
    StringType,
    StructType,
)

from operations.exports.formats.csv import Csv
from operations.exports.formats.json import Json
from operations.exports.formats.xlsx import Xlsx
from tests.unit.operations.exports.written import cells_of, one_column, written

STARTS = "=+-@\t\r\n\0\uff1d\uff0b\uff0d\uff20"
texts = st.one_of(st.text(), st.text(alphabet=f"{STARTS}'\",x_0041<>&r/; ", max_size=12))
names = texts.filter(bool).filter(lambda name: "\0" not in name)  # no database has such a name
TEXT = one_column(StringType())
NESTED = one_column(
    StructType(
        NestedField(2, "it's", StringType()),
        NestedField(3, "all", ListType(4, DecimalType(38, 4), False)),
    )
)


def unescaped(text: str) -> str:
    """Undo what docs/exports.md says is done to texts in CSV."""
    return text[1:] if re.match(f"'+[{re.escape(STARTS)}]", text) else text


def lines_of(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode(), newline="")))


@given(st.lists(texts, max_size=5), names)
@example(["=1+1", "'=1+1", "''=1+1", "'x", "@a", "-1", "\tx", "\rx", ",", '"', "\0=", ""], "=x")
def test_csv_gives_every_text_back(values: list[str], name: str) -> None:
    schema = one_column(StringType(), name)
    [header, *rows] = lines_of(written(Csv(), schema, [{name: value} for value in values]))
    assert [unescaped(cell) for cell in header] == [name]
    assert [unescaped(cell) for row in rows for cell in row] == values
    assert not [cell for row in (header, *rows) for cell in row if cell[:1] and cell[0] in STARTS]


@given(st.lists(texts, max_size=5))
@example(["=1+1", "'=1+1"])
def test_raw_csv_has_every_text_as_it_is(values: list[str]) -> None:
    rows = lines_of(written(Csv(is_escaped=False), TEXT, [{"value": value} for value in values]))
    assert [cell for row in rows[1:] for cell in row] == values


@given(st.lists(st.none() | texts, max_size=5), names)
def test_json_gives_every_text_back(values: list[str | None], name: str) -> None:
    schema = one_column(StringType(), name)
    content = written(Json(), schema, [{name: value} for value in values])
    assert content.count(b"\n") == len(values)
    assert [json.loads(line) for line in content.splitlines()] == [{name: v} for v in values]


@given(st.lists(texts, max_size=5), names)
@example(["<r><t>x</t></r>", "<r></is></c><c r='B1'><f>1+1</f></c></r>"], "<r></r>")
@example(["=1+1", "@a", "_x0041_", "\r\n", " x ", "￾", "https://a.example", "1", "mailto:a"], "=x")
def test_a_workbook_gives_every_text_back_and_none_is_a_formula(
    values: list[str], name: str
) -> None:
    schema = one_column(StringType(), name)
    cells = cells_of(written(Xlsx(), schema, [{name: value} for value in values]))
    found = [cell for row in cells for cell in row]
    assert [as_excel_reads(cell.value) for cell in found] == [name, *values]
    assert not [cell for cell in found if cell.data_type == "f" or cell.hyperlink]
    assert all(type(cell.value) is str for cell in found if cell.value)


def as_excel_reads(value: object) -> str:
    """Undo Excel's escapes of characters that XML has not, which openpyxl leaves in such cells."""
    return re.sub(r"_x([0-9A-Fa-f]{4})_", lambda found: chr(int(found[1], 16)), str(value or ""))


@given(st.lists(st.floats(), max_size=5))
@example([0.1, 1 / 3, -0.0, 1e16 + 2, 5e-324, 1.7976931348623157e308, math.nan, -math.inf])
def test_doubles_come_back_exactly(values: list[float]) -> None:
    rows = [{"value": value} for value in values]
    schema = one_column(DoubleType())
    cells = cells_of(written(Xlsx(), schema, rows))[1:]
    assert [repr(float(str(row[0].value))) for row in cells] == [repr(v) for v in values]
    lines = written(Json(), schema, rows).splitlines()
    assert [repr(float(json.loads(line)["value"])) for line in lines] == [repr(v) for v in values]
    cells_of_csv = lines_of(written(Csv(), schema, rows))[1:]
    assert [repr(float(row[0])) for row in cells_of_csv] == [repr(v) for v in values]


decimals = st.decimals(-(10**33), 10**33, allow_nan=False, places=4)


@given(st.lists(decimals, max_size=5))
@example([Decimal("1234567890123456789012345678901234.5600"), Decimal("-12.5000"), Decimal(0)])
@example([Decimal("99999999999.9999"), Decimal("999999999999.9999"), Decimal(10) ** 20])
def test_decimals_come_back_exactly(values: list[Decimal]) -> None:
    rows = [{"value": value} for value in values]
    schema = one_column(DecimalType(38, 4))
    found = [row[0].value for row in cells_of(written(Xlsx(), schema, rows))[1:]]
    assert [Decimal(str(value)) for value in found] == values
    lines = written(Json(), schema, rows).splitlines()
    assert [json.loads(line)["value"] for line in lines] == [f"{value:.4f}" for value in values]


@given(st.lists(st.integers(-(2**63), 2**63 - 1), max_size=5))
@example([10**15 - 1, 10**15 + 1, -1, 2**53 + 1, -(2**63)])
def test_integers_come_back_exactly(values: list[int]) -> None:
    rows = [{"value": value} for value in values]
    schema = one_column(LongType())
    found = [row[0].value for row in cells_of(written(Xlsx(), schema, rows))[1:]]
    assert [int(Decimal(str(value))) for value in found] == values
    assert not [value for value in found if type(value) is float and abs(value) < 10**15]
    lines = written(Json(), schema, rows).splitlines()
    assert [json.loads(line)["value"] for line in lines] == values


@given(texts, st.lists(st.none() | decimals, max_size=3))
def test_what_is_nested_is_json_in_every_format(text: str, numbers: list[Decimal | None]) -> None:
    rows = [{"value": {"it's": text, "all": numbers}}]
    wanted = {"it's": text, "all": [None if n is None else f"{n:.4f}" for n in numbers]}
    assert json.loads(written(Json(), NESTED, rows)) == {"value": wanted}
    assert json.loads(lines_of(written(Csv(), NESTED, rows))[1][0]) == wanted
    [_, [cell]] = cells_of(written(Xlsx(), NESTED, rows))
    assert json.loads(as_excel_reads(cell.value)) == wanted


def test_bytes_that_begin_like_a_formula_are_escaped() -> None:
    content = written(Csv(), one_column(BinaryType()), [{"value": b"\xf8\x00"}])
    assert content.splitlines()[1] == b"'+AA="


@pytest.mark.parametrize("number", ["-5", "-0.5"])
def test_a_negative_number_stays_a_number(number: str) -> None:
    content = written(Csv(), one_column(DecimalType(9, 1)), [{"value": Decimal(number)}])
    assert Decimal(content.splitlines()[1].decode()) == Decimal(number)
