r"""CSV as the world writes it: encodings, quotes, numbers, null texts, headers, times.

Fault damaged-file.
"""

import json
from decimal import Decimal
from typing import Any

import pytest

from ingestion.formats import chunks
from ingestion.loading.replay import replay
from lake.errors import ConfigurationError
from tests.integration.files.drop import Drop, by, table
from tests.integration.ingestion.checker import Row

TEXTS = {"id": "int", "v": "string"}


def landed(
    drop: Drop,
    content: bytes | str,
    columns: dict[str, str],
    **options: Any,  # noqa: ANN401
) -> dict[Any, Row]:
    """Return the rows that land of one CSV file, by id."""
    drop.declare(table("items", columns, format="csv", **options))
    drop.put("items/a.csv", content)
    drop.ingest()
    return by("id", drop.rows())


@pytest.mark.parametrize(
    "encoding",
    ["windows-1252", "cp1250", "iso-8859-15", "utf-16", "utf-16-le", "utf_8_sig", "UTF8", "utf-32"],
)
def test_an_encoding_is_declared_by_its_name(
    drop: Drop, monkeypatch: pytest.MonkeyPatch, encoding: str
) -> None:
    monkeypatch.setattr(chunks, "BLOCK_BYTES", 7)
    content = "id,v\r\n1,10 €\r\n2,é\r\n".encode(encoding)
    rows = landed(drop, content, TEXTS, encoding=encoding)
    assert {n: row["v"] for n, row in rows.items()} == {1: "10 €", 2: "é"}
    assert not drop.quarantined()


@pytest.mark.parametrize(
    ("encoding", "text"), [("shift_jis", "表ソ"), ("gb18030", "𠀀中"), ("koi8-r", "Ж")]
)
def test_bytes_of_a_character_may_look_like_marks(drop: Drop, encoding: str, text: str) -> None:
    content = f'id,v\n1,"{text}"\n2,{text}|x\n'.encode(encoding)
    rows = landed(drop, content, TEXTS, encoding=encoding)
    assert {n: row["v"] for n, row in rows.items()} == {1: text, 2: f"{text}|x"}


def test_a_byte_that_the_encoding_has_not_costs_its_row(drop: Drop) -> None:
    rows = landed(drop, b"id,v\n1,\x80\n2,a\x81b\n3,\x81\x8d\n4,ok\n", TEXTS, encoding="cp1252")
    assert {n: row["v"] for n, row in rows.items()} == {1: "€", 4: "ok"}
    reasons = [row["reason"] for row in drop.quarantined()]
    assert len(reasons) == 2
    assert all("v: " in reason and "no CP1252" in reason for reason in reasons)


@pytest.mark.parametrize("encoding", ["rot13", "base64", "idna", "unicode_escape", "no-such"])
def test_what_is_no_encoding_is_refused(drop: Drop, encoding: str) -> None:
    drop.declare(table("items", TEXTS, format="csv", encoding=encoding))
    with pytest.raises(ConfigurationError, match="there is no encoding"):
        drop.ingest()


def test_json_may_be_in_another_encoding(drop: Drop) -> None:
    drop.declare(table("items", TEXTS, encoding="utf-16"))
    drop.put("items/a.jsonl", '{"id": 1, "v": "€"}\n'.encode("utf-16"))
    drop.ingest()
    assert [row["v"] for row in drop.rows()] == ["€"]


@pytest.mark.parametrize(
    ("options", "content"),
    [
        ({"quote": "'"}, "id,v\n1,'a, ''b'' \"'\n2,x\"y\n3,'a\nb'\n"),
        ({"quote": "'", "escape": "\\"}, "id,v\n1,'a, \\'b\\' \"'\n2,x\"y\n3,'a\nb'\n"),
        ({"quote": "^", "delimiter": "|"}, "id|v\n1|^a, 'b' \"^\n2|x\"y\n3|^a\nb^\n"),
        ({"quote": "", "delimiter": ";"}, "id;v\n1;a, 'b' \"\n2;x\"y\n"),
        ({"quote": "", "delimiter": "\t"}, "id\tv\n1\ta, 'b' \"\n2\tx\"y\n"),
        ({"quote": "", "escape": "\\"}, "id,v\n1,a\\, 'b' \"\n2,x\"y\n3,a\\\nb\n"),
    ],
    ids=["single", "escaped", "caret", "none", "none, tabs", "none, escaped"],
)
def test_values_are_quoted_as_declared(
    drop: Drop, monkeypatch: pytest.MonkeyPatch, options: dict[str, str], content: str
) -> None:
    monkeypatch.setattr(chunks, "BLOCK_BYTES", 12)
    rows = landed(drop, content, TEXTS, **options)
    assert not drop.quarantined()
    expected = {1: "a, 'b' \"", 2: 'x"y', 3: "a\nb"}
    assert {n: row["v"] for n, row in rows.items()} == {n: expected[n] for n in rows}
    assert len(rows) == content.count("\n") - 1 - content.count("a\nb") - content.count("a\\\nb")


