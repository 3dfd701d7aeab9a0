"""Columns that are declared `as: json`: a value of any type lands as its exact JSON text."""

import io
import json
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ingestion.loading.replay import replay
from lake.errors import ConfigurationError
from tests.integration.files.drop import Drop, by, table

CASES = Path(__file__).parent / "cases"


def as_json(declared: dict[str, Any], *names: str) -> dict[str, Any]:
    """Return the declaration of a table with some columns landed as JSON."""
    for column in declared["columns"]:
        if column["name"] in names:
            column.setdefault("config", {"meta": {}})["meta"]["as"] = "json"
    return declared


def items(form: str = "json_lines", data_type: str = "string", **kinds: str) -> dict[str, Any]:
    """Return a table whose column `value` is landed as JSON."""
    columns = {"id": "bigint", "value": data_type, **kinds}
    return as_json(table("items", columns, format=form), "value")


def test_any_value_of_json_lines_lands_as_its_text(drop: Drop) -> None:
    drop.declare(items(name="string"))
    texts = ['{"b": 1.10, "a": [1e2, null]}', "[]", "-0.0", "true", '"caf\\u00e9"', '"x"']
    lines = [f'{{"id": {n}, "value": {text}, "name": "n"}}' for n, text in enumerate(texts)]
    more = ['{"id": 6, "value": null}', '{"id": 7, "extra": 1.0}', '{"id": 8, "value": [NaN]}']
    drop.put("items/a.jsonl", "\n".join([*lines, *more]) + "\n")
    assert drop.ingest().rows_landed == 9
    rows = by("id", drop.rows())
    assert [rows[n]["value"] for n in range(9)] == [*texts, None, None, '["NaN"]']
    assert [rows[n]["_rescued"] for n in (0, 7)] == [None, '{"extra": 1.0}']


def test_one_bad_row_leaves_the_texts_of_the_others_in_their_places(drop: Drop) -> None:
    drop.declare(items())
    lines = [f'{{"id": {n}, "value": {{"n": {n}}}}}' for n in range(50)]
    lines[20] = '{"id": "x", "value": 1}'
    lines[30] = '{"id": 30, "value": 1, "value": 2}'
    drop.put("items/a.jsonl", "\n".join(lines) + "\n")
    assert drop.ingest().rows_quarantined == 2
    assert {row["id"]: row["value"] for row in drop.rows()} == {
        n: f'{{"n": {n}}}' for n in range(50) if n not in (20, 30)
    }
    reasons = {json.loads(row["place"])["row"]: row["reason"] for row in drop.quarantined()}
    assert reasons["31"] == "value stands twice"


def test_every_column_may_be_json(drop: Drop) -> None:
    columns = {"id": "string", "value": "string"}
    drop.declare(as_json(table("items", columns), "id", "value"))
    drop.put("items/a.jsonl", '{"id": 1, "value": "x"}\n{"value": 1}\n{"id": [2]}\n')
    assert drop.ingest().rows_quarantined == 1
    assert {(row["id"], row["value"]) for row in drop.rows()} == {("1", '"x"'), ("[2]", None)}


def test_fields_within_an_object_are_declared_beside_its_json(drop: Drop) -> None:
    columns = {"id": "bigint", "kind": "string", "value": "string"}
    paths = {"kind": "event.kind", "value": "event.data"}
    drop.declare(as_json(table("items", columns, paths), "value"))
    drop.put("items/a.jsonl", '{"id": 1, "event": {"kind": "k", "data": {"a": 1}, "more": 2}}\n')
    drop.ingest()
    [row] = drop.rows()
    assert (row["kind"], row["value"]) == ("k", '{"a": 1}')
    assert row["_rescued"] == '{"event": {"more": 2}}'


def test_a_document_keeps_the_text_on_one_line(drop: Drop) -> None:
    drop.declare(items("json"))
    drop.put("items/a.json", '[{"id": 1, "value": {"a":\n1.50}}, {"id": 2, "value": 7}]')
    drop.ingest()
    assert {row["id"]: row["value"] for row in drop.rows()} == {1: '{"a": 1.50}', 2: "7"}


@pytest.mark.parametrize("value", ['{"a": 1}', "[1]", "1", "true"])
def test_a_value_that_is_no_string_says_how_to_land_it_and_comes_back(
    drop: Drop, value: str
) -> None:
    drop.declare(table("items", {"id": "bigint", "value": "string"}))
    drop.put("items/a.jsonl", f'{{"id": 1, "value": {value}}}\n{{"id": 2, "value": "x"}}\n')
    assert drop.ingest().rows_quarantined == 1
    [row] = drop.quarantined()
    assert row["reason"].startswith("value changed from string to ")
    assert row["reason"].endswith("; declared with `as: json` it lands as its JSON text")
    drop.declare(items())
    assert replay((), drop.settings)[0].replayed == 1
    assert by("id", drop.rows())[1]["value"] == value


