"""CSV with a header: any spelling that is whole arrives; a bad row costs that row.

Fault damaged-file.
"""

import json
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from ingestion.formats import chunks
from tests.integration.files.drop import Drop, by, table

COLUMNS = {"id": "bigint", "name": "string", "price": "decimal(10,2)", "at": "timestamp"}
ITEMS = table("items", COLUMNS, format="csv")
TEXTS = table("items", {"id": "int", "txt": "string"}, format="csv")
CASES = Path(__file__).parent / "cases"
HEADER = "id,name,price,at\n"
AT = "2024-01-02T03:04:05Z"


def row(number: int, name: str = "n", price: str = "1.10", at: str = AT) -> str:
    """Return one line of CSV."""
    return f"{number},{name},{price},{at}\n"


def test_values_arrive_as_declared(drop: Drop) -> None:
    drop.declare(ITEMS)
    content = HEADER + row(1, '"a ""b"", c"') + row(2, '"x\ny"', "", "2024-01-02 05:04:05+02:00")
    content += row(3, '""', "99999999.99", "") + row(4, "", "-0.01", "2024-01-02 03:04:05.5")
    drop.put("items/a.csv", content)
    assert drop.ingest().rows_landed == 4
    rows = by("id", drop.rows())
    assert [rows[n]["name"] for n in (1, 2, 3, 4)] == ['a "b", c', "x\ny", "", None]
    prices = [Decimal("1.10"), None, Decimal("99999999.99"), Decimal("-0.01")]
    assert [rows[n]["price"] for n in (1, 2, 3, 4)] == prices
    at = datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC)
    assert [rows[n]["at"] for n in (1, 2, 3)] == [at, at, None]
    assert rows[4]["at"] == datetime(2024, 1, 2, 3, 4, 5, 500_000, UTC)
    assert [rows[n]["_file_row"] for n in (1, 2, 3, 4)] == [1, 2, 3, 4]


def test_columns_are_found_by_their_header_in_any_order(drop: Drop) -> None:
    drop.declare(
        table("items", {"id": "bigint", "name": "string"}, {"name": "Full Name"}, format="csv")
    )
    drop.put("items/a.csv", "Full Name,id\nx,1\n")
    drop.put("items/b.csv", " id , Full Name \n2,y\n")
    drop.ingest()
    assert {r["id"]: r["name"] for r in drop.rows()} == {1: "x", 2: "y"}


@pytest.mark.parametrize(
    "content",
    [
        ("\ufeff" + HEADER + row(1)).encode(),
        (HEADER + row(1)).replace("\n", "\r\n").encode(),
        (HEADER + row(1).rstrip()).encode(),
        (HEADER + "\n\n" + row(1) + "\r\n").encode(),
        (HEADER.replace("name", '"name"') + row(1)).encode(),
    ],
    ids=["mark", "crlf", "no last line end", "empty lines", "quoted header"],
)
def test_spellings_of_the_same_row(drop: Drop, content: bytes) -> None:
    drop.declare(ITEMS)
    drop.put("items/a.csv", content)
    assert (drop.ingest().rows_landed, drop.rows()[0]["name"]) == (1, "n")


BAD_ROWS = {
    "too short": "7,n\n",
    "too long": "7,n,1,2024-01-01T00:00:00Z,more\n",
    "no number": "seven,n,1,\n",
    "too fine": "7,n,1.005,\n",
    "too large": "7,n,123456789.00,\n",
    "not a number": "7,n,nan,\n",
    "no time": "7,n,1,yesterday\n",
    "no key": ",n,1,\n",
    "beyond 64 bits": "92233720368547758080,n,1,\n",
}


def test_each_bad_row_costs_that_row_alone(drop: Drop) -> None:
    drop.declare(ITEMS)
    good = [row(number, f'"line\n{number}"') for number in range(100)]
    content = HEADER + "".join(good[:60]) + "".join(BAD_ROWS.values()) + "".join(good[60:])
    drop.put("items/a.csv", content)
    result = drop.ingest()
    assert (result.rows_landed, result.rows_quarantined) == (100, len(BAD_ROWS))
    rows = by("id", drop.rows())
    assert sorted(rows) == list(range(100))
    assert (rows[59]["_file_row"], rows[60]["_file_row"]) == (60, 61 + len(BAD_ROWS))
    kept = {int(json.loads(r["place"])["row"]): r for r in drop.quarantined()}
    for number, (what, line) in enumerate(BAD_ROWS.items(), 61):
        assert json.loads(kept[number]["row"])["bytes"] == line.rstrip("\n"), what
    assert kept[63]["reason"].startswith("id:")