def test_text_after_another_quote_costs_its_row(drop: Drop) -> None:
    rows = landed(drop, "id,v\n1,'a'b\n2,'c'\n", TEXTS, quote="'")
    assert list(rows) == [2]
    assert "closing quote" in drop.quarantined()[0]["reason"]


NUMBERS = {"id": "int", "i": "bigint", "d": "decimal(12,2)", "w": "decimal(30,4)", "f": "double"}


@pytest.mark.parametrize(
    ("options", "line"),
    [
        ({"decimal_separator": ","}, "1234567;1234,50;-1234567890123456789012,5;1234,5"),
        (
            {"decimal_separator": ",", "thousands_separator": "."},
            "1.234.567;1.234,50;-1.234.567.890.123.456.789.012,5;1.234,5",
        ),
        (
            {"thousands_separator": ","},
            '"1,234,567";1,234.50;-1,234,567,890,123,456,789,012.5;+1234.5',
        ),
        (
            {"thousands_separator": "'"},
            "1'234'567;1'234.50;-1'234'567'890'123'456'789'012.5;1234.5",
        ),
        (
            {"decimal_separator": ",", "thousands_separator": " "},
            "1 234 567;1\u00a0234,50;-1\u202f234\u202f567 890 123 456 789 012,5;1 234,5",
        ),
    ],
    ids=["comma", "German", "English", "Swiss", "French"],
)
def test_numbers_are_read_with_the_separators_declared(
    drop: Drop, options: dict[str, str], line: str
) -> None:
    rows = landed(drop, f"id;i;d;w;f\n1;{line}\n2;;;;\n", NUMBERS, delimiter=";", **options)
    assert not drop.quarantined()
    row = rows[1]
    assert (row["i"], row["d"], row["f"]) == (1234567, Decimal("1234.50"), 1234.5)
    assert row["w"] == Decimal("-1234567890123456789012.5")
    assert all(rows[2][name] is None for name in NUMBERS if name != "id")


BAD_NUMBERS = [
    "0.123",
    "1.23",
    "1.2345",
    "12.34.567",
    ".123",
    "1..234",
    "1,2,3",
    "1.234,",
    "1,234,5",
    "x",
    "1 234",
]


@pytest.mark.parametrize("text", BAD_NUMBERS)
def test_a_number_whose_groups_are_wrong_costs_its_row(drop: Drop, text: str) -> None:
    options = {"delimiter": ";", "decimal_separator": ",", "thousands_separator": "."}
    content = f"id;d\n1;{text}\n2;1.234,56\n"
    rows = landed(drop, content, {"id": "int", "d": "double"}, **options)
    assert {n: row["d"] for n, row in rows.items()} == {2: 1234.56}
    assert len(drop.quarantined()) == 1


def test_too_many_digits_cost_their_row_with_separators_too(drop: Drop) -> None:
    options = {"delimiter": ";", "decimal_separator": ",", "thousands_separator": "."}
    content = "id;i;d\n1;;1,005\n2;9.223.372.036.854.775.808;\n3;1,0;\n4;1.000;1,5\n"
    rows = landed(drop, content, {"id": "int", "i": "bigint", "d": "decimal(10,2)"}, **options)
    assert [(n, row["i"], row["d"]) for n, row in rows.items()] == [(4, 1000, Decimal("1.50"))]


def test_texts_for_null_take_the_place_of_the_empty_one(drop: Drop) -> None:
    content = 'id,v,n\n1,NA,NA\n2,"NA",-\n3,,1\n4,na,2\n'
    columns = {**TEXTS, "n": "int"}
    rows = landed(drop, content, columns, null_values=["NA", "-"])
    assert {n: row["v"] for n, row in rows.items()} == {1: None, 2: "NA", 3: "", 4: "na"}
    assert {n: row["n"] for n, row in rows.items()} == {1: None, 2: None, 3: 1, 4: 2}


@pytest.mark.parametrize("quote", ['"', ""])
def test_a_null_that_begins_with_the_escape(drop: Drop, quote: str) -> None:
    r"""As MySQL and PostgreSQL write it: `\N` is null, `N` and the empty text are texts."""
    content = "id\tv\n1\t\\N\n2\tN\n3\t\n4\ta\\\tb\n5\t\\\\N\n\\N\t6\n"
    options = {"delimiter": "\t", "quote": quote, "escape": "\\", "null_values": ["\\N"]}
    rows = landed(drop, content, TEXTS, **options)
    assert {n: row["v"] for n, row in rows.items()} == {1: None, 2: "N", 3: "", 4: "a\tb", 5: "\\N"}
    assert [row["rule"] for row in drop.quarantined()] == ["key_is_null"]


def test_the_escaped_null_within_quotes_is_text(drop: Drop) -> None:
    options: dict[str, Any] = {"escape": "\\", "null_values": ["\\N"]}
    rows = landed(drop, 'id,v\n1,"x,\\N,y"\n2,"\n\\N\n"\n3,\\N\n', TEXTS, **options)
    assert {n: row["v"] for n, row in rows.items()} == {1: "x,N,y", 2: "\nN\n", 3: None}


