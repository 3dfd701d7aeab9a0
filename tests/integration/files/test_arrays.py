"""Arrays and times without a zone in files: JSON, Parquet, CSV."""

import io
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ingestion.loading.replay import replay
from lake.errors import ConfigurationError
from tests.integration.files.drop import Drop, by, table

AT = datetime(2024, 1, 2, 3, 4, 5, 123456)
ARRAYS: dict[str, tuple[str, list[Any]]] = {
    "array<string>": ('["", "a\\"b", null, "é"]', ["", 'a"b', None, "é"]),
    "array<bigint>": ("[9223372036854775807, null]", [9223372036854775807, None]),
    "array<boolean>": ("[true, false]", [True, False]),
    "array<double>": ("[0.1, 1e300]", [0.1, 1e300]),
    "array<decimal(12,2)>": ('[1.10, "2.5"]', [Decimal("1.10"), Decimal("2.50")]),
    "array<decimal(38,2)>": ("[1.10]", [Decimal("1.10")]),
    "array<date>": ('["2024-01-02"]', [date(2024, 1, 2)]),
    "array<timestamp>": ('["2024-01-02T03:04:05.123456Z"]', [AT.replace(tzinfo=UTC)]),
    "array<timestamp_ntz>": ('["2024-01-02T03:04:05.123456"]', [AT]),
}
UNFIT = {
    "array<string>": "[1]",
    "array<bigint>": "[1.5]",
    "array<boolean>": "true",
    "array<double>": '["1"]',
    "array<decimal(12,2)>": "[1.005]",
    "array<decimal(38,2)>": "[[1]]",
    "array<date>": '["2024-02-30"]',
    "array<timestamp>": '["x"]',
    "array<timestamp_ntz>": '["2024-01-02T03:04:05+02:00"]',
}


@pytest.mark.parametrize("kind", ARRAYS)
def test_arrays_of_json_arrive_and_what_does_not_fit_costs_its_row(drop: Drop, kind: str) -> None:
    drop.declare(table("items", {"id": "bigint", "value": kind}))
    text, value = ARRAYS[kind]
    lines = [f'{{"id": 1, "value": {text}}}', f'{{"id": 2, "value": {UNFIT[kind]}}}']
    drop.put("items/a.jsonl", "\n".join([*lines, '{"id": 3, "value": []}', '{"id": 4}']) + "\n")
    assert drop.ingest().rows_quarantined == 1
    assert {r["id"]: r["value"] for r in drop.rows()} == {1: value, 3: [], 4: None}
    assert [row["rule"] for row in drop.quarantined()] == ["not_representable"]


PARQUET: dict[str, tuple[str, pa.Array, list[Any]]] = {
    "list": ("array<bigint>", pa.array([[1, None], [], None], pa.list_(pa.int16())), [1, None]),
    "large list": (
        "array<string>",
        pa.array([["a", None], [], None], pa.large_list(pa.large_string())),
        ["a", None],
    ),
    "doubles": ("array<decimal(12,2)>", pa.array([[1.5], [], None]), [Decimal("1.50")]),
    "dictionary": (
        "array<string>",
        pa.array([["a", "a"], [], None], pa.list_(pa.dictionary(pa.int32(), pa.string()))),
        ["a", "a"],
    ),
    "times": (
        "array<timestamp_ntz>",
        pa.array([[AT], [], None], pa.list_(pa.timestamp("us"))),
        [AT],
    ),
    "zoned times": (
        "array<timestamp>",
        pa.array([[AT], [], None], pa.list_(pa.timestamp("us", "Europe/Berlin"))),
        [AT.replace(tzinfo=UTC)],
    ),
}


def parquet(**columns: pa.Array) -> bytes:
    """Return a Parquet file of three rows."""
    file = io.BytesIO()
    pq.write_table(pa.table({"id": pa.array([1, 2, 3]), **columns}), file)
    return file.getvalue()


@pytest.mark.parametrize("case", PARQUET)
def test_lists_of_parquet_arrive(drop: Drop, case: str) -> None:
    kind, values, value = PARQUET[case]
    drop.declare(table("items", {"id": "bigint", "value": kind}, format="parquet"))
    drop.put("items/a.parquet", parquet(value=values))
    assert drop.ingest().rows_landed == 3
    assert {r["id"]: r["value"] for r in drop.rows()} == {1: value, 2: [], 3: None}


