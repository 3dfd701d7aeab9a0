"""Rows that do not fit, found by columns: the same ones as reading row by row finds."""

import io
import json
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ingestion.connectors.files.declaration import FileFormat, FileTable
from ingestion.connectors.files.reading import FORMATS
from ingestion.declarations.model import ColumnDeclaration, LoadMode, NewColumns
from ingestion.formats.base import NOT_READABLE, Parsed
from ingestion.formats.csv import rows as csv_rows
from ingestion.formats.csv_options import CsvOptions
from ingestion.formats.joined_values import JoinedValues
from ingestion.formats.json import unfit as json_unfit
from ingestion.formats.json.lines import JsonLines
from ingestion.formats.json.texts import not_an_object
from ingestion.formats.judged import Judged
from ingestion.formats.rescued_fields import RescuedFields

TYPES = (
    "int", "bigint", "float", "double", "decimal(5,2)", "decimal(20,3)", "decimal(2,2)",
    "boolean", "date", "timestamp", "timestamp_ntz", "string",
)  # fmt: skip
NUMBERS = st.one_of(
    st.integers(-(10**20), 10**20).map(str),
    st.integers(-3000, 3000).map(str),
    st.floats().map(repr),
    st.decimals(-1000, 1000, places=2).map(str),
    st.decimals(-1000, 1000, places=4).map(str),
    st.from_regex(r"\A[ \t]?[+-]?[0-9]{0,3}[.]?[0-9]{0,3}([eE][+-]?[0-9]{0,3})?[ \t]?\Z"),
    st.sampled_from(
        ["0x1F", "-0x1f", "0X", "1_000", "1.", ".5", "-.5", "inf", "-Infinity", "nan", "NaN(1)",
         "٣", "00012", "+7", "-", "1d", "1e999", "2147483647", "2147483648", "-2147483648", "0.120",
         "9223372036854775807", "9223372036854775808", "99999999999999999.999", "0" * 40 + "1"],
    ),
)  # fmt: skip
TIMES = st.one_of(
    st.dates().map(str),
    st.datetimes().map(str),
    st.datetimes().map(lambda at: f"{at.isoformat()}Z"),
    st.from_regex(
        r"\A[ ]?(0000|1969|2024|2026|9999)-[01][0-9]-[0-3][0-9]"
        r"([T ][0-2][0-9]:[0-6][0-9](:[0-6][0-9]([.][0-9]{1,9})?)?"
        r"(Z|[+-][0-2][0-9](:?[0-6][0-9])?)?)?\Z"
    ),
    st.sampled_from(["yesterday", "20260101", "2026-1-1", "2026-02-29", "2024-02-29", "24:00"]),
)
TEXTS = st.one_of(
    NUMBERS,
    TIMES,
    st.sampled_from(["true", "FALSE", "True", "tRUE", "t", "yes", " true", "", "n/a", "NULL"]),
    st.text("aé,\"'\n\r\t .1-", max_size=4),
)
COLUMNS = st.lists(st.sampled_from(TYPES), min_size=1, max_size=4)


def quoted(text: str) -> str:
    """Return a text as a value of CSV, in quotes where it has to be."""
    return '"' + text.replace('"', '""') + '"' if set(text) & set('",\n\r') else text


def table_of(
    types: Sequence[str],
    file_format: FileFormat,
    options: CsvOptions,
    paths: Sequence[str | None] = (None,) * 9,
) -> FileTable:
    """Return a table of columns c0, c1 and so on; `json` stands for JSON text."""
    return FileTable(
        source="drop",
        name="items",
        partition_by=(),
        load=LoadMode.APPEND,
        key=("c0",),
        cursor=None,
        new_columns=NewColumns.RESCUE,
        columns=tuple(
            ColumnDeclaration.model_validate(
                {
                    "name": f"c{i}",
                    "data_type": kind.replace("json", "string"),
                    "path": path,
                    "as": "json" if kind == "json" else None,
                }
            )
            for i, (kind, path) in enumerate(zip(types, paths, strict=False))
        ),
        files="items/*",
        format=file_format,
        stable_for=timedelta(0),
        csv=options,
    )


