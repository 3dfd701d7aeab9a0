"""Arrays and times without a zone of PostgreSQL, as DuckDB and pyiceberg read what landed."""

import datetime as dt
import json
import math
from decimal import Decimal
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from lake.errors import ConfigurationError
from lake.lake import Lake
from tests.integration.ingestion.fixtures import MakeLakehouse
from tests.integration.ingestion.lakehouse import Lakehouse, table

pytestmark = pytest.mark.postgres

TEXTS = st.text(st.characters(exclude_characters="\0", codec="utf-8")) | st.sampled_from(
    ["", "NULL", "null", '"', "\\", "a,b", "{}", '{"a"}', "é😀", "\n\t", "[1]"]
)
# PostgreSQL's type -> declared type, and elements of it.
ARRAYS: dict[str, tuple[str, st.SearchStrategy[Any]]] = {
    "text[]": ("array<string>", TEXTS),
    "boolean[]": ("array<boolean>", st.booleans()),
    "integer[]": ("array<int>", st.integers(-(2**31), 2**31 - 1)),
    "smallint[]": ("array<bigint>", st.integers(-(2**15), 2**15 - 1)),
    "bigint[]": ("array<bigint>", st.integers(-(2**63), 2**63 - 1)),
    "real[]": ("array<float>", st.floats(width=32)),
    "double precision[]": ("array<double>", st.floats()),
    "numeric(18,2)[]": ("array<decimal(18,2)>", st.decimals(-(10**16) + 1, 10**16 - 1, places=2)),
    "numeric(38,10)[]": ("array<decimal(38,10)>", st.decimals(-(10**27), 10**27, places=10)),
    "numeric[]": ("array<decimal(12,3)>", st.decimals(-(10**8), 10**8, places=3)),
    "date[]": ("array<date>", st.dates()),
    "timestamptz[]": ("array<timestamp>", st.datetimes(timezones=st.just(dt.UTC))),
    "timestamp[]": ("array<timestamp_ntz>", st.datetimes()),
    "bytea[]": ("array<binary>", st.binary(max_size=20)),
    "uuid[]": ("array<string>", st.uuids()),
}
NAMES = {kind: f"c{number}" for number, kind in enumerate(ARRAYS)}
ROWS = st.lists(
    st.fixed_dictionaries({
        kind: st.none() | st.lists(st.none() | element, max_size=4)
        for kind, (_, element) in ARRAYS.items()
    }),
    min_size=1,
    max_size=20,
)  # fmt: skip


@pytest.fixture
def arrays(make_lakehouse: MakeLakehouse) -> Lakehouse:
    """Return a lake over a table with a column of arrays of every type."""
    made = make_lakehouse()
    columns = ", ".join(f"{NAMES[kind]} {kind}" for kind in ARRAYS)
    made.execute(f"create table items (item_id int primary key, {columns})")
    declared = {NAMES[kind]: data_type for kind, (data_type, _) in ARRAYS.items()}
    made.declare(table("items", {"item_id": "int", **declared}, load="full", key=["item_id"]))
    return made


def _shown(value: object) -> object:
    """Return a value in which NaN is itself, and a UUID its text."""
    if isinstance(value, list):
        return [_shown(item) for item in value]
    if isinstance(value, float):
        return "NaN" if math.isnan(value) else (value, math.copysign(1, value))
    return value if isinstance(value, str | int | bytes | None | dt.date | Decimal) else str(value)


