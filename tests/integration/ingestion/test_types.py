"""PostgreSQL's types, value by value: what psycopg reads from the source is what DuckDB reads."""

import datetime as dt
import json
import math
import uuid
from decimal import Decimal
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.integration.ingestion.fixtures import MakeLakehouse
from tests.integration.ingestion.lakehouse import Lakehouse, table

pytestmark = pytest.mark.postgres

# PostgreSQL's type -> declared type, and values of it.
TYPES: dict[str, tuple[str, st.SearchStrategy[Any]]] = {
    "boolean": ("boolean", st.booleans()),
    "smallint": ("int", st.integers(-(2**15), 2**15 - 1)),
    "integer": ("bigint", st.integers(-(2**31), 2**31 - 1)),
    "bigint": ("bigint", st.integers(-(2**63), 2**63 - 1)),
    "real": ("float", st.floats(width=32)),
    "double precision": ("double", st.floats()),
    "numeric(15,2)": ("decimal(15,2)", st.decimals(-(10**13) + 1, 10**13 - 1, places=2)),
    "numeric(18,2)": ("decimal(18,2)", st.decimals(-(10**16) + 1, 10**16 - 1, places=2)),
    "numeric(38,10)": ("decimal(38,10)", st.decimals(-(10**28) + 1, 10**28 - 1, places=10)),
    "numeric(5,0)": ("decimal(12,3)", st.integers(-99999, 99999).map(Decimal)),
    "text": ("string", st.text(st.characters(exclude_characters="\0", codec="utf-8"))),
    "varchar(40)": ("string", st.text(st.sampled_from("aé漢😀 \t\n\r\\\",'NULL"), max_size=40)),
    "date": ("date", st.dates()),
    "timestamptz": ("timestamp", st.datetimes(timezones=st.just(dt.UTC))),
    "timestamp": ("timestamp", st.datetimes()),
    "bytea": ("binary", st.binary(max_size=50)),
    "uuid": ("string", st.uuids()),
}
NAMES = {kind: f"c{number}" for number, kind in enumerate(TYPES)}
ROWS = st.lists(
    st.fixed_dictionaries({kind: st.none() | values for kind, (_, values) in TYPES.items()}),
    min_size=1,
    max_size=30,
)


@pytest.fixture
def typed(make_lakehouse: MakeLakehouse) -> Lakehouse:
    """Return a lake over a table with one column of every type."""
    made = make_lakehouse()
    columns = ", ".join(f"{NAMES[kind]} {kind}" for kind in TYPES)
    made.execute(f"create table items (item_id int primary key, {columns})")
    declared = {NAMES[kind]: data_type for kind, (data_type, _) in TYPES.items()}
    made.declare(table("items", {"item_id": "int", **declared}, load="full", key=["item_id"]))
    return made


def _expected(kind: str, value: object) -> object:
    """Return the value as the lake has to hold it."""
    if isinstance(value, uuid.UUID):
        return str(value)
    if kind == "timestamp" and isinstance(value, dt.datetime):
        return value.replace(tzinfo=dt.UTC)
    return value


def _is_same(expected: object, found: object) -> bool:
    if isinstance(expected, float) and isinstance(found, float):
        same_sign = math.copysign(1, expected) == math.copysign(1, found)
        both_nan = math.isnan(expected) and math.isnan(found)
        return both_nan or (expected == found and same_sign)
    return bool(expected == found) and type(expected) is type(found)