def parsed(table: FileTable, content: bytes) -> list[Parsed]:
    """Return what becomes of a file."""
    reader = FORMATS[table.format](table, RescuedFields(table, None))
    return [reader.parse(block) for block in reader.chunks(io.BytesIO(content))]


def outcome(parts: Sequence[Parsed]) -> tuple[list[Any], list[int], list[tuple[int, str]]]:
    """Return rows, their numbers, and the numbers and rules of those that are bad."""
    rows = [[_texts(column) for column in part.rows.columns] for part in parts]
    numbers = [number for part in parts for number in part.numbers.to_pylist()]
    return rows, numbers, sorted((row.number, row.rule) for part in parts for row in part.bad)


def _texts(column: pa.ChunkedArray) -> list[str | None]:
    """Return values as texts: NaN is not NaN, and Python has no year 0."""
    if pa.types.is_list(column.type):
        return [str(value) for value in column]
    texts: list[str | None] = column.cast(pa.string()).to_pylist()
    return texts


@st.composite
def files(draw: st.DrawFn) -> tuple[list[str], CsvOptions, bytes]:
    """Draw a file: its columns, how it is written, its content; some rows are cut or too long."""
    types = draw(COLUMNS)
    options = draw(
        st.sampled_from([CsvOptions(), CsvOptions(decimal_separator=",", thousands_separator=".")])
    )
    lengths = st.integers(0, 9).map(lambda n: {0: -1, 1: 1}.get(n, 0))
    lines = [",".join(f"c{i}" for i in range(len(types)))]
    for _ in range(draw(st.integers(1, 8))):
        count = max(1, len(types) + draw(lengths))
        lines.append(",".join(quoted(draw(TEXTS)) for _ in range(count)))
    content = "\n".join(lines).encode() + b"\n"
    if draw(st.integers(0, 5)) == 0:
        content = content.replace("é".encode(), b"\xe9")
    return types, options, content


@settings(max_examples=400)
@given(files())
@example((["int", "string"], CsvOptions(), b"c0,c1\n1,a\nx,b\n3\n4,\xe9\n"))
@example((["timestamp"], CsvOptions(), b"c0\n2026-01-01T00:00:00Z\n2026-02-30\n2026-01-01\n"))
@example((["date"], CsvOptions(), b"c0\n0000-01-01\n 2026-01-01 \n2026-13-01\n"))
def test_rows_of_csv_judged_by_columns_are_judged_as_by_reading(
    file: tuple[list[str], CsvOptions, bytes],
) -> None:
    types, options, content = file
    table = table_of(types, FileFormat.CSV, options)
    found = outcome(parsed(table, content))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(csv_rows, "judge", lambda _, lines: Judged(doubtful=set(range(len(lines)))))
        expected = outcome(parsed(table, content))
    assert found == expected


JSON_TYPES = (*TYPES, "json", "array<int>", "array<string>", "array<decimal(5,2)>")
PATHS = (None, "n.a", "n.b", "m.x.y", "m.x/z", "m.q'~r")
JSON_NUMBERS = st.one_of(
    st.integers(-(10**20), 10**20).map(str),
    st.integers(-3000, 3000).map(str),
    st.decimals(-1000, 1000, places=2).map(str),
    st.decimals(-1000, 1000, places=4).map(str),
    st.from_regex(r"\A-?(0|[1-9][0-9]{0,3})([.][0-9]{1,3})?([eE][+-]?[0-9]{1,2})?\Z"),
    st.sampled_from(
        ["-0", "1e999", "2147483648", "9223372036854775808", "0.120", "NaN", "1.", "01", "+1",
         "0.0000000000000000000000000000000000000001", "1e0"],
    ),
)  # fmt: skip
SCALARS = st.one_of(
    JSON_NUMBERS,
    st.one_of(NUMBERS, TIMES, st.text('aé"\\\n/{}', max_size=3)).map(json.dumps),
    st.sampled_from(["true", "false", "null"]),
)
VALUES = st.one_of(
    SCALARS,
    st.lists(SCALARS, max_size=3).map(lambda items: f"[{', '.join(items)}]"),
    st.sampled_from(["{}", '{"a": 1}', "[[1]]", "[{}]", "{"]),
)
LINES = st.sampled_from(
    ["null", "1", '"x"', "[]", "{", "{}", '{"c0": 1,}', "{} {}", '{"c0": 1, "c0": 2}', "// c",
     '{"c0"}', "\xff", '{"c0": "\xff"}', '{"c0": "\\ud800"}', " ", '{"n": 1}', '{"m": {"x": 5}}'],
)  # fmt: skip


