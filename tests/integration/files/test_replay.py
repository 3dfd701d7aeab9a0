"""Rows of files that quarantine keeps come back once, with the place they had.

Fault replay-twice.
"""

import io
import json
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ingestion.formats import chunks
from ingestion.loading.replay import replay
from tests.integration.files.drop import Drop, by, table

WRONG = {"id": "bigint", "name": "bigint"}
RIGHT = {"id": "bigint", "name": "string"}


def test_rows_come_back_when_they_are_declared_rightly(drop: Drop) -> None:
    lines = '{"id": 1, "name": 1}\n{"id": 2, "name": "x"}\n{"id": null, "name": 3}\n'
    rows = 'id,name\n11,1\n12,"x\ny"\n'
    lines_table, rows_table = table("items", WRONG), table("others", WRONG, format="csv")
    drop.declare(lines_table, rows_table)
    drop.put("items/a", lines)
    drop.put("others/a", rows)
    drop.ingest()
    assert (len(drop.rows()), len(drop.rows("others"))) == (1, 1)
    assert [(r.replayed, r.unfit) for r in replay((), drop.settings)] == [(0, 2), (0, 1)]
    drop.declare(table("items", RIGHT), table("others", RIGHT, format="csv"))
    drop.ingest("drop.others", full_refresh=True)
    assert by("id", drop.rows("others"))[12]["name"] == "x\ny"
    assert replay(("drop.others",), drop.settings)[0].landed == 1


def test_a_row_comes_back_once_with_its_place(drop: Drop) -> None:
    drop.declare(table("items", {"id": "int"}), table("others", {"id": "int"}, format="csv"))
    drop.put("items/a", '{"id": 1}\n{"id": 5000000000}\n{"id": null}\n')
    drop.put("others/a", "more,id\nx,1\ny,5000000000\n")
    drop.ingest()
    wide = {"id": "bigint"}
    drop.declare(table("items", wide), table("others", wide, format="csv"))
    first, second = replay((), drop.settings)
    assert (first.replayed, first.unfit, second.replayed) == (1, 1, 1)
    again = replay((), drop.settings)
    assert [(result.replayed, result.unfit) for result in again] == [(0, 1), (0, 0)]
    rows = by("id", drop.rows())
    assert {number: row["_file_row"] for number, row in rows.items()} == {1: 1, 5000000000: 2}
    assert len({(row["_file_name"], row["_file_hash"]) for row in rows.values()}) == 1
    assert by("id", drop.rows("others"))[5000000000]["_rescued"] == '{"more": "y"}'
    marks = {row["resolution"] for row in drop.quarantined()}
    assert marks == {"replayed", None}
    assert drop.ingest().rows_read == 0


def test_a_file_that_was_landed_since_is_marked(drop: Drop, tmp_path: Path) -> None:
    drop.declare(table("items", {"id": "bigint"}, new_columns="freeze"))
    drop.put("items/a", '{"id": 1, "more": 2}\n')
    assert drop.ingest().rows_quarantined == 1
    drop.declare(table("items", {"id": "bigint", "more": "bigint"}, new_columns="freeze"))
    assert drop.ingest().rows_landed == 1, "it is tried again when it is declared otherwise"
    assert replay((), drop.settings)[0].landed == 1
    assert {row["resolution"] for row in drop.quarantined()} == {"landed"}


def test_rows_of_parquet_come_back_as_others(drop: Drop) -> None:
    columns = {"id": "int", "n": "decimal(10,2)", "at": "timestamp", "name": "string"}
    drop.declare(table("items", columns, format="parquet"))
    file = io.BytesIO()
    values = {
        "id": [1, 2, 3, None],
        "n": [1.5, 1.005, 2.5, 3.5],
        "at": pa.array([1000, 1000, 1001, 1000], pa.timestamp("ns")),
        "name": pa.array(["a", "b", "c", "d"]).dictionary_encode(),
        "raw": [b"\xff"] * 4,
    }
    pq.write_table(pa.table(values), file)
    drop.put("items/a", file.getvalue())
    assert drop.ingest().rows_quarantined == 3
    assert replay((), drop.settings)[0].unfit == 3
    drop.declare(table("items", {**columns, "n": "double"}, format="parquet"))
    drop.ingest(full_refresh=True)
    assert {row["id"] for row in drop.rows()} == {1, 2}


def test_a_row_of_parquet_comes_back_with_its_place(drop: Drop) -> None:
    drop.declare(table("items", {"id": "int", "n": "decimal(10,2)"}, format="parquet"))
    file = io.BytesIO()
    at = pa.array([1000, 1001], pa.timestamp("ns"))
    pq.write_table(pa.table({"id": [1, 2**40], "n": [1, 2], "at": at}), file)
    drop.put("items/a", file.getvalue())
    drop.ingest()
    drop.declare(table("items", {"id": "bigint", "n": "decimal(10,2)"}, format="parquet"))
    assert replay((), drop.settings)[0].replayed == 1
    row = by("id", drop.rows())[2**40]
    assert (row["n"], row["_file_row"]) == (Decimal("2.00"), 2)
    assert json.loads(row["_rescued"])["at"] == "1970-01-01 00:00:00.000001001"
    assert replay((), drop.settings)[0].unfit == 0
    assert datetime.now(UTC) > drop.quarantined()[0]["resolved_at"]


@pytest.mark.parametrize("form", ["csv", "json_lines"])
def test_a_row_of_which_only_the_head_was_kept_is_not_replayed(drop: Drop, form: str) -> None:
    long = "w" * 100_000
    contents = {
        "csv": f"id,v\n5000000000,{long}\n2,x\n",
        "json_lines": f'{{"id":5000000000,"v":"{long}"}}\n{{"id":2,"v":"x"}}\n',
    }
    drop.declare(table("items", {"id": "int", "v": "string"}, format=form))
    drop.put("items/a", contents[form])
    assert drop.ingest().rows_quarantined == 1
    assert "head" in json.loads(drop.quarantined()[0]["row"])
    drop.declare(table("items", {"id": "bigint", "v": "string"}, format=form))
    result = replay((), drop.settings)[0]
    assert (result.replayed, result.unfit) == (0, 1)
    assert "only its head was kept" in drop.quarantined()[0]["reason"]
    drop.ingest(full_refresh=True)
    assert by("id", drop.rows())[5000000000]["v"] == long


def test_a_row_that_an_earlier_firn_cut_is_not_replayed(
    drop: Drop, monkeypatch: pytest.MonkeyPatch
) -> None:
    drop.declare(table("items", {"id": "int", "v": "string"}, format="csv"))
    drop.put("items/a", f"id,v\n5000000000,{'w' * 100_000}\n2,x\n")
    with monkeypatch.context() as patch:
        patch.setattr("ingestion.formats.rows.HEAD", "bytes")  # as it was written then
        drop.ingest()
    assert "bytes" in json.loads(drop.quarantined()[0]["row"])
    drop.declare(table("items", {"id": "bigint", "v": "string"}, format="csv"))
    assert replay((), drop.settings)[0].unfit == 1


def test_a_row_that_was_too_long_is_not_replayed(
    drop: Drop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chunks, "BLOCK_BYTES", 1000)
    drop.declare(table("items", {"id": "int", "v": "string"}, format="csv", max_row_size=3000))
    drop.put("items/a", f"id,v\n1,{'w' * 9000}\n2,x\n")
    assert drop.ingest().rows_quarantined == 1
    assert replay((), drop.settings)[0].unfit == 1
    assert [row["id"] for row in drop.rows()] == [2]