def test_a_file_without_header_has_the_columns_in_order(drop: Drop) -> None:
    columns = {"id": "int", "mail": "string drop", "v": "string"}
    drop.declare(table("items", columns, format="csv", header=False))
    drop.put("items/a.csv", "1,s,a\n2,s,b\n3,b\n4,s,b,c\n")
    drop.ingest()
    assert [(r["id"], r["v"], r["_file_row"]) for r in drop.rows()] == [(1, "a", 1), (2, "b", 2)]
    assert len(drop.quarantined()) == 2


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lines_before_the_header_are_passed_over(drop: Drop, end: str) -> None:
    content = end.join(['Report 5" "pipes', "", "from: x, y", "id,v", "1,a", "2,b", ""])
    rows = landed(drop, content, TEXTS, skip=3)
    assert {n: (row["v"], row["_file_row"]) for n, row in rows.items()} == {
        1: ("a", 1),
        2: ("b", 2),
    }
    assert not drop.quarantined()


def test_lines_before_rows_without_header_are_passed_over(drop: Drop) -> None:
    rows = landed(drop, "\ufeffexported\n1,a\n", TEXTS, skip=1, header=False)
    assert {n: row["v"] for n, row in rows.items()} == {1: "a"}


def test_a_file_with_fewer_lines_than_are_passed_over_is_set_aside(drop: Drop) -> None:
    assert landed(drop, "one\ntwo\n", TEXTS, skip=3) == {}
    assert drop.quarantined()[0]["reason"] == "it has 2 lines, `skip` is 3"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"quote": ","}, "delimiter and quote are both ','"),
        ({"escape": ";", "delimiter": ";"}, "delimiter and escape are both ';'"),
        ({"thousands_separator": "."}, "decimal_separator and thousands_separator are both"),
        ({"thousands_separator": "0"}, "parts no digits"),
        ({"delimiter": "\n"}, "a line end parts rows"),
        ({"null_values": ["a\nb"]}, "has a line end in it"),
        ({"null_values": ["a,b"]}, "'a,b' has the delimiter or the quote in it"),
        ({"skip": -1}, "skip"),
        ({"quote": "''"}, "quote"),
    ],
    ids=lambda value: "" if isinstance(value, str) else " ".join(value),
)
def test_options_that_contradict_themselves_are_refused(
    drop: Drop, options: dict[str, Any], message: str
) -> None:
    drop.declare(table("items", TEXTS, format="csv", **options))
    with pytest.raises(ConfigurationError, match=message):
        drop.ingest()


def test_a_path_is_refused_where_there_is_no_header(drop: Drop) -> None:
    drop.declare(table("items", TEXTS, {"v": "Value"}, format="csv", header=False))
    with pytest.raises(ConfigurationError, match="`path` names a header"):
        drop.ingest()


@pytest.mark.parametrize("header", [True, False])
def test_rows_in_quarantine_are_replayed_as_they_are_written(drop: Drop, *, header: bool) -> None:
    options: dict[str, Any] = {
        "delimiter": ";",
        "quote": "'",
        "encoding": "cp1252",
        "skip": 2,
        "header": header,
        "decimal_separator": ",",
        "thousands_separator": ".",
        "null_values": ["NULL"],
    }
    columns = {"id": "int", "v": "string", "n": "int"}
    head = ["# one", "# two", *(["id;v;n"] if header else [])]
    lines = [*head, "1;'€;''x';5.000.000.000", "2;NULL;NULL"]
    rows = landed(drop, "\n".join(lines).encode("cp1252"), columns, **options)
    assert {n: (row["v"], row["n"]) for n, row in rows.items()} == {2: (None, None)}
    assert json.loads(drop.quarantined()[0]["row"]) == {"bytes": "1;'€;''x';5.000.000.000"}
    drop.declare(table("items", {**columns, "n": "bigint"}, format="csv", **options))
    assert replay((), drop.settings)[0].replayed == 1
    row = by("id", drop.rows())[1]
    assert (row["v"], row["n"], row["_file_row"]) == ("€;'x", 5_000_000_000, 1)


def test_a_row_decoded_in_another_encoding_is_not_replayed(drop: Drop) -> None:
    columns = {**TEXTS, "n": "int"}
    content = "id,v,n\n1,ł,5000000000\n2,l,5000000000\n3,ł,1\n".encode("cp1250")
    landed(drop, content, columns, encoding="cp1252")
    assert {row["id"]: row["v"] for row in drop.rows()} == {3: "³"}
    columns["n"] = "bigint"
    drop.declare(table("items", columns, format="csv", encoding="cp1250"))
    (result,) = replay((), drop.settings)
    assert (result.replayed, result.unfit) == (1, 1)
    assert {row["id"]: row["v"] for row in drop.rows()} == {2: "l", 3: "³"}
    assert any("another encoding" in row["reason"] for row in drop.quarantined())