def test_bytes_that_are_no_utf_8_cost_their_row(drop: Drop) -> None:
    drop.declare(ITEMS)
    drop.put("items/a.csv", (HEADER + row(1)).encode() + b"2,caf\xe9,1," + AT.encode() + b"\n")
    result = drop.ingest()
    assert (result.rows_landed, result.rows_quarantined) == (1, 1)
    assert "bytes_base64" in json.loads(drop.quarantined()[0]["row"])


def test_latin_1_and_semicolons_can_be_declared(drop: Drop) -> None:
    drop.declare(table("items", COLUMNS, format="csv", encoding="latin-1", delimiter=";"))
    content = (HEADER + row(1, "café; bar".replace(";", "\x00"))).replace(",", ";")
    drop.put("items/a.csv", content.replace("café\x00 bar", '"café; bar"').encode("latin-1"))
    drop.ingest()
    assert drop.rows()[0]["name"] == "café; bar"


@pytest.mark.parametrize(
    ("content", "rule"),
    [
        (b"id;name;price;at\n1;n;1;\n", "wrong_header"),
        (b"id,name,price\n1,n,1\n", "wrong_header"),
        (b"id,name,price,at,id\n", "wrong_header"),
        (HEADER.encode("utf-16"), "not_readable"),
        (b"\x00\x01\x02\xff\n", "not_readable"),
    ],
    ids=["other delimiter", "a column missing", "a column twice", "utf-16", "bytes"],
)
def test_a_wrong_header_costs_the_file(drop: Drop, content: bytes, rule: str) -> None:
    drop.declare(ITEMS)
    drop.put("items/a.csv", content)
    drop.put("items/b.csv", HEADER + row(1))
    result = drop.ingest()
    assert (result.rows_landed, result.rows_quarantined) == (1, 1)
    assert drop.quarantined()[0]["rule"] == rule


@pytest.mark.parametrize("content", ["", HEADER, HEADER.rstrip(), "\n"])
def test_files_without_rows_land_nothing(drop: Drop, content: str) -> None:
    drop.declare(ITEMS)
    drop.put("items/a.csv", content)
    result = drop.ingest()
    assert (result.rows_landed, drop.rows()) == (0, [])


def test_a_quote_that_is_never_closed_costs_its_line(drop: Drop) -> None:
    drop.declare(ITEMS)
    drop.put("items/a.csv", HEADER + row(1) + '2,"open,1,\n' + row(3) + row(4))
    result = drop.ingest()
    assert {r["id"] for r in drop.rows()} == {1, 3, 4}
    assert result.rows_quarantined == 1


def test_quotes_within_values_open_nothing(drop: Drop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chunks, "BLOCK_BYTES", 50)
    drop.declare(ITEMS)
    names = ['5" pipe', '"a\nb"', 'x"y"z', '"q ""\n"" q"', "plain"] * 20
    drop.put("items/a.csv", HEADER + "".join(row(n, name) for n, name in enumerate(names)))
    result = drop.ingest()
    assert (result.rows_landed, result.rows_quarantined) == (len(names), 0)
    rows = by("id", drop.rows())
    assert [rows[n]["name"] for n in range(5)] == ['5" pipe', "a\nb", 'x"y"z', 'q "\n" q', "plain"]
    assert [rows[n]["_file_row"] for n in range(len(names))] == list(range(1, len(names) + 1))


def test_text_after_a_closing_quote_costs_its_row(drop: Drop) -> None:
    drop.declare(TEXTS)
    drop.put("items/a.csv", (CASES / "backslash_quotes.csv").read_bytes() + b'4,"a"b\n5,"a""b"\n')
    result = drop.ingest()
    assert {row["id"]: row["txt"] for row in drop.rows()} == {
        2: "plain",
        3: r"c:\\dir",
        5: 'a"b',
    }
    assert result.rows_quarantined == 2
    assert {row["rule"] for row in drop.quarantined()} == {"not_readable"}
    assert all("closing quote" in row["reason"] for row in drop.quarantined())


