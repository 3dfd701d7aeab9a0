"""Filters of exports: what may be written, what is refused, and rows that are just those meant."""

from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

import duckdb
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyiceberg.expressions.visitors import expression_evaluator
from pyiceberg.schema import Schema
from pyiceberg.typedef import Record
from pyiceberg.types import (
    BinaryType,
    BooleanType,
    DateType,
    DecimalType,
    DoubleType,
    IntegerType,
    LongType,
    NestedField,
    StringType,
    TimestampType,
    TimestamptzType,
    TimeType,
)

from lake.errors import ConfigurationError
from operations.exports.filters.binding import BoundFilter, bind_filter
from operations.exports.filters.parsing import parse_filter

SCHEMA = Schema(
    NestedField(1, "store_id", StringType()),
    NestedField(2, "sale_id", LongType()),
    NestedField(3, "amount", DecimalType(9, 2)),
    NestedField(4, "rate", DoubleType()),
    NestedField(5, "is_gift", BooleanType()),
    NestedField(6, "sold_date", DateType()),
    NestedField(7, "sold_at", TimestamptzType()),
    NestedField(8, "local_at", TimestampType()),
    NestedField(9, "opens", TimeType()),
    NestedField(10, "mark", BinaryType()),
    NestedField(11, "pieces", IntegerType()),
    NestedField(12, "Mixed Case", StringType()),
)
ROW = {
    "store_id": "S1",
    "sale_id": 7,
    "amount": Decimal("-12.50"),
    "rate": 0.1,
    "is_gift": True,
    "sold_date": date(2025, 5, 1),
    "sold_at": datetime(2025, 5, 1, 12, tzinfo=UTC),
    "local_at": datetime(2025, 5, 1, 12),
    "opens": time(8),
    "mark": b"\x01",
    "pieces": 3,
    "Mixed Case": "it's",
}
NOTHING: dict[str, Any] = dict.fromkeys(ROW)


def bound(text: str) -> BoundFilter:
    return bind_filter(parse_filter(text), "gold.sales", SCHEMA)


def matches(text: str, row: dict[str, Any]) -> bool:
    """Whether DuckDB finds the row by the SQL of a filter."""
    made = bound(text)
    rows = pa.Table.from_pylist([row], SCHEMA.as_arrow())
    with duckdb.connect() as database:
        database.execute("set timezone = 'UTC'")
        database.register("rows", rows)
        found = database.execute(f"select 1 from rows where {made.sql}", list(made.parameters))
        return bool(found.fetchall())


def may_match(text: str, row: dict[str, Any]) -> bool:
    """Whether the predicate for Iceberg is true for the row, as for a file that holds it alone."""
    predicate = bound(text).predicate
    return expression_evaluator(SCHEMA, predicate, case_sensitive=True)(_record(row))


def _record(row: dict[str, Any]) -> Record:
    from pyiceberg.utils.datetime import date_to_days, datetime_to_micros, time_to_micros

    def stored(value: Any) -> Any:  # noqa: ANN401
        match value:
            case datetime():
                return datetime_to_micros(value)
            case date():
                return date_to_days(value)
            case time():
                return time_to_micros(value)
            case _:
                return value

    return Record(*(stored(row[field.name]) for field in SCHEMA.fields))


@pytest.mark.parametrize(
    "text",
    [
        "store_id = 'S1' and sold_date >= date '2025-05-01'",
        "'S1' = store_id",
        "5 < sale_id and 7 >= sale_id",
        "sale_id in (6, 7) and sale_id not in (1, 2)",
        "sale_id between 7 and 8 and sale_id not between 8 and 9",
        "not (sale_id < 7 or sale_id > 7)",
        "store_id like 'S%' and store_id not like '%2' and store_id like '_1'",
        "store_id is not null and not store_id is null",
        "amount = -12.5 and amount < -12.4 and amount <> 1e2",
        "rate = 0.1 and rate < 1 and rate != 0.2",
        "is_gift = true and is_gift <> false",
        "sold_date = '2025-05-01' and sold_date < cast('2025-05-02' as date)",
        "sold_at = timestamp '2025-05-01 12:00:00' and sold_at = '2025-05-01 14:00:00+02:00'",
        "sold_at > date '2025-05-01' and local_at >= timestamp '2025-05-01 12:00:00'",
        "opens = '08:00' and pieces == 3",
        "\"Mixed Case\" = 'it''s' and STORE_ID = 'S1'",
        "mark is not null /* a comment */",
    ],
)
def test_a_row_is_found_by_what_is_true_for_it(text: str) -> None:
    assert matches(text, ROW)
    assert may_match(text, ROW)
    assert not matches(f"not ({text})", ROW)
    assert not matches(text, NOTHING), "null is neither equal nor unequal"


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("sale_id", "'sale_id' is no comparison of a column with a literal"),
        ("lower(store_id) = 's1'", "'LOWER(store_id)' is no column"),
        ("1 = 1", "'1' is no column"),
        ("sale_id = pieces", "'pieces' is no literal"),
        ("sale_id + 1 = 2", "'sale_id + 1' is no column"),
        ("sale_id = 1 + 1", "'1 + 1' is no literal"),
        (
            "sale_id = null",
            "'sale_id = NULL' compares with null, which nothing equals",
        ),
        ("sale_id in (select 1)", "is more than a comparison"),
        ("exists (select 1)", "is no comparison"),
        ("sales.sale_id = 1", "'sales.sale_id' is more than a comparison"),
        ("sale_id between symmetric 2 and 1", "is more than a comparison"),
        ("store_id like 'a' escape '!'", "is no comparison"),
        ("store_id ilike 'a'", "is no comparison"),
        ("store_id like sale_id", "is no comparison"),
        ("is_gift is true", "is no comparison"),
        ("sale_id = ?", "'?' is no literal"),
        ("sale_id = 1; drop table sales", "is not one condition"),
        ("sale_id = current_date", "'CURRENT_DATE' is no literal"),
        ("sale_id::int = 1", "is no column"),
        ("sold_date = date '2025-05-01' + 1", "is no literal"),
        ("sale_id = cast(1 as date)", "is no literal"),
        ("sale_id = = 1", "is no SQL"),
        ("store_id = 'S1", "is no SQL"),
        ("", "is not one condition"),
        ("(" * 5000 + "sale_id = 1" + ")" * 5000, "is nested too deep"),
    ],
)
def test_anything_else_is_refused_and_the_part_is_named(text: str, part: str) -> None:
    with pytest.raises(ConfigurationError) as fault:
        parse_filter(text)
    assert part in fault.value.message
    assert "store_id = 'S1' and sold_date" in fault.value.fix


