"""Undeclared fields stay in `_rescued` as valid JSON, exact. Fault odd-values."""

import io
import json
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from tests.integration.files.drop import Drop, by, table

CASES = Path(__file__).parent / "cases"
COLUMNS = {"id": "int", "v": "string"}


def test_undeclared_numbers_of_json_are_exact(drop: Drop) -> None:
    drop.declare(table("items", COLUMNS), table("others", COLUMNS, format="json"))
    drop.put("items/a", '{"id": 1, "n": {"x": 1.10, "y": 12345678901234567890.5, "z": Infinity}}\n')
    drop.put("others/a", (CASES / "nan.json").read_bytes())
    drop.ingest_all()
    expected = '{"n": {"x": 1.10, "y": 12345678901234567890.5, "z": "Infinity"}}'
    assert drop.rows()[0]["_rescued"] == expected
    assert drop.rows("others")[0]["_rescued"] == '{"f": "NaN"}'


def test_undeclared_columns_of_parquet_are_exact(drop: Drop) -> None:
    drop.declare(table("items", COLUMNS, format="parquet"))
    columns = {
        "id": [1, 2],
        "v": ["a", "b"],
        "amount": [Decimal("1.10"), None],
        "raw": [b"\xff\x00", b""],
        "heat": [float("nan"), float("-inf")],
    }
    file = io.BytesIO()
    pq.write_table(pa.table(columns), file)
    drop.put("items/a", file.getvalue())
    drop.ingest()
    rows = by("id", drop.rows())
    assert rows[1]["_rescued"] == '{"amount": 1.10, "raw": "/wA=", "heat": "NaN"}'
    rescued = json.loads(rows[2]["_rescued"])
    assert rescued == {"amount": None, "raw": "", "heat": "-Infinity"}
