"""Parquet files: any that can become what is declared, without loss. Fault damaged-file."""

import io
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.integration.files.drop import Drop, by, table

COLUMNS = {
    "id": "bigint",
    "name": "string",
    "price": "decimal(18,2)",
    "at": "timestamp",
    "day": "date",
    "heat": "double",
}
CASES = Path(__file__).parent / "cases"
ITEMS = table("items", COLUMNS, format="parquet")
AT = datetime(2024, 1, 2, 3, 4, 5, 123456)


def parquet(**columns: pa.Array) -> bytes:
    """Return a Parquet file of ten good rows, some columns replaced."""
    good = {
        "id": pa.array(range(10), pa.int64()),
        "name": pa.array([f"n{n}" for n in range(10)]),
        "price": pa.array([Decimal(n) / 4 for n in range(0, 40, 4)], pa.decimal128(18, 2)),
        "at": pa.array([AT] * 10, pa.timestamp("us", "UTC")),
        "day": pa.array([date(2024, 1, 2)] * 10),
        "heat": pa.array([0.1] * 10),
    }
    file = io.BytesIO()
    pq.write_table(pa.table({**good, **columns}), file)
    return file.getvalue()


def test_values_arrive_as_declared(drop: Drop) -> None:
    drop.declare(ITEMS)
    drop.put("items/a.parquet", parquet())
    assert drop.ingest().rows_landed == 10
    row = by("id", drop.rows())[3]
    assert (row["price"], row["at"]) == (Decimal("3.00"), AT.replace(tzinfo=UTC))


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("id", pa.array(range(10), pa.int16())),
        ("name", pa.array(["x"] * 10).dictionary_encode()),
        ("name", pa.array(["x"] * 10, pa.large_string())),
        ("price", pa.array([Decimal("1.5")] * 10, pa.decimal128(6, 1))),
        ("price", pa.array([7] * 10, pa.int32())),
        ("at", pa.array([AT] * 10, pa.timestamp("us"))),
        ("at", pa.array([AT.replace(microsecond=0)] * 10, pa.timestamp("s"))),
        ("at", pa.array([AT] * 10, pa.timestamp("ns", "Europe/Berlin"))),
        ("heat", pa.array([0.5] * 10, pa.float32())),
    ],
)
def test_narrower_types_are_widened(drop: Drop, name: str, values: pa.Array) -> None:
    drop.declare(ITEMS)
    drop.put("items/a.parquet", parquet(**{name: values}))
    result = drop.ingest()
    assert (result.rows_landed, result.rows_quarantined) == (10, 0)


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("id", pa.array([2**40, None, *range(8)], pa.int64())),
        ("price", pa.array([Decimal("1.005"), *[Decimal(1)] * 9], pa.decimal128(20, 3))),
        ("at", pa.array([1, *[1000] * 9], pa.timestamp("ns"))),
    ],
)
def test_a_value_that_does_not_fit_costs_its_row(drop: Drop, name: str, values: pa.Array) -> None:
    drop.declare(ITEMS)
    drop.put("items/a.parquet", parquet(**{name: values}))
    result = drop.ingest()
    assert (result.rows_landed, result.rows_quarantined) == (9, 1)
    rows = [row["_file_row"] for row in drop.rows()]
    assert sorted(rows) == sorted(set(range(1, 11)) - {2 if name == "id" else 1})


@pytest.mark.parametrize(
    ("content", "rule"),
    [
        (b"", "not_readable"),
        (b"PAR1 nothing of the kind PAR1", "not_readable"),
        (parquet()[:-100], "not_readable"),
        (parquet(id=pa.array(["x"] * 10)), "wrong_type"),
        (parquet(name=pa.array(range(10))), "wrong_type"),
    ],
    ids=["empty", "noise", "cut off", "text as number", "number as text"],
)
def test_a_file_that_cannot_become_the_table_costs_that_file(
    drop: Drop, content: bytes, rule: str
) -> None:
    drop.declare(ITEMS)
    drop.put("items/a.parquet", content)
    drop.put("items/b.parquet", parquet())
    result = drop.ingest()
    assert (result.rows_landed, result.rows_quarantined) == (10, 1)
    assert drop.quarantined()[0]["rule"] == rule


