"""Whatever a reader raises costs the file it reads; what surrounds it stays what it is.

Fault damaged-file.
"""

import errno
import gzip
import io
import json
from pathlib import Path
from typing import NoReturn

import pyarrow as pa
import pytest
from typer.testing import CliRunner

from ingestion.formats.chunks import Block
from ingestion.formats.csv.rows import CsvRows
from ingestion.formats.json.lines import JsonLines
from ingestion.results import Outcome
from lake.errors import EnvironmentFault
from operations.cli.app import app
from tests.integration.files.drop import Drop, by, table

CASES = Path(__file__).parent / "cases"
COLUMNS = {"id": "int", "v": "string"}
ITEMS = table("items", COLUMNS, format="csv")
OTHERS = table("others", COLUMNS)
GOOD = "id,v\n1,a\n"
RAISED = [
    RecursionError("too deep"),
    ValueError("no such value"),
    OverflowError("too large"),
    MemoryError("cannot allocate"),
    IndexError("out of range"),
    OSError("Corrupt snappy compressed data"),
    EOFError("ended early"),
    pa.ArrowNotImplementedError("no such type"),
    UnicodeDecodeError("utf-8", b"\xff", 0, 1, "invalid start byte"),
]


def drop_three(drop: Drop) -> None:
    """Drop a file for each of two tables, and one that is named bad."""
    drop.declare(ITEMS, OTHERS)
    drop.put("items/a.csv", "id,v\n7,bad\n", at=1_700_000_000)
    drop.put("items/b.csv", GOOD)
    drop.put("others/a.jsonl", '{"id": 1, "v": "a"}\n')


@pytest.mark.parametrize("error", RAISED, ids=lambda error: type(error).__name__)
@pytest.mark.parametrize("method", ["chunks", "parse"])
def test_what_a_reader_raises_costs_that_file(
    drop: Drop, monkeypatch: pytest.MonkeyPatch, method: str, error: Exception
) -> None:
    drop_three(drop)
    work = getattr(CsvRows, method)

    def raise_for_the_bad(form: CsvRows, content: io.BytesIO | Block) -> object:
        if b"bad" in (content.data if isinstance(content, Block) else content.getvalue()):
            raise error
        return work(form, content)

    monkeypatch.setattr(CsvRows, method, raise_for_the_bad)
    first, second = drop.ingest_all()
    assert (first.rows_landed, first.rows_quarantined, second.rows_landed) == (1, 1, 1)
    kept = drop.quarantined()[0]
    assert (kept["rule"], json.loads(kept["place"])["file"]) == ("not_readable", "items/a.csv")
    assert type(error).__name__ in kept["reason"]
    assert [result.rows_read for result in drop.ingest_all()] == [0, 0], "it is known"


@pytest.mark.parametrize("number", [errno.EIO, errno.EACCES, errno.ENOSPC])
def test_what_the_system_refuses_is_left_for_the_next_load(drop: Drop, number: int) -> None:
    drop_three(drop)

    def refuse(*_: object) -> NoReturn:
        raise OSError(number, "refused")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(JsonLines, "chunks", refuse)
        first, second = drop.ingest_all()
    assert (first.rows_landed, second.outcome) == (2, Outcome.NOTHING_NEW)
    assert "left for the next load: others/a.jsonl: refused" in second.notes
    assert drop.quarantined() == []
    assert [result.rows_landed for result in drop.ingest_all()] == [0, 1]


def test_what_firn_raises_itself_stays_what_it_is(
    drop: Drop, monkeypatch: pytest.MonkeyPatch
) -> None:
    drop_three(drop)

    def refuse(*_: object) -> NoReturn:
        raise EnvironmentFault("the lake is gone", "bring it back")

    monkeypatch.setattr(CsvRows, "parse", refuse)
    with pytest.raises(EnvironmentFault, match="the lake is gone"):
        drop.ingest_all()
    assert len(drop.rows("others")) == 1
    assert drop.quarantined() == []


def test_a_reason_quotes_no_personal_data(drop: Drop, monkeypatch: pytest.MonkeyPatch) -> None:
    drop.declare(table("items", {"id": "int", "v": "string token"}, format="csv"))
    drop.put("items/a.csv", GOOD)

    def refuse(*_: object) -> NoReturn:
        raise ValueError("Jane Doe is no number")

    monkeypatch.setattr(CsvRows, "parse", refuse)
    drop.ingest()
    assert "Jane" not in str(drop.quarantined())


