"""`firn declare --from-files`: what it drafts from samples is what they hold, and loads."""

import gzip
import json
import os
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml
from typer.testing import CliRunner

from ingestion.api import draft
from ingestion.connectors.base import DraftRequest
from lake.errors import ConfigurationError, EnvironmentFault
from operations.cli.app import app
from tests.integration.files.drop import SOURCE, Drop, by


def drafted(drop: Drop) -> dict[str, dict[str, Any]]:
    """Write a draft for what lies in the folder; return its tables by name."""
    options = {"from_files": str(drop.landing)}
    text = draft("files", DraftRequest(SOURCE, "DROP_FILES", options), drop.settings)
    (drop.folder / "models" / "raw" / f"{SOURCE}.yml").write_text(text)
    (source,) = yaml.safe_load(text)["sources"]
    return {table["name"]: table for table in source["tables"]}


def remarks(drop: Drop) -> str:
    """Return the comments of the draft."""
    text = (drop.folder / "models" / "raw" / f"{SOURCE}.yml").read_text()
    return "\n".join(line for line in text.splitlines() if line.startswith("#"))


def types(table: dict[str, Any]) -> dict[str, str]:
    """Return the drafted types, with what else is declared of a column."""
    found = {}
    for column in table["columns"]:
        meta = column.get("config", {}).get("meta", {})
        more = [f"{key} {value}" for key, value in meta.items()]
        found[column["name"]] = " ".join([column["data_type"], *more])
    return found


def settings(table: dict[str, Any]) -> dict[str, Any]:
    """Return how a drafted table is read."""
    given: dict[str, Any] = table["config"]["meta"]["ingestion"]
    return given


def require_loads(drop: Drop, rows: int) -> None:
    """Fail unless what was drafted lands every row."""
    for file in drop.landing.rglob("*"):
        os.utime(file, (1, 1))  # a file that was written just now is waited for
    results = drop.ingest_all()
    assert sum(result.rows_quarantined for result in results) == 0, drop.quarantined()
    assert sum(result.rows_landed for result in results) == rows


def test_a_plain_csv(drop: Drop) -> None:
    lines = [
        "Order ID,createdAt,amount,weight,paid,day,zip,note",
        "1,2024-01-02 03:04:05Z,12.50,0.123456,true,2024-01-02,01234,",
        '2,2024-01-02T03:04:05+02:00,7,1e-3,false,2024-01-03,90210,"a, b"',
    ]
    drop.put("orders.csv", "\n".join(lines) + "\n")
    table = drafted(drop)["orders"]
    assert types(table) == {
        "order_id": "bigint path Order ID",
        "created_at": "timestamp path createdAt",
        "amount": "decimal(18,2)",
        "weight": "double",
        "paid": "boolean",
        "day": "date",
        "zip": "string",
        "note": "string",
    }
    assert settings(table) == {"files": "orders*", "format": "csv", "key": ["order_id"]}
    require_loads(drop, 2)
    row = by("order_id", drop.rows("orders"))[1]
    assert (row["amount"], row["zip"], row["day"]) == (Decimal("12.50"), "01234", date(2024, 1, 2))


def test_a_dialect_is_told_from_samples(drop: Drop) -> None:
    content = (
        "Umsätze\r\nStand: heute\r\n\r\nNr;Betrag;Kunde;Stück\r\n"
        "1;1.234,50;Müller;1\r\n2;12,50;'Meier; Sohn';NA\r\n3;7,00;Groß;3\r\n"
    )
    drop.put("umsatz/2024-01.csv", content.encode("windows-1252"))
    drop.put("umsatz/2024-02.csv", content.replace("\r\n1;", "\r\n4;").encode("windows-1252"))
    table = drafted(drop)["umsatz"]
    assert settings(table) == {
        "files": "umsatz/*",
        "format": "csv",
        "key": ["nr"],
        "encoding": "windows-1252",
        "delimiter": ";",
        "quote": "'",
        "skip": 3,
        "null_values": ["", "NA"],
        "decimal_separator": ",",
        "thousands_separator": ".",
    }
    require_loads(drop, 6)
    assert {row["betrag"] for row in drop.rows("umsatz")} == {
        Decimal("1234.50"),
        Decimal("12.50"),
        Decimal("7.00"),
    }
    assert "windows-1252 is a guess" in remarks(drop)