@settings(
    max_examples=8,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # each example is a load: no shrinking
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(rows=ROWS)
def test_every_array_arrives_as_it_is(arrays: Lakehouse, rows: list[dict[str, Any]]) -> None:
    marks = ", ".join(["%s", *(f"%s::{kind}" for kind in ARRAYS)])
    with psycopg.connect(arrays.owner_url, autocommit=True) as connection:
        connection.execute("truncate items")
        for number, row in enumerate(rows):
            connection.execute(
                f"insert into items values ({marks})".encode(),
                [number, *(row[kind] for kind in ARRAYS)],
            )
    assert arrays.ingest(full_refresh=True).rows_quarantined == 0
    found = {row["item_id"]: row for row in arrays.rows() if not row["_is_deleted"]}
    raw = Lake(arrays.settings).table(("raw_app", "items"))
    assert raw is not None
    by_pyiceberg = {r["item_id"]: r for r in raw.scan("_is_deleted = false").to_arrow().to_pylist()}
    for number, row in enumerate(rows):
        for kind, name in NAMES.items():
            expected = _shown(row[kind])
            assert _shown(found[number][name]) == expected, kind
            assert _shown(by_pyiceberg[number][name]) == expected, kind


def _items(lakehouse: Lakehouse, kind: str, declared: str) -> dict[str, Any]:
    lakehouse.execute(f"create table items (item_id serial primary key, value {kind})")
    columns = {"item_id": "int", "value": declared}
    declaration = table("items", columns, load="incremental", key=["item_id"], cursor="item_id")
    lakehouse.declare(declaration)
    return declaration


@pytest.mark.parametrize(
    ("kind", "declared", "text"),
    [
        ("int[]", "array<int>", "{{1,2},{3,4}}"),
        ("int[]", "array<bigint>", "[0:1]={1,2}"),
        ("text[]", "array<string>", '[2:2]={"]}"}'),
        ("numeric[]", "array<decimal(8,2)>", "{1.5,1.005}"),
        ("numeric[]", "array<decimal(8,2)>", "{NaN}"),
        ("date[]", "array<date>", "{infinity}"),
        ("timestamp[]", "array<timestamp_ntz>", "{10000-01-01}"),
    ],
)
def test_what_is_no_flat_array_of_the_type_costs_its_row(
    lakehouse: Lakehouse, kind: str, declared: str, text: str
) -> None:
    _items(lakehouse, kind, declared)
    lakehouse.execute(f"insert into items (value) values ('{text}'), ('{{}}'), (null)")
    assert lakehouse.ingest().rows_quarantined == 1
    assert {row["item_id"]: row["value"] for row in lakehouse.rows()} == {2: [], 3: None}
    [kept] = lakehouse.quarantined()
    assert kept["rule"] == "not_representable"
    assert f"which no {declared} can hold" in kept["reason"]


def test_an_array_comes_back_from_quarantine(lakehouse: Lakehouse) -> None:
    lakehouse.execute(
        "create table items (item_id int primary key, late date, value numeric[], names text[])"
    )
    lakehouse.execute(
        "insert into items values (1, 'infinity', '{1.50,NULL}', '{NULL,\"a,b\"}'),"
        " (2, null, '{}', null)"
    )
    columns = {"item_id": "int", "late": "date", "value": "array<decimal(8,2)>"}
    declaration = table(
        "items",
        {**columns, "names": "array<string>"},
        load="incremental",
        key=["item_id"],
        cursor="item_id",
    )
    lakehouse.declare(declaration)
    assert lakehouse.ingest().rows_quarantined == 1
    [kept] = lakehouse.quarantined()
    assert json.loads(kept["row"])["value"] == "[1.50,null]"
    declaration["columns"].pop(1)
    lakehouse.declare(declaration)
    assert lakehouse.replay().replayed == 1
    [row] = [row for row in lakehouse.rows() if row["item_id"] == 1]
    assert (row["value"], row["names"]) == ([Decimal("1.50"), None], [None, "a,b"])


def test_arrays_of_a_deleted_row_stay_in_its_tombstone(lakehouse: Lakehouse) -> None:
    _items(lakehouse, "text[]", "array<string>")
    lakehouse.execute("insert into items (value) values ('{a,NULL}'), ('{b}')")
    lakehouse.ingest()
    lakehouse.execute("delete from items where item_id = 1")
    lakehouse.ingest(deletes=True)
    rows = [row for row in lakehouse.rows() if row["item_id"] == 1]
    assert {row["_is_deleted"] for row in rows} == {False, True}
    assert all(row["value"] == ["a", None] for row in rows)


def test_a_column_of_arrays_is_added_to_a_table_that_is_there(lakehouse: Lakehouse) -> None:
    declaration = _items(lakehouse, "int", "int")
    lakehouse.execute("insert into items (value) values (1)")
    lakehouse.ingest()
    lakehouse.execute("alter table items add column more bigint[]")
    lakehouse.execute("insert into items (value, more) values (2, '{1,2}')")
    declaration["columns"].append({"name": "more", "data_type": "array<bigint>"})
    lakehouse.declare(declaration)
    lakehouse.ingest()
    lakehouse.ingest(full_refresh=True)
    assert {row["item_id"]: row["more"] for row in lakehouse.rows()} == {1: None, 2: [1, 2]}
    declaration["columns"][-1]["data_type"] = "array<string>"
    lakehouse.declare(declaration)
    with pytest.raises(
        ConfigurationError, match="more: list<long>, may be null, declared array<string>"
    ):
        lakehouse.ingest()


def test_a_time_without_zone_is_a_cursor_a_key_and_a_partition(lakehouse: Lakehouse) -> None:
    lakehouse.execute("create table items (at timestamp primary key, value timestamp)")
    lakehouse.execute("insert into items values ('2024-01-01 10:00', 'infinity')")
    columns = {"at": "timestamp_ntz", "value": "timestamp_ntz"}
    partitions = ["day(at)"]
    declaration = table(
        "items", columns, load="incremental", key=["at"], cursor="at", partition_by=partitions
    )
    lakehouse.declare(declaration)
    assert lakehouse.ingest().rows_quarantined == 1
    lakehouse.execute("insert into items values ('2024-01-02 10:00', '2024-01-02 10:00:00.5')")
    lakehouse.execute("insert into items values (localtimestamp + interval '30 days', null)")
    assert lakehouse.ingest().rows_landed == 1
    declaration["columns"][1]["config"] = {"meta": {"infinity": "max"}}
    lakehouse.declare(declaration)
    assert lakehouse.replay().unfit == 2
    lakehouse.ingest(full_refresh=True)
    last = dt.datetime(9999, 12, 31, 23, 59, 59, 999999)
    landed = {row["at"]: row["value"] for row in lakehouse.rows()}
    assert landed[dt.datetime(2024, 1, 1, 10)] == last
    assert landed[dt.datetime(2024, 1, 2, 10)] == dt.datetime(2024, 1, 2, 10, 0, 0, 500000)
    lakehouse.execute("delete from items where at = '2024-01-01 10:00'")
    assert lakehouse.ingest(deletes=True).rows_deleted == 1


def test_a_replay_puts_back_a_row_with_a_time_without_zone(lakehouse: Lakehouse) -> None:
    lakehouse.execute("create table items (item_id int primary key, at timestamp, value numeric)")
    lakehouse.execute("insert into items values (1, '2024-01-01', 1.005), (2, '2024-01-02', 1)")
    columns = {"item_id": "int", "at": "timestamp_ntz", "value": "decimal(8,2)"}
    declaration = table("items", columns, load="incremental", key=["item_id"], cursor="at")
    lakehouse.declare(declaration)
    assert lakehouse.ingest().rows_quarantined == 1
    assert lakehouse.replay().unfit == 1
    lakehouse.declare({**declaration, "columns": declaration["columns"][:2]})
    assert lakehouse.replay().replayed == 1
    assert {row["at"] for row in lakehouse.rows()} == {
        dt.datetime(2024, 1, 1),
        dt.datetime(2024, 1, 2),
    }
