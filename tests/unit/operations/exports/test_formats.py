"""Values of every kind as JSON Lines and as cells of a workbook; what a workbook cannot hold."""

import io
import json
import zipfile
from datetime import UTC, date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow as pa
import pytest
from pyiceberg.schema import Schema
from pyiceberg.types import (
    DateType,
    DecimalType,
    DoubleType,
    IntegerType,
    MapType,
    NestedField,
    StringType,
    StructType,
    TimestampType,
    TimestamptzType,
    TimeType,
)

from lake.errors import ConfigurationError
from operations.exports.formats import xlsx
from operations.exports.formats.base import ExportFormat
from operations.exports.formats.csv import Csv
from operations.exports.formats.json import Json
from operations.exports.formats.xlsx import Xlsx, sheet_name
from tests.integration.ingestion.home import LakeHome
from tests.unit.operations.exports.sales import EMPTY, FULL, NULLS, export, make
from tests.unit.operations.exports.written import cells_of, one_column, written, written_table

TEXT = one_column(StringType())


def test_json_has_an_object_for_each_row(home: LakeHome, tmp_path: Path) -> None:
    make(home, [FULL, EMPTY, NULLS])
    [one] = export(home, tmp_path, kind=ExportFormat.JSON)
    lines = (tmp_path / "sales.jsonl").read_text(encoding="utf-8").split("\n")
    full, empty, nulls = map(json.loads, lines[:3])
    assert (one.file, one.rows, lines[3:]) == ("sales.jsonl", 3, [""])
    assert list(full) == list(FULL)
    assert full == {
        **FULL,
        "amount": "1234567890123456789012345678901234.5600",
        "sold_at": "2026-01-02T03:04:05.678901Z",
        "local_at": "2026-01-02T03:04:05.678901",
        "sold_date": "2026-01-02",
        "mark": "AP8=",
    }
    assert (empty, nulls) == (EMPTY, NULLS)


@pytest.mark.parametrize(
    ("value", "said"),
    [(float("nan"), "NaN"), (float("inf"), "Infinity"), (float("-inf"), "-Infinity"), (None, None)],
)
def test_a_float_that_is_no_number_is_a_text_in_json(value: float | None, said: str | None) -> None:
    content = written(Json(), one_column(DoubleType()), [{"value": value}])
    assert json.loads(content) == {"value": said}


def test_a_map_is_an_object_and_times_within_are_iso() -> None:
    kind = MapType(2, IntegerType(), 3, StructType(NestedField(4, "at", TimestamptzType())), False)
    at = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    rows: list[dict[str, Any]] = [{"value": [(7, {"at": at}), (8, None)]}, {"value": None}]
    lines = written(Json(), one_column(kind), rows).splitlines()
    wanted = {"7": {"at": "2026-01-02T03:04:05.000000Z"}, "8": None}
    assert [json.loads(line)["value"] for line in lines] == [wanted, None]


def test_a_workbook_has_cells_of_the_kinds_of_the_columns(home: LakeHome, tmp_path: Path) -> None:
    make(home, [{**FULL, "amount": Decimal("-12.5000")}, EMPTY, NULLS])
    export(home, tmp_path, kind=ExportFormat.XLSX)
    header, full, empty, nulls = cells_of((tmp_path / "sales.xlsx").read_bytes())
    assert [cell.value for cell in header] == list(FULL)
    assert all(cell.font.b for cell in header)
    [sheet] = openpyxl.load_workbook(tmp_path / "sales.xlsx").worksheets
    assert (sheet.title, sheet.freeze_panes) == ("sales", "A2")
    assert [cell.value for cell in full[:1]] == [1]
    assert [cell.value for cell in full[2:9]] == [
        -12.5,
        datetime(2026, 1, 2, 3, 4, 5, 679000),
        datetime(2026, 1, 2, 3, 4, 5, 679000),
        datetime(2026, 1, 2),
        True,
        0.1,
        "AP8=",
    ]
    assert full[5].number_format == "yyyy-mm-dd"
    assert full[2].number_format == "0.0000"
    assert full[9].value == '["x","y,z"]'
    assert [cell.value for cell in empty if cell.value] == [2]
    assert [cell.value for cell in nulls if cell.value] == [3]


