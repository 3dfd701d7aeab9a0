"""JSON Lines: objects a line -> typed rows; a bad line costs that line.

Faults bad-row and damaged-file.
"""

import gzip
import json
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from ingestion.formats import chunks
from ingestion.results import Outcome
from tests.integration.files.drop import Drop, by, table

ITEMS = table(
    "items",
    {
        "id": "bigint",
        "name": "string",
        "price": "decimal(10,2)",
        "day": "date",
        "at": "timestamp",
    },
)
CASES = Path(__file__).parent / "cases"
GOOD_COUNT = 1000


def lines(*values: object) -> str:
    """Return values as JSON Lines."""
    return "".join(json.dumps(value) + "\n" for value in values)


def item(number: int, **values: object) -> dict[str, Any]:
    """Return one object as a file has it."""
    good = {"price": 1.10, "day": "2024-01-02", "at": "2024-01-02T03:04:05Z"}
    return {"id": number, "name": f"n{number}", **good, **values}


def test_values_arrive_as_declared(drop: Drop) -> None:
    drop.declare(ITEMS)
    content = lines(
        item(1, at="2024-01-02T05:04:05.123456+02:00"),
        item(2, price="2.5", name=None),
        {"id": 3},
        item(4, at="2024-01-02T05:04:05", price=99999999.99),
    )
    drop.put("items/a.jsonl", content)
    result = drop.ingest()
    assert (result.outcome, result.rows_read, result.rows_landed) == (Outcome.LANDED, 4, 4)
    rows = by("id", drop.rows())
    assert rows[1]["price"] == Decimal("1.10")
    assert rows[1]["day"] == date(2024, 1, 2)
    assert rows[1]["at"] == datetime(2024, 1, 2, 3, 4, 5, 123456, UTC)
    assert (rows[2]["price"], rows[2]["name"]) == (Decimal("2.50"), None)
    assert (rows[3]["price"], rows[3]["day"], rows[3]["at"]) == (None, None, None)
    assert rows[4]["at"] == datetime(2024, 1, 2, 5, 4, 5, tzinfo=UTC)
    assert rows[4]["price"] == Decimal("99999999.99")
    assert {row["_file_name"] for row in rows.values()} == {"items/a.jsonl"}
    assert [rows[number]["_file_row"] for number in (1, 2, 3, 4)] == [1, 2, 3, 4]
    assert not any(row["_is_deleted"] for row in rows.values())


def test_nested_fields_are_found_by_their_path(drop: Drop) -> None:
    columns = {"id": "bigint", "km": "double", "litres": "double", "maker": "string"}
    paths = {"km": "metrics.distance.km", "litres": "metrics.fuel", "maker": "madeBy"}
    drop.declare(table("items", columns, paths))
    whole = {"id": 1, "metrics": {"distance": {"km": 1.5}, "fuel": 2}, "madeBy": "x"}
    drop.put("items/a.jsonl", lines(whole, {"id": 2, "metrics": None}, {"id": 3, "metrics": {}}))
    assert drop.ingest().rows_landed == 3
    rows = by("id", drop.rows())
    assert (rows[1]["km"], rows[1]["litres"], rows[1]["maker"]) == (1.5, 2.0, "x")
    assert [rows[number]["km"] for number in (2, 3)] == [None, None]


BAD_LINES = {
    "no JSON": b"{nothing",
    "cut off": b'{"id": 7, "na',
    "empty list": b"[]",
    "null": b"null",
    "a text": b'"x"',
    "an object and null": b'{"id": 7} null',
    "no UTF-8": b'{"id": 7, "name": "\xff\xfe"}',
    "half a surrogate": b'{"id": 7, "name": "\\ud800"}',
    "a name twice": b'{"id": 7, "id": 8}',
    "a text as number": b'{"id": "7"}',
    "a number as text": b'{"id": 7, "name": 7}',
    "a fraction as whole number": b'{"id": 7.5}',
    "2^70": b'{"id": 1180591620717411303424}',
    "NaN as decimal": b'{"id": 7, "price": NaN}',
    "a digit too many": b'{"id": 7, "price": 1.005}',
    "too large": b'{"id": 7, "price": 100000000.00}',
    "no time": b'{"id": 7, "at": "yesterday"}',
    "no day": b'{"id": 7, "day": "2024-02-30"}',
    "no key": b'{"name": "x"}',
    "a null key": b'{"id": null}',
    "an object as text": b'{"id": 7, "name": {"x": 1}}',
    "nested deeply": b'{"id": 7, "x": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
}