def test_titles_of_a_spreadsheet_stand_above_the_header(drop: Drop) -> None:
    drop.put(
        "sales/a.csv", "Sales 2024;;;\n\n;;;\nNo;Day;Amount;E-Mail\n1;2024-01-02;1,5;\n2;;2,5;x\n"
    )
    table = drafted(drop)["sales"]
    assert settings(table)["skip"] == 3
    assert list(types(table)) == ["no", "day", "amount", "e_mail"]
    require_loads(drop, 2)


@pytest.mark.parametrize(
    ("write", "expected"),
    [
        (lambda t: t.replace(",", "\t"), {"delimiter": "\t"}),
        (lambda t: t.replace(",", "|"), {"delimiter": "|"}),
        (lambda t: t.encode("utf-16"), {"encoding": "utf-16"}),
        (lambda t: gzip.compress(t.encode()), {}),
        (lambda t: "\ufeff" + t, {}),
        (lambda t: t.replace("\n", "\r\n"), {}),
        (lambda t: t.replace("\n", "\r"), {}),
        (lambda t: t.partition("\n")[2], {"header": False}),
    ],
    ids=["tabs", "pipes", "utf-16", "gzip", "mark", "crlf", "cr", "no header"],
)
def test_spellings_of_one_table(
    drop: Drop, write: Callable[[str], bytes | str], expected: dict[str, Any]
) -> None:
    drop.put("items/a", write("id,v,n\n1,a b,2.5\n2,c d,3.5\n3,e f,4.25\n"))
    table = drafted(drop)["items"]
    assert {
        k: v for k, v in settings(table).items() if k not in ("files", "format", "key")
    } == expected
    assert list(types(table).values()) == ["bigint", "string", "decimal(18,2)"]
    require_loads(drop, 3)


def test_json_with_nested_objects(drop: Drop) -> None:
    rows = [
        {
            "eventId": f"e{n}",
            "at": "2024-01-02T03:04:05.123Z",
            "user": {"name": "x", "geo": {"lat": 1.123456 + n}},
            "tags": [1, 2],
            "items": [{"sku": "a"}],
            "mixed": n or {"a": 1},
            "price": 1.25,
            "user.email": "a@example.org",
            "nothing": None,
        }
        for n in range(3)
    ]
    drop.put("events/2024/01/a.jsonl", "".join(json.dumps(row) + "\n" for row in rows))
    table = drafted(drop)["events"]
    assert settings(table) == {"files": "events/*/*/*", "format": "json_lines", "key": ["event_id"]}
    assert types(table) == {
        "event_id": "string path eventId",
        "at": "timestamp",
        "user_name": "string path user.name",
        "user_geo_lat": "double path user.geo.lat",
        "tags": "array<bigint>",
        "items": "string as json",
        "mixed": "string as json",
        "price": "decimal(18,2)",
        "user_email": "string path ['user.email'] personal_data token",
        "nothing": "string",
    }
    require_loads(drop, 3)
    landed = by("event_id", drop.rows("events"))["e1"]
    assert json.loads(landed["items"]) == [{"sku": "a"}]
    assert landed["price"] == Decimal("1.25")


def test_a_json_document(drop: Drop) -> None:
    drop.put("a.json", json.dumps([{"id": 1, "v": True}, {"id": 2, "v": None}], indent=2))
    table = drafted(drop)["a"]
    assert (settings(table)["format"], types(table)) == ("json", {"id": "bigint", "v": "boolean"})
    require_loads(drop, 2)