def test_a_token_is_made_of_the_text(drop: Drop) -> None:
    drop.declare(items(data_type="string token"))
    drop.put("items/a.jsonl", '{"id": 1, "value": {"a": 1}}\n{"id": 2, "value": {"a": 1}}\n')
    drop.ingest()
    first, second = (row["value"] for row in drop.rows())
    assert first == second
    assert len(first) == 64


def test_text_of_csv_has_to_be_json(drop: Drop) -> None:
    drop.declare(items("csv"))
    drop.put("items/a.csv", 'id,value\n1,"{""a"": 1.10}"\n2,\n3,null\n4,5\n5,x\n6,"[1"\n')
    assert drop.ingest().rows_quarantined == 2
    landed = {row["id"]: row["value"] for row in drop.rows()}
    assert landed == {1: '{"a": 1.10}', 2: None, 3: None, 4: "5"}
    assert {row["reason"] for row in drop.quarantined()} == {
        "value: the text is no JSON: Expecting value: line 1 column 1 (char 0)",
        "value: the text is no JSON: Expecting ',' delimiter: line 1 column 3 (char 2)",
    }


AT = datetime(2024, 1, 2, 3, 4, 5, 123456)
PARQUET = {
    "struct": (pa.array([{"b": Decimal("1.10"), "a": [1, None]}]), '{"b": 1.10, "a": [1, null]}'),
    "list": (pa.array([[b"\x00\xff", None]]), '["AP8=", null]'),
    "map": (pa.array([[("a", 1)]], pa.map_(pa.string(), pa.int32())), '{"a": 1}'),
    "times": (
        pa.array([[AT]], pa.list_(pa.timestamp("us", "UTC"))),
        '["2024-01-02T03:04:05.123456+00:00"]',
    ),
    "map of times": (
        pa.array([[(AT, True)]], pa.map_(pa.timestamp("us"), pa.bool_())),
        '{"2024-01-02T03:04:05.123456": true}',
    ),
    "decimal": (pa.array([Decimal("0.50")], pa.decimal128(38, 2)), "0.50"),
    "string": (pa.array(["x"]), '"x"'),
    "dictionary": (pa.array(["x"]).dictionary_encode(), '"x"'),
    "double": (pa.array([float("nan")]), '"NaN"'),
    "integer": (pa.array([2**63], pa.uint64()), "9223372036854775808"),
}


@pytest.mark.parametrize("kind", PARQUET)
def test_any_column_of_parquet_lands_as_its_json(drop: Drop, kind: str) -> None:
    values, text = PARQUET[kind]
    drop.declare(items("parquet"))
    file = io.BytesIO()
    value = pa.concat_arrays([values, pa.nulls(1, values.type)])
    pq.write_table(pa.table({"id": pa.array([1, 2]), "value": value}), file)
    drop.put("items/a.parquet", file.getvalue())
    assert drop.ingest().rows_landed == 2
    assert {row["id"]: row["value"] for row in drop.rows()} == {1: text, 2: None}


def test_a_map_with_a_key_twice_costs_its_row(drop: Drop) -> None:
    drop.declare(items("parquet"))
    kind = pa.map_(pa.string(), pa.int32())
    value = pa.array([[("a", 1), ("a", 2)], [("a", 3)]], kind)
    file = io.BytesIO()
    pq.write_table(pa.table({"id": pa.array([1, 2]), "value": value}), file)
    drop.put("items/a.parquet", file.getvalue())
    assert drop.ingest().rows_quarantined == 1
    assert [row["value"] for row in drop.rows()] == ['{"a": 3}']


def test_what_is_json_in_parquet_stays_as_it_is(drop: Drop) -> None:
    columns = {"id": "bigint", "s": "string"}
    drop.declare(as_json(table("items", columns, format="parquet"), "s"))
    drop.put("items/a.parquet", (CASES / "duck_json.parquet").read_bytes())
    drop.ingest()
    for row in drop.rows():
        assert isinstance(json.loads(row["s"]), dict)


def test_only_a_string_is_landed_as_json(drop: Drop) -> None:
    drop.declare(items(data_type="bigint"))
    with pytest.raises(ConfigurationError, match="column value: as json is a string"):
        drop.ingest()
    declared = items()
    declared["columns"][1]["config"]["meta"]["as"] = "xml"
    drop.declare(declared)
    with pytest.raises(ConfigurationError, match="as: Input should be 'json'"):
        drop.ingest()