@pytest.mark.parametrize(
    ("digits", "is_number"),
    [("99999999999999.9", True), ("123456789012345.6", False), ("-100000000000000000000.0", True)],
)
def test_a_decimal_of_more_than_fifteen_digits_is_a_text(digits: str, is_number: bool) -> None:
    content = written(Xlsx(), one_column(DecimalType(38, 1)), [{"value": Decimal(digits)}])
    [[cell]] = cells_of(content)[1:]
    assert (cell.data_type == "n") is is_number
    assert Decimal(str(cell.value)) == Decimal(digits)


@pytest.mark.parametrize(
    ("day", "shown"),
    [
        (date(1900, 3, 1), datetime(1900, 3, 1)),
        (date(1900, 2, 28), "1900-02-28"),
        (date(9999, 12, 31), datetime(9999, 12, 31)),
        (date(1, 1, 1), "0001-01-01"),
    ],
)
def test_a_day_that_spreadsheets_do_not_agree_on_is_a_text(day: date, shown: object) -> None:
    [[cell]] = cells_of(written(Xlsx(), one_column(DateType()), [{"value": day}]))[1:]
    assert cell.value == shown


def test_a_time_after_the_year_9999_is_a_text_in_a_workbook() -> None:
    microseconds = pa.array([253_402_300_800_000_000], pa.int64()).cast(pa.timestamp("us"))
    content = written_table(Xlsx(), one_column(TimestampType()), pa.table({"value": microseconds}))
    assert cells_of(content)[1][0].value == "10000-01-01T00:00:00.000000"


def test_a_time_of_day_is_one_in_a_workbook() -> None:
    content = written(Xlsx(), one_column(TimeType()), [{"value": time(12, 30, 1)}])
    assert cells_of(content)[1][0].value == time(12, 30, 1)


def test_texts_that_look_like_formulas_stay_texts_when_they_are_edited() -> None:
    content = written(Xlsx(), TEXT, [{"value": "=1+1"}, {"value": "x"}])
    [[formula], [text]] = cells_of(content)[1:]
    assert formula.quotePrefix
    assert not text.quotePrefix
    with zipfile.ZipFile(io.BytesIO(content)) as parts:
        assert b"<f>" not in parts.read("xl/worksheets/sheet1.xml")


def test_a_text_longer_than_a_cell_is_an_error_that_names_it() -> None:
    longest = "x" * 32_765 + "😀"
    [[cell]] = cells_of(written(Xlsx(), TEXT, [{"value": longest}]))[1:]
    assert cell.value == longest
    with pytest.raises(ConfigurationError, match=r"gold\.t: the column value has a text of 32,768"):
        written(Xlsx(), TEXT, [{"value": "a"}, {"value": longest + "x"}])


def test_more_rows_than_a_sheet_has_are_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xlsx, "MOST_ROWS", 11)
    rows = [{"value": "x"}] * 10
    assert len(cells_of(written(Xlsx(), TEXT, rows))) == 11
    with pytest.raises(ConfigurationError, match=r"gold\.t has more than 10 rows") as fault:
        written(Xlsx(), TEXT, [*rows, rows[0]])
    assert "--where" in fault.value.fix


def test_more_columns_than_a_sheet_has_are_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xlsx, "MOST_COLUMNS", 1)
    schema = Schema(*(NestedField(n, f"c{n}", StringType()) for n in (1, 2)))
    with pytest.raises(ConfigurationError, match=r"gold\.t has more than 1 columns"):
        written(Xlsx(), schema, [])


@pytest.mark.parametrize(
    ("table", "name"),
    [("gold.sales", "sales"), ("gold.History", "History_"), (f"gold.{'x' * 40}", "x" * 31)],
)
def test_a_sheet_has_a_name_that_excel_takes(table: str, name: str) -> None:
    assert sheet_name(table) == name


def test_names_of_columns_are_escaped_too() -> None:
    assert written(Csv(), one_column(StringType(), "=a"), []) == b"'=a\r\n"
    assert written(Csv(is_escaped=False), one_column(StringType(), "=a"), []) == b"=a\r\n"