@settings(
    max_examples=12,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # each example is a load: no shrinking
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(rows=ROWS)
def test_every_value_arrives_as_it_is(typed: Lakehouse, rows: list[dict[str, Any]]) -> None:
    """Fault odd-values.

    NULL and the empty string stay apart, no digit, sign or microsecond is lost.
    """
    marks = ", ".join(["%s"] * (len(TYPES) + 1))
    with psycopg.connect(typed.owner_url, autocommit=True) as connection:
        connection.execute("truncate items")
        for number, row in enumerate(rows):
            connection.execute(
                f"insert into items values ({marks})".encode(),
                [number, *(row[kind] for kind in TYPES)],
            )
    typed.ingest(full_refresh=True)
    found = {row["item_id"]: row for row in typed.rows() if not row["_is_deleted"]}
    assert len(found) == len(rows)
    for number, row in enumerate(rows):
        for kind, name in NAMES.items():
            expected = _expected(kind, row[kind])
            assert _is_same(expected, found[number][name]), (kind, expected, found[number][name])


EDGES: dict[str, tuple[str, str, list[Any]]] = {
    "numeric(38,10)": (
        "decimal(38,10)",
        "numeric",
        ["9999999999999999999999999999.9999999999", "-0.0000000001", "0"],
    ),
    "numeric": ("string", "numeric", ["1e100", "0.1000", "NaN", "-Infinity"]),
    "numeric(50,2)": ("string", "numeric", ["9" * 48 + ".99"]),
    "numeric(3,-2)": ("decimal(5,0)", "numeric", ["99900"]),
    "real": ("double", "real", ["0.1", "NaN", "Infinity", "-0", "1e-45"]),
    "timestamptz": (
        "timestamp",
        "timestamptz",
        ["0001-01-01 00:00:00+00", "9999-12-31 23:59:59.999999+00", "1970-01-01 00:00:00-15:59"],
    ),
    "char(5)": ("string", "text", ["ab"]),
    "interval": ("string", "interval", ["1 year 2 mons 3 days 04:05:06.789"]),
    "time": ("string", "time", ["23:59:59.999999"]),
    "inet": ("string", "inet", ["10.0.0.1/8"]),
    "json": ("string", "json", ['{"a": [1, null, "x\\"y"],  "a": 2}']),
    "jsonb": ("string", "jsonb", ['{"b": 1.10, "a": null}']),
    "int[]": ("string", "int[]", ["{}", "{1,NULL,3}", "{{1,2},{3,4}}"]),
    "text[]": ("string", "text[]", ['{"a,b","",NULL,"q\\"q"}']),
    "timestamptz[]": ("string", "timestamptz[]", ['{"2024-01-01 12:00:00+02"}']),
}


@pytest.mark.parametrize("kind", EDGES)
def test_the_edges_of_a_type_arrive(lakehouse: Lakehouse, kind: str) -> None:
    """Fault odd-values: compared inside PostgreSQL, by casting what landed back to its type."""
    declared, back, values = EDGES[kind]
    lakehouse.execute(f"create table items (item_id int primary key, value {kind})")
    for number, value in enumerate(values):
        lakehouse.execute(f"insert into items values ({number}, %s::{kind})", value)
    lakehouse.declare(
        table("items", {"item_id": "int", "value": declared}, load="full", key=["item_id"])
    )
    assert lakehouse.ingest().rows_quarantined == 0
    landed = {row["item_id"]: row["value"] for row in lakehouse.rows()}
    for number in range(len(values)):
        value = landed[number]
        if kind.endswith("[]"):
            expected = lakehouse.query(f"select to_json(value) from items where item_id = {number}")
            assert json.loads(value) == expected[0][0]
            continue
        with psycopg.connect(lakehouse.owner_url) as connection:
            query = f"select value::text = (%s::{back})::{kind}::text, value::text from items"
            query += f" where item_id = {number}"
            shown = value if isinstance(value, str | dt.datetime | float) else str(value)
            same, text = connection.execute(query.encode(), [shown]).fetchone() or (None, None)
        assert same, (text, value)
        if kind in ("json", "jsonb", "numeric"):
            assert value == text


def test_texts_of_ten_megabytes_and_of_every_kind_of_line_end_arrive(
    lakehouse: Lakehouse,
) -> None:
    """Fault odd-values.

    A value larger than a block, and rows that a careless splitter would break.
    """
    texts = [
        "x" * 10_000_000,
        "a\nb",
        "a\r\nb",
        "\n",
        '"\n"',
        "\\.",
        "\\N",
        "",
        " ",
        "😀" * 9,
        None,
    ]
    lakehouse.execute("create table items (item_id int primary key, value text)")
    with psycopg.connect(lakehouse.owner_url, autocommit=True) as connection:
        for number, text in enumerate(texts):
            connection.execute("insert into items values (%s, %s)", [number, text])
    columns = {"item_id": "int", "value": "string"}
    lakehouse.declare(table("items", columns, load="full", key=["item_id"]))
    lakehouse.ingest()
    landed = {row["item_id"]: row["value"] for row in lakehouse.rows()}
    assert [landed[number] for number in range(len(texts))] == texts


@pytest.mark.parametrize(
    ("kind", "declared", "reason"),
    [
        ("numeric", "double", "only text keeps every digit; use string"),
        ("numeric(40,2)", "bigint", "only text keeps every digit; use string"),
        ("numeric(18,2)", "decimal(18,3)", "not every value would fit; use decimal(18,2)"),
        ("numeric(18,2)", "double", "use decimal(18,2) or string"),
        ("bigint", "int", "not every value would fit; use bigint"),
        ("double precision", "float", "not every value would fit; use double"),
        (
            "int[]",
            "int",
            "an array is landed as an array, or as JSON text;"
            " use array<int> or array<bigint> or array<string> or string",
        ),
        ("json[]", "array<int>", "use array<string> or string"),
        ("numeric(8,2)[]", "array<decimal(8,1)>", "use array<decimal(8,2)>"),
        ("int", "array<int>", "use int or bigint or string"),
        ("timestamptz", "timestamp_ntz", "any of several moments; use timestamp or string"),
        ("timestamptz", "date", "use timestamp"),
        ("text", "int", "use string"),
        ("uuid", "binary", "use string"),
    ],
)
def test_a_type_that_would_lose_something_is_refused_with_the_reason(
    lakehouse: Lakehouse, kind: str, declared: str, reason: str
) -> None:
    lakehouse.execute(f"create table items (item_id int primary key, value {kind})")
    columns = {"item_id": "int", "value": declared}
    lakehouse.declare(table("items", columns, load="full", key=["item_id"]))
    with pytest.raises(Exception, match="declared") as refusal:
        lakehouse.ingest()
    assert reason in str(refusal.value)


@pytest.mark.parametrize("declared", ["decimal(8,2)", "decimal(18,2)", "decimal(38,2)"])
@pytest.mark.parametrize("kind", ["numeric", "numeric(60,30)"])
def test_a_number_of_any_size_lands_where_it_fits_the_declared_decimal(
    lakehouse: Lakehouse, kind: str, declared: str
) -> None:
    """Never rounded: what does not fit goes to quarantine by row, and comes back as a string."""
    numbers = ["1.5", "-999999.99", "0", "2.500000", "1.005", "0.000000000000001", "1" + "0" * 29]
    if kind == "numeric":
        numbers += ["NaN", "Infinity", "1" + "0" * 200]
    fitting = [Decimal(number) for number in numbers[:4]]
    if declared == "decimal(38,2)":
        fitting.append(Decimal(10**29))
    lakehouse.execute(f"create table items (item_id serial primary key, value {kind})")
    for number in numbers:
        lakehouse.execute("insert into items (value) values (%s::numeric)", number)
    columns = {"item_id": "int", "value": declared}
    lakehouse.declare(table("items", columns, load="full", key=["item_id"]))
    result = lakehouse.ingest()
    assert sorted(row["value"] for row in lakehouse.rows()) == sorted(fitting)
    assert result.rows_quarantined == len(numbers) - len(fitting)
    assert {row["rule"] for row in lakehouse.quarantined()} == {"not_representable"}


@pytest.mark.parametrize(
    ("policy", "landed"),
    [
        ("max", [
            (dt.date(9999, 12, 31), dt.datetime(9999, 12, 31, 23, 59, 59, 999999, dt.UTC)),
            (dt.date(1, 1, 1), dt.datetime(1, 1, 1, tzinfo=dt.UTC)),
            (dt.date(2024, 2, 29), dt.datetime(2024, 2, 29, tzinfo=dt.UTC)),
        ]),
        (None, [
            (None, None),
            (None, None),
            (dt.date(2024, 2, 29), dt.datetime(2024, 2, 29, tzinfo=dt.UTC)),
        ]),
    ],
)  # fmt: skip
def test_infinite_times_land_as_declared(
    lakehouse: Lakehouse, policy: str | None, landed: list[tuple[Any, Any]]
) -> None:
    lakehouse.execute(
        "create table items (item_id int primary key, day date, at timestamp, zoned timestamptz)"
    )
    for number, text in enumerate(("infinity", "-infinity", "2024-02-29")):
        lakehouse.execute(f"insert into items values ({number}, '{text}', '{text}', '{text}')")
    columns = {"item_id": "int", "day": "date", "at": "timestamp", "zoned": "timestamp"}
    declared = table("items", columns, load="full", key=["item_id"])
    lakehouse.declare(declared)
    assert lakehouse.ingest().rows_quarantined == 2
    for column in declared["columns"][1:]:
        column["config"] = {"meta": {"infinity": policy}}
    lakehouse.declare(declared)
    lakehouse.ingest()
    rows = {row["item_id"]: row for row in lakehouse.rows()}
    assert [(rows[n]["day"], rows[n]["at"]) for n in range(3)] == landed
    assert [rows[n]["zoned"] for n in range(3)] == [at for _, at in landed]


def test_a_column_of_any_type_can_be_landed_as_its_text(lakehouse: Lakehouse) -> None:
    """As PostgreSQL itself writes it, in UTC; what no other type could hold as well."""
    texts = {
        "boolean": ("true", "true"),
        "smallint": ("-5", "-5"),
        "bigint": ("9223372036854775807", "9223372036854775807"),
        "real": ("0.1", "0.1"),
        "double precision": ("NaN", "NaN"),
        "numeric": ("1e30", "1" + "0" * 30),
        "numeric(8,2)": ("1.5", "1.50"),
        "date": ("infinity", "infinity"),
        "timestamptz": ("2024-01-01 12:00+02", "2024-01-01 10:00:00+00"),
        "timestamp": ("-infinity", "-infinity"),
        "bytea": ("\\x00ff0a", "\\x00ff0a"),
        "interval": ("1 day 2:03", "P1DT2H3M"),
        "time": ("24:00", "24:00:00"),
    }
    names = {kind: f"c{number}" for number, kind in enumerate(texts)}
    columns = ", ".join(f"{names[kind]} {kind}" for kind in texts)
    lakehouse.execute(f"create table items (item_id int primary key, {columns})")
    values = ", ".join(f"'{value}'" for value, _ in texts.values())
    lakehouse.execute(f"insert into items values (1, {values}), (2{', null' * len(texts)})")
    declared = {"item_id": "int"} | dict.fromkeys(names.values(), "string")
    lakehouse.declare(table("items", declared, load="full", key=["item_id"]))
    lakehouse.ingest()
    rows = {row["item_id"]: row for row in lakehouse.rows()}
    assert {kind: rows[1][name] for kind, name in names.items()} == {
        kind: landed for kind, (_, landed) in texts.items()
    }
    assert {rows[2][name] for name in names.values()} == {None}


def test_a_column_of_any_type_can_be_landed_as_json(lakehouse: Lakehouse) -> None:
    """As `to_json` writes it, but json and jsonb, which land as they are; and back by replay."""
    values = {
        "int[]": ("{1,NULL}", "[1,null]"),
        "pair": ("(1,x)", '{"a":1,"b":"x"}'),
        "numeric": ("1.10", "1.10"),
        "text": ('a"b', '"a\\"b"'),
        "boolean": ("t", "true"),
        "timestamptz": ("2024-01-01 12:00+02", '"2024-01-01T10:00:00+00:00"'),
        "json": ('{"a": 1.0,  "a": 2}', '{"a": 1.0,  "a": 2}'),
        "jsonb": ('{"a":1.0}', '{"a": 1.0}'),
    }
    names = {kind: f"c{number}" for number, kind in enumerate(values)}
    columns = ", ".join(f"{names[kind]} {kind}" for kind in values)
    lakehouse.execute("create type pair as (a int, b text)")
    lakehouse.execute(f"create table items (item_id int primary key, late date, {columns})")
    texts = ", ".join(f"'{value}'" for value, _ in values.values())
    lakehouse.execute(f"insert into items values (1, 'infinity', {texts})")
    lakehouse.execute(f"insert into items values (2, '2024-01-01', {texts})")
    declared = {"item_id": "int", "late": "date"} | dict.fromkeys(names.values(), "string")
    items = table("items", declared, load="incremental", key=["item_id"], cursor="item_id")
    for column in items["columns"][2:]:
        column["config"] = {"meta": {"as": "json"}}
    lakehouse.declare(items)
    assert lakehouse.ingest().rows_quarantined == 1
    expected = {names[kind]: landed for kind, (_, landed) in values.items()}
    [row] = lakehouse.rows()
    assert {name: row[name] for name in expected} == expected
    [kept] = lakehouse.quarantined()
    assert {name: json.loads(kept["row"])[name] for name in expected} == expected
    lakehouse.declare({**items, "columns": [items["columns"][0], *items["columns"][2:]]})
    assert lakehouse.replay().replayed == 1
    assert all({n: row[n] for n in expected} == expected for row in lakehouse.rows())


def test_a_row_kept_as_another_text_does_not_come_back_as_json(lakehouse: Lakehouse) -> None:
    lakehouse.execute("create table items (item_id int primary key, late date, value text)")
    lakehouse.execute("insert into items values (1, 'infinity', '5')")
    columns = {"item_id": "int", "late": "date", "value": "string"}
    items = table("items", columns, load="incremental", key=["item_id"], cursor="item_id")
    lakehouse.declare(items)
    lakehouse.ingest()
    items["columns"][2]["config"] = {"meta": {"as": "json"}}
    lakehouse.declare({**items, "columns": [items["columns"][0], items["columns"][2]]})
    assert lakehouse.replay().unfit == 1
    assert "value was kept as text, not as JSON" in lakehouse.quarantined()[0]["reason"]


def test_domains_and_enums_are_what_they_stand_for(lakehouse: Lakehouse) -> None:
    lakehouse.execute(
        "create type mood as enum ('sad', 'Very Happy'); create domain price as numeric(8,2);"
        " create domain net_price as price check (value >= 0);"
        " create table items (item_id int primary key, mood mood, price net_price)"
    )
    lakehouse.execute("insert into items values (1, 'Very Happy', 1.5), (2, null, null)")
    columns = {"item_id": "int", "mood": "string", "price": "decimal(8,2)"}
    lakehouse.declare(table("items", columns, load="full", key=["item_id"]))
    lakehouse.ingest()
    rows = {row["item_id"]: (row["mood"], row["price"]) for row in lakehouse.rows()}
    assert rows == {1: ("Very Happy", Decimal("1.50")), 2: (None, None)}


def test_identifiers_that_need_quotes_are_only_names(lakehouse: Lakehouse) -> None:
    """RescuedFields columns may be called anything; a name is never part of a statement."""
    lakehouse.execute(
        'create table items (item_id int primary key, "select" text, "a""b; drop table items" int)'
    )
    lakehouse.execute("insert into items values (1, 'kept', 2)")
    columns = {"item_id": "int", "select": "string"}
    lakehouse.declare(table("items", columns, load="full", key=["item_id"]))
    lakehouse.ingest()
    [row] = lakehouse.rows()
    assert row["select"] == "kept"
    assert json.loads(row["_rescued"]) == {'a"b; drop table items': 2}