def test_an_element_that_does_not_fit_costs_its_row_which_comes_back(drop: Drop) -> None:
    drop.declare(table("items", {"id": "bigint", "value": "array<int>"}, format="parquet"))
    drop.put("items/a.parquet", parquet(value=pa.array([[2**40, None], [1], None])))
    assert drop.ingest().rows_quarantined == 1
    assert drop.quarantined()[0]["reason"] == f"value: '[{2**40}, None]' is no array<int>"
    assert by("id", drop.rows())[2]["value"] == [1]
    assert replay((), drop.settings)[0].unfit == 1


@pytest.mark.parametrize("declared", ["array<int>", "bigint"])
def test_a_column_of_another_shape_costs_the_file(drop: Drop, declared: str) -> None:
    drop.declare(table("items", {"id": "bigint", "value": declared}, format="parquet"))
    values = pa.array([[1], [], None]) if declared == "bigint" else pa.array([1, 2, 3])
    drop.put("items/a.parquet", parquet(value=values))
    drop.ingest()
    assert [row["rule"] for row in drop.quarantined()] == ["wrong_type"]


def test_csv_has_no_arrays(drop: Drop) -> None:
    drop.declare(table("items", {"id": "bigint", "value": "array<int>"}, format="csv"))
    with pytest.raises(ConfigurationError, match="value: CSV has no arrays, declared array<int>"):
        drop.ingest()


@pytest.mark.parametrize(
    ("more", "problem"),
    [
        ({"key": ["value"]}, "key value: an array cannot identify a row"),
        ({"partition_by": ["value"]}, "partition_by value: an array cannot be partitioned by"),
        ({"partition_by": ["bucket(4, value)"]}, "an array cannot be partitioned by"),
    ],
)
def test_an_array_is_neither_key_nor_partition(
    drop: Drop, more: dict[str, Any], problem: str
) -> None:
    drop.declare(table("items", {"id": "bigint", "value": "array<int>"}, **more))
    with pytest.raises(ConfigurationError, match=problem.replace("(", r"\(")):
        drop.ingest()


def test_no_token_is_made_of_an_array(drop: Drop) -> None:
    drop.declare(table("items", {"id": "bigint", "value": "array<string> token"}))
    with pytest.raises(ConfigurationError, match="a token is a string, declared array<string>"):
        drop.ingest()


TIMES = ["2024-01-02T03:04:05.123456", "2024-01-02 03:04:05", "2024-01-02"]


@pytest.mark.parametrize("form", ["json_lines", "csv"])
def test_a_time_without_zone_is_refused_with_an_offset(drop: Drop, form: str) -> None:
    columns = {"id": "bigint", "value": "timestamp_ntz", "at": "timestamp"}
    drop.declare(table("items", columns, format=form, partition_by=["hour(value)"]))
    texts = [*TIMES, "2024-01-02T03:04:05Z", "2024-01-02T03:04:05+02:00"]
    rows = [
        f"{n},{text},2024-01-01T00:00:00{'Z' if n % 2 else ''}"
        if form == "csv"
        else f'{{"id": {n}, "value": "{text}"}}'
        for n, text in enumerate(texts)
    ]
    header = ["id,value,at"] if form == "csv" else []
    drop.put("items/a", "\n".join([*header, *rows]) + "\n")
    assert drop.ingest().rows_quarantined == 2
    whole = AT.replace(microsecond=0)
    landed = {row["id"]: row["value"] for row in drop.rows()}
    assert landed == {0: AT, 1: whole, 2: datetime(2024, 1, 2)}
    assert all("expected no zone offset" in row["reason"] for row in drop.quarantined())


def test_zeros_beyond_microseconds_are_read_in_times_without_zone(drop: Drop) -> None:
    drop.declare(table("items", {"id": "bigint", "value": "timestamp_ntz"}, format="csv"))
    drop.put(
        "items/a", "id,value\n1,2024-01-02T03:04:05.123456000\n2,2024-01-02T03:04:05.1234567\n"
    )
    assert drop.ingest().rows_quarantined == 1
    assert {row["id"]: row["value"] for row in drop.rows()} == {1: AT}


@pytest.mark.parametrize(("zone", "landed"), [(None, 3), ("UTC", 0)])
def test_only_times_without_zone_of_parquet_have_none(
    drop: Drop, zone: str | None, landed: int
) -> None:
    drop.declare(table("items", {"id": "bigint", "value": "timestamp_ntz"}, format="parquet"))
    drop.put("items/a.parquet", parquet(value=pa.array([AT] * 3, pa.timestamp("us", zone))))
    assert drop.ingest().rows_landed == landed
    if landed == 0:
        assert [row["rule"] for row in drop.quarantined()] == ["wrong_type"]