@st.composite
def json_files(draw: st.DrawFn) -> tuple[list[str], list[str | None], bytes]:
    """Draw a file of JSON Lines: the types of its columns, where they stand, its content."""
    paths = draw(st.lists(st.sampled_from(PATHS), min_size=1, max_size=4, unique=True))
    types = draw(st.lists(st.sampled_from(JSON_TYPES), min_size=len(paths), max_size=len(paths)))
    lines = []
    for _ in range(draw(st.integers(1, 8))):
        if draw(st.integers(0, 5)) == 0:
            lines.append(draw(LINES).encode("latin-1"))
            continue
        tree: dict[str, Any] = {"more": "1"} if draw(st.booleans()) else {}
        for i, path in enumerate(paths):
            here, parts = tree, (path or f"c{i}").split(".")
            for part in parts[:-1]:
                here = here.setdefault(part, {})
            if draw(st.integers(0, 6)):
                here[parts[-1]] = draw(VALUES)
        lines.append(_written(tree).encode())
    return types, list(paths), b"\n".join(lines) + b"\n"


def _written(tree: dict[str, Any]) -> str:
    """Return an object whose values are JSON already."""
    fields = (
        f"{json.dumps(name)}: {_written(value) if isinstance(value, dict) else value}"
        for name, value in tree.items()
    )
    return "{" + ", ".join(fields) + "}"


@settings(max_examples=400)
@given(json_files(), st.sampled_from([0, 100]))
@example((["int"], [None], b'{"c0": 1}\n{"c0": 1,}\n{"c0": "x"}\n'), 0)
@example((["array<int>"], ["n.a"], b'{"n": {"a": [1, "x"]}}\n{"n": 1}\n'), 0)
def test_lines_of_json_judged_by_fields_are_judged_as_by_reading(
    file: tuple[list[str], list[str | None], bytes], few: int
) -> None:
    types, paths, content = file
    table = table_of(types, FileFormat.JSON_LINES, CsvOptions(), paths)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(json_unfit, "FEW_LINES", few)
        found = outcome(parsed(table, content))
        patch.setattr(json_unfit.JsonJudge, "judge", by_reading)
        expected = outcome(parsed(table, content))
    assert found == expected


def by_reading(
    _: object, lines: Sequence[bytes], called: str, __: object
) -> json_unfit.JudgedLines:
    """Say of lines only whether they hold an object each."""
    judged = json_unfit.JudgedLines.all_doubtful(len(lines))
    for position, line in enumerate(lines):
        if unreadable := not_an_object(line, called):
            judged.bad[position] = judged.unreadable[position] = unreadable
    return judged


def test_a_line_end_within_a_text_of_a_value_is_never_made_a_space() -> None:
    """Between the parts of a value it is white space, and the value is read."""
    table = table_of(["string"], FileFormat.JSON_LINES, CsvOptions())
    values = [b'{"c0": "a\nb"}', b'{"c0":\n"c"}', b'{"c0": "d"}', b"{\r}", b'{"c0": "e\r"}']
    found = JsonLines(table, RescuedFields(table, None)).parse_values(JoinedValues.of(values))
    assert found.rows.column("c0").to_pylist() == ["c", "d", None]
    assert found.numbers.to_pylist() == [1, 2, 3]
    assert [found.contents(row) for row in range(3)] == values[1:4]
    assert sorted((row.number, row.rule, row.content) for row in found.bad) == [
        (0, NOT_READABLE, values[0]),
        (4, NOT_READABLE, values[4]),
    ]