def test_an_escape_can_be_declared(drop: Drop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chunks, "BLOCK_BYTES", 30)
    drop.declare(table("items", {"id": "int", "txt": "string"}, format="csv", escape="\\"))
    more = b'4,"x \\"\n, y"\n5,a\\,b\n6,"\\\\"\n7,"d""d"\n'
    drop.put("items/a.csv", (CASES / "backslash_quotes.csv").read_bytes() + more)
    result = drop.ingest()
    assert result.rows_quarantined == 0
    assert {row["id"]: row["txt"] for row in drop.rows()} == {
        1: 'a "quoted" word',
        2: "plain",
        3: r"c:\dir",
        4: 'x "\n, y',
        5: "a,b",
        6: "\\",
        7: 'd"d',
    }


def test_columns_without_a_name_are_passed_over_unless_they_hold_something(drop: Drop) -> None:
    drop.declare(table("items", {"id": "int", "v": "string"}, format="csv"))
    drop.put("items/a.csv", (CASES / "trailing_delimiters.csv").read_bytes())
    drop.put("items/b.csv", "id,v,,\n3,c,,\n4,d,,x\n")
    result = drop.ingest()
    assert (result.rows_landed, result.rows_quarantined) == (4, 0)
    rescued = {row["id"]: row.get("_rescued") for row in drop.rows()}
    assert rescued == {1: None, 2: None, 3: None, 4: '{"column 4": "x"}'}


def test_times_that_lose_nothing_arrive(drop: Drop) -> None:
    drop.declare(table("items", {"id": "int", "ts": "timestamp"}, format="csv"))
    bad = b"5,2024-01-02T03:04:05.123456789Z\n6,2024-01-02 03:04:05.1234567\n"
    more = b"7,2024-01-02 03:04:05.120000000+02\n8,2024-01-02\n9,2024-01-02 03:04:05-0130\n"
    drop.put("items/a.csv", (CASES / "nanoseconds.csv").read_bytes() + bad + more)
    drop.ingest()
    at = datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC)
    assert {row["id"]: row["ts"] for row in drop.rows()} == {
        1: at.replace(microsecond=123_000),
        2: at.replace(microsecond=123_456),
        3: at,
        4: at.replace(microsecond=500_000),
        7: at.replace(hour=1, microsecond=120_000),
        8: datetime(2024, 1, 2, tzinfo=UTC),
        9: at.replace(hour=4, minute=34),
    }
    assert {json.loads(row["place"])["row"] for row in drop.quarantined()} == {"5", "6"}


def test_undeclared_columns_are_rescued(drop: Drop) -> None:
    drop.declare(ITEMS)
    drop.put("items/a.csv", "id,name,price,at,new,newer\n1,n,1,,x,\n")
    drop.ingest()
    assert json.loads(drop.rows()[0]["_rescued"]) == {"new": "x", "newer": None}


def test_many_rows_in_several_blocks(drop: Drop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chunks, "BLOCK_BYTES", 10_000)
    drop.declare(ITEMS)
    count = 20_000
    drop.put("items/a.csv", HEADER + "".join(row(n, f"name {n}", f"{n}.25") for n in range(count)))
    assert drop.ingest().rows_landed == count
    rows = by("id", drop.rows())
    assert all(rows[n]["price"] == Decimal(f"{n}.25") for n in range(count))
    assert all(rows[n]["_file_row"] == n + 1 for n in range(count))


def test_times_with_and_without_an_offset_are_the_same_in_any_block(
    drop: Drop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chunks, "BLOCK_BYTES", 100)
    drop.declare(ITEMS)
    spellings = [AT, "2024-01-02 03:04:05", "2024-01-02T04:04:05+01:00"]
    runs = [[spellings[number]] * 10 for number in (0, 1, 2, 1, 0)] + [spellings * 10]
    times = [time for run in runs for time in run] + ["never"]
    rows = [row(number, at=time) for number, time in enumerate(times)]
    drop.put("items/a.csv", HEADER + "".join(rows))
    result = drop.ingest()
    assert (result.rows_landed, result.rows_quarantined) == (len(times) - 1, 1)
    assert {row["at"] for row in drop.rows()} == {datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC)}
