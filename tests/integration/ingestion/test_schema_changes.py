"""Upstream tables that change shape, and declarations that do: what lands, what is refused."""

import json

import pytest

from ingestion.results import Outcome
from lake.errors import ConfigurationError
from tests.integration.ingestion.checker import tuples
from tests.integration.ingestion.lakehouse import ITEMS, Lakehouse, full_items, items, table

pytestmark = pytest.mark.postgres
INCREMENTAL = {"load": "incremental", "key": ["item_id"], "cursor": "updated_at"}


@pytest.fixture
def loaded(with_items: Lakehouse) -> Lakehouse:
    """Return a lake that holds item 1."""
    with_items.execute("insert into items values (1, 'a')")
    with_items.ingest()
    return with_items


def _refusal(lakehouse: Lakehouse) -> str:
    with pytest.raises(ConfigurationError) as refusal:
        lakehouse.ingest()
    assert refusal.value.exit_code == 2
    return str(refusal.value)


# Fault schema-change: a column is added upstream that nobody declared


@pytest.fixture
def widened(loaded: Lakehouse) -> Lakehouse:
    """Return the lake after the source got a column and a row that uses it."""
    loaded.execute("alter table items add column weight numeric(8,3)")
    loaded.execute("insert into items values (2, 'b', default, 1.250)")
    return loaded


def test_it_is_rescued_and_said_by_default(widened: Lakehouse) -> None:
    result = widened.ingest()
    assert "undeclared columns kept in _rescued: weight" in result.notes
    assert "the columns of the upstream table have changed since the last load" in result.notes
    rescued = {row["item_id"]: row["_rescued"] for row in widened.rows()}
    assert rescued[1] is None
    assert json.loads(rescued[2]) == {"weight": 1.250}


def test_it_becomes_a_column_with_evolve(widened: Lakehouse) -> None:
    widened.declare(items(new_columns="evolve"))
    widened.ingest()
    rows = {row["item_id"]: row for row in widened.rows()}
    assert str(rows[2]["weight"]) == "1.250"
    assert rows[1].get("weight") is None
    widened.execute("alter table items drop column weight")
    widened.execute("insert into items values (3, 'c')")
    widened.ingest()
    assert {row["item_id"]: row["weight"] for row in widened.rows()}[3] is None


def test_it_stops_the_load_with_freeze(widened: Lakehouse) -> None:
    widened.declare(items(new_columns="freeze"))
    assert "app.items.weight: new in the database (numeric(8,3))" in _refusal(widened)
    assert len(widened.rows()) == 1


def test_declaring_it_later_adds_the_column(widened: Lakehouse) -> None:
    widened.ingest()
    widened.declare(table("items", {**ITEMS, "weight": "decimal(8,3)"}, **INCREMENTAL))
    widened.execute("insert into items values (3, 'c', default, 2)")
    widened.ingest()
    weights = {row["item_id"]: row["weight"] for row in widened.rows()}
    assert (weights[1], weights[2], str(weights[3])) == (None, None, "2.000")


def test_all_differences_are_listed_at_once_with_their_fixes(loaded: Lakehouse) -> None:
    """Fault schema-change: dropped, renamed, narrowed; and a table that is not there."""
    loaded.declare(
        table("items", {**ITEMS, "labl": "string", "item_id": "int"}, **INCREMENTAL),
        table("itemz", ITEMS, **INCREMENTAL),
    )
    text = _refusal(loaded)
    assert "app.items.labl: not in the database, there is 'label'" in text
    assert "app.items.item_id: is bigint in PostgreSQL, declared int" in text
    assert "use bigint" in text
    assert "app.itemz: no table 'itemz' in schema 'public', there is 'items'" in text
    assert len(loaded.rows()) == 1


@pytest.mark.parametrize(
    "change",
    [
        "alter table items drop column label",
        "alter table items rename column label to title",
        "alter table items alter column updated_at drop default, alter column updated_at type date",
        "drop table items",
    ],
)
def test_a_change_that_breaks_the_declaration_stops_the_load(
    loaded: Lakehouse, change: str
) -> None:
    """Fault schema-change: never a column that quietly turns to nulls."""
    loaded.execute(change)
    loaded_before = loaded.rows()
    assert "items" in _refusal(loaded)
    assert loaded.rows() == loaded_before


def test_a_column_widened_upstream_is_refused_until_declared(lakehouse: Lakehouse) -> None:
    """Fault schema-change.

    Int to bigint, then the declaration follows and the raw table is promoted.
    """
    lakehouse.execute(
        "create table items (item_id int primary key, size int,"
        " updated_at timestamptz default clock_timestamp())"
    )
    columns = {"item_id": "int", "size": "int", "updated_at": "timestamp"}
    lakehouse.declare(table("items", columns, **INCREMENTAL))
    lakehouse.execute("insert into items values (1, 1)")
    lakehouse.ingest()
    lakehouse.execute("alter table items alter column size type bigint")
    lakehouse.execute("insert into items values (2, 9007199254740993)")
    assert "app.items.size: is bigint in PostgreSQL, declared int" in _refusal(lakehouse)
    lakehouse.declare(table("items", {**columns, "size": "bigint"}, **INCREMENTAL))
    lakehouse.ingest()
    found = sorted(tuples(lakehouse.rows(), "item_id", "size"))
    assert found == [(1, 1), (2, 9007199254740993)]


def test_a_declaration_that_cannot_be_reached_in_place_is_refused(loaded: Lakehouse) -> None:
    loaded.declare(items(partition_by=["day(updated_at)"], key=["item_id", "label"]))
    loaded.execute("insert into items values (2, 'b')")
    text = _refusal(loaded)
    assert "partitioned by nothing, declared updated_at_day" in text
    assert "label: string, may be null, declared string, a key" in text
    assert "firn ingest app.items --full-refresh" in text
    assert len(loaded.rows()) == 1


def test_a_full_refresh_builds_the_table_in_its_new_shape(loaded: Lakehouse) -> None:
    loaded.execute("alter table items alter column label type int using 7")
    columns = {**ITEMS, "label": "int"}
    declaration = {**INCREMENTAL, "partition_by": ["day(updated_at)"]}
    loaded.declare(table("items", columns, **declaration))
    assert loaded.ingest(full_refresh=True).outcome is Outcome.LANDED
    assert tuples(loaded.rows(), "item_id", "label") == [(1, 7)]
    assert all("updated_at_day=" in file for file in loaded.lake.files("raw_app.items"))
    loaded.execute("insert into items values (2, 8)")
    assert loaded.ingest().rows_landed == 1
    made = loaded.lake.table("raw_app.items")
    assert made is not None
    assert sorted(made.scan().to_arrow().column("label").to_pylist()) == [7, 8]


def test_a_full_table_takes_any_new_shape_with_its_next_load(loaded: Lakehouse) -> None:
    loaded.declare(full_items())
    loaded.ingest()
    loaded.execute("alter table items alter column label type date using '2024-02-29'")
    loaded.declare(table("items", {**ITEMS, "label": "date"}, load="full", key=["item_id"]))
    loaded.ingest()
    assert [str(row["label"]) for row in loaded.rows()] == ["2024-02-29"]