def test_each_bad_line_costs_that_line_alone(drop: Drop) -> None:
    drop.declare(ITEMS)
    good = lines(*(item(number) for number in range(GOOD_COUNT))).encode()
    half = good.index(b"\n", len(good) // 2) + 1
    content = good[:half] + b"\n".join(BAD_LINES.values()) + b"\n" + good[half:]
    drop.put("items/a.jsonl", content)
    result = drop.ingest()
    assert (result.rows_landed, result.rows_quarantined) == (GOOD_COUNT, len(BAD_LINES))
    assert {row["id"] for row in drop.rows()} == set(range(GOOD_COUNT))
    before = good[:half].count(b"\n")
    places = {int(json.loads(row["place"])["row"]): row for row in drop.quarantined()}
    assert sorted(places) == list(range(before + 1, before + 1 + len(BAD_LINES)))
    for number, (what, line) in enumerate(BAD_LINES.items(), before + 1):
        kept = json.loads(places[number]["row"])
        text = kept.get("bytes")
        assert text is None or line.startswith(text.encode()), what
        assert places[number]["reason"], what


def test_objects_may_follow_one_another_without_a_line_end(drop: Drop) -> None:
    drop.declare(table("items", {"id": "int", "v": "string"}))
    drop.put("items/a", (CASES / "concatenated.jsonl").read_bytes() + b'{"id":5,"v":"}{"}\n{"id":')
    drop.put("items/b", b'{"id":6}\r{"id":7,\r"v":"x"}\r{"id":5000000000}')
    result = drop.ingest()
    rows = by("id", drop.rows())
    assert {number: row["v"] for number, row in rows.items()} == {
        1: "a",
        2: "b",
        3: "c",
        4: "d",
        5: "}{",
        6: None,
        7: "x",
    }
    assert [rows[number]["_file_row"] for number in range(1, 8)] == [1, 2, 3, 4, 5, 1, 2]
    assert result.rows_quarantined == 2
    places = [json.loads(row["place"]) for row in drop.quarantined()]
    assert {(place["file"], place["row"]) for place in places} == {
        ("items/a", "6"),
        ("items/b", "3"),
    }


@pytest.mark.parametrize("line", [b"null", b"[]", b"7", b"{}", b"{", b" ", b""])
def test_a_file_of_one_bad_line_lands_nothing(drop: Drop, line: bytes) -> None:
    drop.declare(ITEMS)
    drop.put("items/a.jsonl", line)
    result = drop.ingest()
    assert (result.outcome, drop.rows()) == (Outcome.NOTHING_NEW, [])
    assert result.rows_quarantined == (1 if line.strip() else 0)
    assert drop.ingest().rows_read == 0, "what is kept is known"


def test_marks_line_ends_and_empty_lines_do_not_matter(drop: Drop) -> None:
    drop.declare(ITEMS)
    content = (
        "\ufeff" + lines(item(1)) + "\r\n \n" + json.dumps(item(2)) + "\r\n" + json.dumps(item(3))
    )
    drop.put("items/a.jsonl", content)
    assert drop.ingest().rows_landed == 3
    assert {row["id"]: row["_file_row"] for row in drop.rows()} == {1: 1, 2: 4, 3: 5}


def test_packed_files_are_noticed_by_their_content(drop: Drop) -> None:
    drop.declare(ITEMS)
    drop.put("items/a.jsonl", gzip.compress(lines(item(1)).encode()))
    drop.put("items/b.jsonl.gz", gzip.compress(lines(item(2)).encode()))
    assert drop.ingest().rows_landed == 2


def test_a_packed_file_that_is_cut_off_costs_that_file(drop: Drop) -> None:
    drop.declare(ITEMS)
    packed = gzip.compress(lines(*(item(number) for number in range(GOOD_COUNT))).encode())
    drop.put("items/a.jsonl.gz", packed[: len(packed) // 2])
    drop.put("items/b.jsonl", lines(item(1)))
    result = drop.ingest()
    assert (result.rows_landed, result.rows_quarantined) == (1, 1)
    (kept,) = drop.quarantined()
    assert json.loads(kept["place"])["file"] == "items/a.jsonl.gz"
    assert kept["rule"] == "not_readable"


def test_a_large_file_that_spoils_late_leaves_no_row(
    drop: Drop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ingestion.connectors.files.hold_back.HELD_BACK_BYTES", 1)
    monkeypatch.setattr(chunks, "BLOCK_BYTES", 4096)
    drop.declare(ITEMS)
    packed = gzip.compress(lines(*(item(number) for number in range(GOOD_COUNT))).encode())
    drop.put("items/a.jsonl.gz", packed[:-20])
    drop.put("items/b.jsonl", lines(item(-1)))
    result = drop.ingest()
    assert (result.rows_landed, result.rows_quarantined) == (1, 1)
    assert [row["id"] for row in drop.rows()] == [-1]


def test_a_line_too_long_costs_that_line_in_bounded_memory(drop: Drop) -> None:
    drop.declare(ITEMS)
    long = b'{"id": 2, "name": "' + b"x" * (100 * 1024 * 1024) + b'"}\n'
    drop.put("items/a.jsonl", lines(item(1)).encode() + long + lines(item(3)).encode())
    del long
    result = drop.ingest()
    assert (result.rows_landed, result.rows_quarantined) == (2, 1)
    assert {row["id"]: row["_file_row"] for row in drop.rows()} == {1: 1, 3: 3}
    assert "16 MB" in drop.quarantined()[0]["reason"]


def test_a_file_that_is_mostly_bad_is_kept_out_whole(drop: Drop) -> None:
    drop.declare(ITEMS)
    drop.put("items/page.html", "<p>nothing here</p>\n" * 5000 + lines(item(1)))
    drop.put("items/b.jsonl", lines(item(2)))
    result = drop.ingest()
    assert (result.rows_landed, result.rows_quarantined) == (1, 1)
    assert drop.quarantined()[0]["rule"] == "mostly_bad"


def test_undeclared_fields_are_rescued(drop: Drop) -> None:
    drop.declare(table("items", {"id": "bigint", "km": "double"}, {"km": "m.km"}))
    values = [{"id": 1, "m": {"km": 1, "mood": "good"}, "new": [1, 2]}, {"id": 2}]
    drop.put("items/a.jsonl", lines(*values))
    result = drop.ingest()
    rows = by("id", drop.rows())
    assert json.loads(rows[1]["_rescued"]) == {"m": {"mood": "good"}, "new": [1, 2]}
    assert (rows[1]["km"], rows[2]["_rescued"]) == (1.0, None)
    assert any("m.mood" in note or "new" in note for note in result.notes)


def test_frozen_tables_keep_out_files_with_undeclared_fields(drop: Drop) -> None:
    drop.declare(table("items", {"id": "bigint"}, new_columns="freeze"))
    drop.put("items/a.jsonl", lines({"id": 1, "new": 1}))
    drop.put("items/b.jsonl", lines({"id": 2}))
    assert drop.ingest().rows_landed == 1
    (kept,) = drop.quarantined()
    assert (kept["rule"], "new" in kept["reason"]) == ("undeclared_fields", True)


def test_personal_data_leaves_a_file_only_as_tokens(drop: Drop) -> None:
    columns = {"id": "bigint", "email": "string token", "phone": "string drop"}
    drop.declare(table("items", columns))
    content = lines(
        {"id": 1, "email": "a@example.org", "phone": "0123-456", "more": "secret words"},
        {"id": None, "email": "b@example.org", "phone": "0123-457"},
    )
    drop.put("items/a.jsonl", content + '{"id": 3, "email": "c@example.org\n')
    result = drop.ingest()
    assert (result.rows_landed, result.rows_quarantined) == (1, 2)
    (row,) = drop.rows()
    assert len(row["email"]) == 64
    written = b"".join(
        file.read_bytes() for file in (drop.home / "lake").rglob("*") if file.is_file()
    )
    for secret in (b"example.org", b"0123-45", b"secret words"):
        assert secret not in written
        assert secret.decode() not in str(drop.quarantined()) + str(drop.rows())


def test_a_document_is_a_row_and_a_list_many(drop: Drop) -> None:
    drop.declare(table("items", {"id": "bigint", "price": "decimal(10,2)"}, format="json"))
    drop.put("items/a.json", json.dumps({"id": 1, "price": 1.1}, indent=2))
    drop.put("items/b.json", ' [ {"id": 2, "price": 3.30}, {"id": 3} ] ')
    drop.put("items/empty.json", "[]")
    for name, content in (("c", "[1]"), ("d", '{"id": 4} x'), ("e", "[{}, "), ("f", '{"id": "x"}')):
        drop.put(f"items/{name}.json", content)
    result = drop.ingest()
    assert (result.rows_landed, result.rows_quarantined) == (3, 4)
    assert {row["id"]: row["price"] for row in drop.rows()} == {
        1: Decimal("1.10"),
        2: Decimal("3.30"),
        3: None,
    }
    kept = {json.loads(row["place"])["file"] for row in drop.quarantined()}
    assert kept == {f"items/{name}.json" for name in "cdef"}