def test_a_column_that_is_missing_costs_the_file(drop: Drop) -> None:
    drop.declare(table("items", {**COLUMNS, "more": "string"}, format="parquet"))
    drop.put("items/a.parquet", parquet())
    assert drop.ingest().rows_quarantined == 1
    assert "lacks more" in drop.quarantined()[0]["reason"]


def stored(name: str) -> bytes:
    """Return one of the inputs that people bring."""
    return (CASES / name).read_bytes()


@pytest.mark.parametrize(
    ("name", "columns", "landed"),
    [
        ("int_to_dec.parquet", {"d": "decimal(18,2)"}, [Decimal("1.00")]),
        ("duck_json.parquet", {"s": "string"}, ['{"a":1}']),
        ("float_dec.parquet", {"d": "decimal(18,2)"}, [Decimal("0.10")]),
        ("f64_to_float.parquet", {"f": "float"}, []),
        ("pandas_ns.parquet", {"ts": "timestamp"}, []),
    ],
)
def test_what_loses_something_costs_its_row(
    drop: Drop, name: str, columns: dict[str, str], landed: list[object]
) -> None:
    drop.declare(table("items", {"id": "int", **columns}, format="parquet"))
    drop.put("items/a.parquet", stored(name))
    result = drop.ingest()
    assert [row[next(iter(columns))] for row in drop.rows()] == landed
    assert result.rows_read == result.rows_landed + result.rows_quarantined
    assert {row["rule"] for row in drop.quarantined()} <= {"not_representable"}


NUMBERS: list[tuple[str, pa.Array, list[object]]] = [
    (
        "decimal(18,2)",
        pa.array([1, -(10**15), 10**16, None]),
        [Decimal(1), Decimal(-(10**15)), None],
    ),
    ("decimal(38,20)", pa.array([7, 10**18]), [Decimal(7)]),
    ("decimal(38,2)", pa.array([0.25, 1.005, 1e14]), [Decimal("0.25")]),
    ("decimal(38,22)", pa.array([1e-20, None, 1e-23]), [Decimal("1e-20"), None]),
    ("decimal(10,2)", pa.array([0.5, 0.1], pa.float32()), [Decimal("0.5")]),
    ("float", pa.array([0.5, 0.1, 1e300, None]), [0.5, None]),
    ("double", pa.array([2**53, 2**53 + 1]), [2.0**53]),
    ("int", pa.array([1.0, 1.5]), [1]),
    ("string", pa.array([b"x", b"\xff"]), ["x"]),
    ("string", pa.array(["x", "y"]).dictionary_encode(), ["x", "y"]),
    ("string", pa.array([bytes(16)], pa.uuid()), ["00000000-0000-0000-0000-000000000000"]),
    ("timestamp", pa.array([1000, 1001], pa.timestamp("ns")), [AT.fromtimestamp(1e-6, UTC)]),
]


@pytest.mark.parametrize(("kind", "values", "landed"), NUMBERS)
def test_each_value_arrives_exactly_or_costs_its_row(
    drop: Drop, kind: str, values: pa.Array, landed: list[object]
) -> None:
    drop.declare(table("items", {"id": "int", "v": kind}, format="parquet"))
    file = io.BytesIO()
    pq.write_table(pa.table({"id": pa.array(range(len(values))), "v": values}), file)
    drop.put("items/a.parquet", file.getvalue())
    result = drop.ingest()
    rows = sorted(drop.rows(), key=lambda row: int(row["id"]))
    assert [row["v"] for row in rows] == landed
    assert result.rows_quarantined == len(values) - len(landed)


def test_text_that_is_no_utf_8_costs_its_row(drop: Drop) -> None:
    drop.declare(table("items", {"id": "int", "v": "string"}, format="parquet"))
    buffers = pa.array([b"x", b"\xff"]).buffers()
    broken = pa.Array.from_buffers(pa.string(), 2, buffers)
    file = io.BytesIO()
    pq.write_table(pa.table({"id": [1, 2], "v": broken}), file)
    drop.put("items/a.parquet", file.getvalue())
    assert (drop.ingest().rows_landed, len(drop.quarantined())) == (1, 1)