def test_lines_may_end_with_a_carriage_return(drop: Drop) -> None:
    drop.declare(ITEMS)
    drop.put("items/a.csv", (CASES / "cr_only.csv").read_bytes())
    drop.put("items/b.csv", b'id,v\r\r3,"a\rb"\r4,"c ""d"""\r5,5" pipe\r6')
    result = drop.ingest()
    assert (result.rows_landed, result.rows_quarantined) == (5, 1)
    rows = by("id", drop.rows())
    values = {1: "a", 2: "b", 3: "a\rb", 4: 'c "d"', 5: '5" pipe'}
    assert {number: row["v"] for number, row in rows.items()} == values
    assert [rows[number]["_file_row"] for number in (3, 4, 5)] == [1, 2, 3]


def test_json_named_csv_costs_that_file(drop: Drop) -> None:
    drop.declare(ITEMS)
    drop.put("items/a.csv", json.dumps([{"id": n, "v": "x" * 90} for n in range(2000)]))
    drop.put("items/b.csv", GOOD)
    result = drop.ingest()
    assert (result.rows_landed, result.rows_quarantined) == (1, 1)
    assert drop.quarantined()[0]["rule"] == "wrong_header"


def test_an_undeclared_field_that_is_nested_too_deeply_costs_its_row(drop: Drop) -> None:
    drop.declare(OTHERS)
    drop.put("others/a.jsonl", (CASES / "deep.jsonl").read_bytes() + b'{"id": 9, "e": {"f": 1}}\n')
    result = drop.ingest()
    assert (result.rows_landed, result.rows_quarantined) == (2, 1)
    assert by("id", drop.rows("others"))[9]["_rescued"] == '{"e": {"f": 1}}'


@pytest.mark.parametrize("kept", [4, 12, 30, 100])
def test_a_packed_file_of_any_damage_costs_that_file(drop: Drop, kept: int) -> None:
    drop.declare(ITEMS)
    packed = gzip.compress(GOOD.encode() * 500)
    drop.put("items/a.csv", packed[:kept])
    drop.put("items/b.csv", packed[:kept] + bytes(50))
    drop.put("items/c.csv", GOOD)
    result = drop.ingest()
    assert (result.rows_landed, result.rows_quarantined) == (1, 2)


def test_a_load_of_which_nothing_landed_ends_with_an_exit_code(
    drop: Drop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once: what is in quarantine is not read again, and what landed beside it is a success."""
    monkeypatch.setenv("FIRN_PROJECT_DIR", str(drop.folder))
    monkeypatch.setenv("FIRN_HOME", str(drop.home))
    drop.declare(ITEMS, OTHERS)
    drop.put("items/a.csv", b"\x89PNG\r\n\x1a\n")
    drop.put("others/a.jsonl", '{"id": null, "v": "a"}\n')
    ended = CliRunner().invoke(app, ["ingest"])
    said = " ".join(ended.output.split())
    assert ended.exit_code == 1
    assert "drop.items, drop.others: all that was read went to quarantine" in said
    assert "firn show quarantine.drop" in said
    assert CliRunner().invoke(app, ["ingest"]).exit_code == 0
    drop.put("items/b.csv", "id,v\nx,bad\n2,good\n")
    assert CliRunner().invoke(app, ["ingest"]).exit_code == 0


@pytest.mark.parametrize("form", ["json_lines", "csv"])
def test_a_value_too_long_to_partition_by_costs_its_row(drop: Drop, form: str) -> None:
    long = "x" * 400
    contents = {
        "csv": f"id,c\n1,{long}\n2,ok\n",
        "json_lines": f'{{"id": 1, "c": "{long}"}}\n{{"id": 2, "c": "ok"}}\n',
    }
    columns = {"id": "int", "c": "string"}
    drop.declare(table("items", columns, format=form, partition_by=["c"]))
    drop.put("items/a", contents[form])
    result = drop.ingest()
    assert (result.rows_landed, result.rows_quarantined) == (1, 1)
    (row,) = drop.quarantined()
    assert row["rule"] == "partition_too_long"
    assert "partition by bucket(16, c)" in row["reason"]
    assert drop.ingest().rows_read == 0
    drop.declare(table("items", columns, format=form, partition_by=["bucket(16, c)"]))
    drop.ingest(full_refresh=True)
    assert sorted(row["id"] for row in drop.rows()) == [1, 2]


def test_rows_that_pyarrow_passes_over_cost_the_file(drop: Drop) -> None:
    """Of a damaged file it gives none of twelve rows, and raises nothing."""
    columns = {"id": "bigint", "v": "string"}
    drop.declare(table("items", columns, format="parquet"))
    drop.put("items/a.parquet", (CASES / "fewer_rows.parquet").read_bytes())
    assert drop.ingest().rows_landed == 0
    (row,) = drop.quarantined()
    assert "of 12 rows in row group 0, 0 can be read" in row["reason"]
    assert drop.ingest().rows_read == 0