@pytest.mark.parametrize(
    ("text", "problem", "fix"),
    [
        ("stor_id = 'a'", "gold.sales has no column 'stor_id'; did you mean 'store_id'?", "choose"),
        ("store_id = 5", "gold.sales.store_id is of type string, which '5' (number)", "in quotes"),
        ("sale_id = '5'", "gold.sales.sale_id is of type long, which '5' (text)", "a number"),
        ("sale_id > 1.5", "'1.5'", "a number that long can hold"),
        ("pieces = 3000000000", "'3000000000'", "a number that int can hold"),
        ("amount = 0.001", "of type decimal(9, 2), which '0.001'", "decimal(9, 2) can hold"),
        ("amount < 1e9", "'1e9'", "decimal(9, 2)"),
        ("amount < 1e999999999", "'1e999999999'", "decimal(9, 2)"),
        ("is_gift = 'true'", "'true' (text)", "write true or false"),
        ("sold_date = '1.5.2025'", "'1.5.2025'", "date '2025-05-01'"),
        ("sold_date >= timestamp '2025-05-01 12:00:00'", "(timestamp)", "date '2025-05-01'"),
        ("local_at = '2025-05-01 12:00:00+02:00'", "of type timestamp", "without a zone"),
        ("sold_at = 'noon'", "of type timestamptz", "timestamp '2025-05-01"),
        ("opens = 8", "of type time", "'12:30:00'"),
        ("mark = 'x'", "of type binary", "is null"),
        ("sale_id like '1%'", "of type long; like is for texts", "between"),
    ],
)
def test_a_literal_that_is_no_value_of_its_column_is_named(
    text: str, problem: str, fix: str
) -> None:
    with pytest.raises(ConfigurationError) as fault:
        bound(text)
    assert problem in fault.value.message
    assert fix in fault.value.fix


# Files are skipped, rows never

numbers = st.integers(-2, 2)
compared = st.sampled_from(["=", "<>", "<", "<=", ">", ">="])
words = st.sampled_from(["a", "b%", "ab", "%b", ""])
leaves = st.one_of(
    st.builds("sale_id {} {}".format, compared, numbers),
    st.builds("amount {} {}.5".format, compared, numbers),
    st.builds("rate {} {}".format, compared, numbers),
    st.builds("store_id {} '{}'".format, compared | st.sampled_from(["like", "not like"]), words),
    st.builds("sale_id in ({}, {})".format, numbers, numbers),
    st.builds("sale_id not between {} and {}".format, numbers, numbers),
    st.sampled_from(["store_id is null", "rate is not null", "is_gift = true"]),
    st.builds("sold_date {} '2025-05-02'".format, compared),
)
filters = st.recursive(
    leaves,
    lambda part: st.one_of(
        st.builds("({} and {})".format, part, part),
        st.builds("({} or {})".format, part, part),
        st.builds("(not {})".format, part),
    ),
    max_leaves=5,
)
rows = st.fixed_dictionaries(
    {
        **{name: st.none() for name in ROW},
        "store_id": st.none() | st.sampled_from(["a", "ab", "b", "", "bc"]),
        "sale_id": st.none() | numbers,
        "amount": st.none() | st.sampled_from([Decimal("-0.50"), Decimal("1.50"), Decimal("2.00")]),
        "rate": st.none() | st.sampled_from([0.0, 1.0, float("nan"), float("-inf")]),
        "is_gift": st.none() | st.booleans(),
        "sold_date": st.none() | st.sampled_from([date(2025, 5, 1), date(2025, 5, 2)]),
    }
)


@given(filters, rows)
def test_no_file_is_skipped_that_has_a_row(text: str, row: dict[str, Any]) -> None:
    assert may_match(text, row) or not matches(text, row)
