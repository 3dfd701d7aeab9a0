"""A decimal is landed as it is written, or not at all, whatever it is written in."""

from collections.abc import Callable
from decimal import Context, Decimal, localcontext

import pyarrow as pa
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from ingestion.connectors.files.declaration import FileFormat
from ingestion.formats.csv_options import CsvOptions
from ingestion.formats.parquet.values import converter
from ingestion.values.bisect import REFUSALS
from ingestion.values.decimals import FLOAT_DIGITS, LONGEST_TEXT, from_texts
from tests.unit.ingestion.test_unfit_rows import parsed, table_of

WIDE = Context(prec=200)


@st.composite
def decimal_types(draw: st.DrawFn) -> tuple[int, int]:
    """Draw precision and scale."""
    precision = draw(st.integers(1, 38))
    return precision, draw(st.integers(0, precision))


NUMBERS = st.one_of(
    st.builds(lambda n, digits: n % 10**digits, st.integers(0, 10**42), st.integers(1, 42)).map(
        str
    ),
    st.builds("{}.{}".format, st.integers(0, 10**38), st.from_regex(r"\A[0-9]{1,38}\Z")),
    st.builds("{}.{}".format, st.integers(0, 10**6), st.from_regex(r"\A[0-9]{1,6}\Z")),
)


def held(text: str, precision: int, scale: int) -> bool:
    """Whether a decimal type holds the number."""
    with localcontext(WIDE):
        scaled = Decimal(text).scaleb(scale)
        return scaled == scaled.to_integral_value() and abs(scaled) < 10**precision


def through(file_format: FileFormat, line: str) -> Callable[[str, int, int], str | None]:
    """Return what lands a text by itself in a file."""

    def land(text: str, precision: int, scale: int) -> str | None:
        table = table_of([f"decimal({precision},{scale})"], file_format, CsvOptions())
        [part] = parsed(table, line.format(text).encode())
        found: list[str] = part.rows.column("c0").cast(pa.string()).to_pylist()
        assert len(found) + len(part.bad) == 1
        return found[0] if found else None

    return land


def through_texts(text: str, precision: int, scale: int) -> str | None:
    """Return what becomes of a text where nothing reads it before."""
    try:
        exact = from_texts(pa.array([text]), pa.decimal128(precision, scale))
    except REFUSALS:
        return None
    return str(exact.cast(pa.string())[0])


@pytest.mark.parametrize(
    "land",
    [
        through(FileFormat.CSV, "c0\n{}\n"),
        through(FileFormat.JSON_LINES, '{{"c0": {}}}\n'),
        through(FileFormat.JSON_LINES, '{{"c0": "{}"}}\n'),
        through_texts,
    ],
    ids=["csv", "json", "json_text", "text"],
)
@settings(max_examples=150)
@given(NUMBERS, decimal_types())
@example("1" * 30, (38, 10))
@example("1000", (5, 2))
@example("9" * 17, (18, 2))
def test_a_decimal_is_landed_as_it_is_written_or_not_at_all(
    land: Callable[[str, int, int], str | None], text: str, kind: tuple[int, int]
) -> None:
    found = land(text, *kind)
    if held(text, *kind):
        assert found is None or Decimal(found) == Decimal(text)
        assert found is not None or len(text) > LONGEST_TEXT
    else:
        assert found is None or _is_beyond_doubles(text, kind)


def _is_beyond_doubles(text: str, kind: tuple[int, int]) -> bool:
    """Whether CSV reads a number as a double, and it has more digits than one tells apart."""
    return kind[0] <= FLOAT_DIGITS < len(text.replace(".", "").lstrip("0"))


@settings(max_examples=300)
@given(NUMBERS, decimal_types(), decimal_types())
@example("17043.0", (8, 1), (37, 35))
def test_a_decimal_of_parquet_is_landed_as_it_is_or_not_at_all(
    text: str, have: tuple[int, int], kind: tuple[int, int]
) -> None:
    assume(held(text, *have))
    with localcontext(WIDE):
        values = pa.array([Decimal(text)], pa.decimal128(*have))
    try:
        found = converter(values.type, pa.decimal128(*kind), "c0")(values)[0].as_py()
    except REFUSALS:
        assert not held(text, *kind)
    else:
        assert found == Decimal(text)