def test_parquet(drop: Drop) -> None:
    table = pa.table(
        {
            "id": pa.array([1, 2], pa.int32()),
            "Total": pa.array([Decimal("1.50"), None], pa.decimal128(12, 2)),
            "at": pa.array([datetime(2024, 1, 2, tzinfo=UTC)] * 2, pa.timestamp("us", "UTC")),
            "tags": pa.array([["a"], []]),
            "where": pa.array([{"lat": 1.5}, None]),
            "count": pa.array([2**63, 1], pa.uint64()),
        }
    )
    drop.landing.joinpath("facts").mkdir()
    pq.write_table(table, drop.landing / "facts" / "1.parquet")
    found = drafted(drop)["facts"]
    assert types(found) == {
        "id": "int",
        "total": "decimal(12,2) path Total",
        "at": "timestamp",
        "tags": "array<string>",
        "where": "string as json",
        "count": "decimal(20,0)",
    }
    require_loads(drop, 2)


def test_files_beside_one_another_are_tables_of_their_own(drop: Drop) -> None:
    for name in ("orders_2024-01-01.csv", "orders_2024-01-02.csv", "order_items_1.csv"):
        drop.put(f"exports/{name}", f"id,v\n1,a\n2,{name}\n")
    drop.put("exports/readme.pdf", b"%PDF-1.7\n")
    drop.put("customers.csv", "id,v\n1,a\n2,b\n")
    drop.put("customers.parquet.tmp", "PAR1")
    tables = drafted(drop)
    assert sorted(tables) == ["customers", "exports_order_items", "exports_orders"]
    assert settings(tables["exports_orders"])["files"] == "exports/orders*"
    assert settings(tables["exports_order_items"])["files"] == "exports/order_items*"
    assert "exports/readme.pdf is left out: it is a PDF document" in remarks(drop)
    require_loads(drop, 8)


def test_keys_of_two_columns_and_none(drop: Drop) -> None:
    drop.put("stock.csv", "store,sku,level\n1,a,5\n1,b,5\n2,a,5\n")
    drop.put("votes.csv", "choice,weight\na,1.5\na,1.5\n")
    tables = drafted(drop)
    assert settings(tables["stock"])["key"] == ["store", "sku"]
    assert settings(tables["votes"])["key"] == ["choice", "weight"]
    assert "votes has nothing unique" in remarks(drop)


def test_names_that_dbt_reads_as_jinja_are_left_out(drop: Drop) -> None:
    drop.put("a.csv", "id,{{ x }}\n1,2\n")
    assert list(types(drafted(drop)["a"])) == ["id"]
    assert "'{{ x }}' is left out" in remarks(drop)
    require_loads(drop, 1)


def test_values_that_are_not_what_most_are_become_text(drop: Drop) -> None:
    lines = [f"{n},{n}.5" for n in range(3000)] + ["3000,unknown"]
    drop.put("a.csv", "id,v\n" + "\n".join(lines) + "\n")
    assert types(drafted(drop)["a"]) == {"id": "bigint", "v": "string"}
    require_loads(drop, 3001)


def test_the_command_says_what_to_set(drop: Drop, monkeypatch: pytest.MonkeyPatch) -> None:
    drop.put("orders.csv", "id,v\n1,a\n")
    monkeypatch.setenv("FIRN_PROJECT_DIR", str(drop.folder))
    monkeypatch.chdir(drop.folder)
    result = CliRunner().invoke(app, ["declare", SOURCE, "--from-files", "landing"])
    assert result.exit_code == 0, result.output
    assert f"Set DROP_FILES={drop.landing}" in result.output.replace("\n", "")
    again = CliRunner().invoke(app, ["declare", SOURCE, "--from-files", "landing"])
    assert again.exit_code != 0


def test_a_place_without_files_is_named(drop: Drop, tmp_path: Path) -> None:
    drop.put("a.zip", b"PK\x03\x04")
    with pytest.raises(EnvironmentFault, match=r"a\.zip is left out: it is a zip archive"):
        drafted(drop)
    options = {"from_files": str(tmp_path / "nowhere")}
    with pytest.raises(EnvironmentFault):
        draft("files", DraftRequest(SOURCE, "DROP_FILES", options), drop.settings)
    with pytest.raises(ConfigurationError, match="--from-files"):
        draft("files", DraftRequest(SOURCE, "DROP_FILES", {}), drop.settings)
