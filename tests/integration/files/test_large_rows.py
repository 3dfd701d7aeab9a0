"""Large rows: those of up to `max_row_size` land from every format, longer ones cost themselves."""

import io
import json
from collections.abc import Callable

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ingestion.formats import chunks
from tests.integration.files.drop import Drop, table

COLUMNS = {"id": "int", "v": "string"}
MB = 1024 * 1024
SMALL = (1, "first"), (3, "last")


def csv(rows: list[tuple[int, str]]) -> bytes:
    return ("id,v\n" + "".join(f"{n},{v}\n" for n, v in rows)).encode()


def quoted_csv(rows: list[tuple[int, str]]) -> bytes:
    return ('"id","v"\r\n' + "".join(f'"{n}","{v}"\r\n' for n, v in rows)).encode()


def json_lines(rows: list[tuple[int, str]]) -> bytes:
    return "".join(json.dumps({"id": n, "v": v}) + "\n" for n, v in rows).encode()


def concatenated(rows: list[tuple[int, str]]) -> bytes:
    return "".join(json.dumps({"id": n, "v": v}) for n, v in rows).encode()


def document(rows: list[tuple[int, str]]) -> bytes:
    return json.dumps([{"id": n, "v": v} for n, v in rows], indent=1).encode()


def parquet(rows: list[tuple[int, str]]) -> bytes:
    stream = io.BytesIO()
    pq.write_table(pa.table({"id": [n for n, _ in rows], "v": [v for _, v in rows]}), stream)
    return stream.getvalue()


Write = Callable[[list[tuple[int, str]]], bytes]
FORMATS: dict[Write, str] = {
    csv: "csv",
    quoted_csv: "csv",
    json_lines: "json_lines",
    concatenated: "json_lines",
    document: "json",
    parquet: "parquet",
}


@pytest.mark.parametrize("write", FORMATS, ids=lambda write: write.__name__)
def test_a_row_of_nearly_the_documented_size_lands(drop: Drop, write: Write) -> None:
    large = "g" * (16 * MB - 100)
    drop.declare(table("items", COLUMNS, format=FORMATS[write]))
    drop.put("items/a", write([SMALL[0], (2, large), SMALL[1]]))
    result = drop.ingest()
    assert (result.rows_landed, result.rows_quarantined) == (3, 0)
    landed = {row["id"]: row["v"] for row in drop.rows()}
    assert (landed[1], landed[3]) == ("first", "last")
    assert landed[2] == large


@pytest.mark.parametrize("write", [csv, quoted_csv, json_lines], ids=lambda write: write.__name__)
@pytest.mark.parametrize("before", [1, 3000], ids=["first", "after others"])
@pytest.mark.parametrize("length", [4000, 5000, 40_000])
def test_the_limit_is_the_same_wherever_a_row_stands(
    drop: Drop,
    monkeypatch: pytest.MonkeyPatch,
    write: Write,
    before: int,
    length: int,
) -> None:
    monkeypatch.setattr(chunks, "BLOCK_BYTES", 3000)
    rows = [(0, "a" * before), (1, "x" * length), (2, "y"), (3, "z" * 3900)]
    drop.declare(table("items", COLUMNS, format=FORMATS[write], max_row_size=4096))
    drop.put("items/a", write(rows))
    drop.ingest()
    fitting = [(n, v) for n, v in rows if len(v) < 4050]
    assert sorted((row["id"], row["v"]) for row in drop.rows()) == fitting
    reasons = [row["reason"] for row in drop.quarantined()]
    assert len(reasons) == len(rows) - len(fitting)
    assert all("(4,096 bytes, `max_row_size`)" in reason for reason in reasons)


def test_the_limit_can_be_raised(drop: Drop) -> None:
    content = csv([SMALL[0], (2, "g" * (17 * MB))])
    drop.declare(table("items", COLUMNS, format="csv"))
    drop.put("items/a.csv", content)
    assert (drop.ingest().rows_landed, len(drop.quarantined())) == (1, 1)
    assert "longer than 16 MB" in drop.quarantined()[0]["reason"]
    drop.declare(table("items", COLUMNS, format="csv"), max_row_size="20 MiB")
    assert drop.ingest(full_refresh=True).rows_landed == 2


def test_an_object_of_a_document_that_is_too_long_costs_the_file(drop: Drop) -> None:
    drop.declare(table("items", COLUMNS, format="json", max_row_size="1 KiB"))
    drop.put("items/a.json", document([SMALL[0], (2, "g" * 1024)]))
    drop.put("items/b.json", document([SMALL[1]]))
    assert drop.ingest().rows_landed == 1
    (row,) = drop.quarantined()
    assert "an object of it is longer than 0.000977 MB (1,024 bytes" in row["reason"]


@pytest.mark.parametrize("block_bytes", [1, 2, 7, 64, 100_000])
@pytest.mark.parametrize("write", [concatenated, document], ids=lambda write: write.__name__)
def test_objects_are_found_wherever_a_block_ends(
    drop: Drop,
    monkeypatch: pytest.MonkeyPatch,
    write: Write,
    block_bytes: int,
) -> None:
    monkeypatch.setattr(chunks, "BLOCK_BYTES", block_bytes)
    values = ['}{"', "ä€𝄞", "]},{", "\n\r", "\\", "", "[{"]
    rows = list(enumerate(values, 1))
    drop.declare(table("items", COLUMNS, format=FORMATS[write]))
    content = b"".join(json.dumps({"id": n, "v": v}, ensure_ascii=False).encode() for n, v in rows)
    if write is document:
        content = b"\xef\xbb\xbf [" + content.replace(b'}{"id"', b'} , {"id"') + b"] \n"
    drop.put("items/a", content)
    result = drop.ingest()
    assert (result.rows_landed, result.rows_quarantined) == (len(rows), 0)
    landed = sorted((row["_file_row"], row["id"], row["v"]) for row in drop.rows())
    assert landed == [(n, n, v) for n, v in rows]
