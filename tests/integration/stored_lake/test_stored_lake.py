"""A lake that an earlier Firn wrote is read, and goes on: no row twice, none lost."""

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from ingestion.loading.replay import replay
from ingestion.results import Outcome
from lake.lake import Lake
from operations.runtime.environment import dbt_environment
from sandbox.postgres import EmbeddedPostgres
from tests.integration.ingestion.fixtures import OWNER, READER
from tests.integration.ingestion.lakehouse import Lakehouse
from tests.integration.stored_lake.stored_lake import put, stored_lake
from tests.warm_dbt import WarmDbt

pytestmark = pytest.mark.postgres
TABLES = ("app.items", "app.stores", "drop.events", "drop.sales")


@pytest.fixture
def stored(postgres: EmbeddedPostgres) -> Iterator[Lakehouse]:
    """Return the lake over a database that is as it was when the lake was written."""
    postgres.ensure_role(OWNER)
    postgres.ensure_role(READER, ["pg_read_all_data", "pg_read_all_stats"])
    postgres.ensure_database("stored", OWNER)
    with stored_lake(postgres.url(OWNER, "stored"), postgres.url(READER, "stored")) as lakehouse:
        yield lakehouse
        lakehouse.execute("drop table items, stores")


def test_it_goes_on_where_the_earlier_firn_stopped(stored: Lakehouse) -> None:
    before = {name: stored.lake.rows(f"raw_{name}") for name in TABLES}
    kept = quarantined(stored)
    assert [len(rows) for rows in before.values()] == [21, 2, 2, 2]
    assert kept.total() == 5

    again = {result.label: result for result in stored.ingest_all()}
    assert {result.outcome for result in again.values()} == {Outcome.NOTHING_NEW}
    assert again["app.items"].rows_read == 1, "only the row whose cursor lies in the future"
    assert again["drop.events"].rows_read == again["drop.sales"].rows_read == 0
    assert {name: stored.lake.rows(f"raw_{name}") for name in TABLES} == before

    stored.execute("insert into items values (23, 'new', 7, 1, '2026-01-02 00:00:00+00')")
    stored.execute("update stores set name = 'north-west' where store_id = 1")
    put({"events/b.json": '{"id": 4, "amount": 4}\n', "sales/b.csv": "id,amount\n3,5.00\n"})
    added = {result.label: result.rows_landed for result in stored.ingest_all()}
    assert added == {"app.items": 1, "app.stores": 2, "drop.events": 1, "drop.sales": 1}
    ids = Counter(row["item_id"] for row in stored.lake.rows("raw_app.items"))
    assert ids == Counter([*range(1, 22), 23])
    assert quarantined(stored) == kept


def test_its_positions_are_written_in_the_new_form(stored: Lakehouse) -> None:
    old = progress(stored, "items")
    assert (old["format"], old["cursor"]) == (1, "2026-01-01T00:21:00+00:00")
    stored.execute("insert into items values (23, 'new', 7, 1, '2026-01-02 00:00:00+00')")
    stored.ingest_all("app.items")
    now = progress(stored, "items")
    assert now["format"] == 2
    assert now["position"] == {
        "version": 1,
        "cursor": "2026-01-02T00:00:00+00:00",
        "upstream": old["upstream"],
    }


def test_its_quarantine_is_resolved(stored: Lakehouse) -> None:
    """A row that was no number has been landed since, as text; what the others wait for is told."""
    file = stored.folder / "models" / "raw" / "drop.yml"
    declared = yaml.safe_load(file.read_text(encoding="utf-8"))
    declared["sources"][0]["tables"][0]["columns"][0]["data_type"] = "string"
    file.write_text(yaml.safe_dump(declared, sort_keys=False), encoding="utf-8")
    assert stored.ingest("drop.events", full_refresh=True).rows_landed == 1
    results = {result.label: result for result in replay((), stored.settings)}
    assert results["app.items"].unfit == 1
    assert (results["drop.events"].landed, results["drop.events"].unfit) == (1, 3)
    assert results["drop.sales"].unfit == 2
    again = {result.label: result for result in replay((), stored.settings)}
    assert (again["drop.events"].landed, again["drop.events"].unfit) == (0, 3)
    assert [row["id"] for row in stored.lake.rows("raw_drop.events")] == ["three"]


@pytest.mark.spark
def test_dbt_builds_on_what_was_built(stored: Lakehouse, warm_dbt: WarmDbt) -> None:
    stored.execute("insert into items values (23, 'rare', 7, 1, '2026-01-02 00:00:00+00')")
    stored.execute("update items set amount = 100, updated_at = '2026-01-03' where item_id = 1")
    stored.ingest_all("app")
    warm_dbt.run(("run", "--exclude", "source:drop+"), dbt_environment(stored.settings))
    expected = stored.query(
        "select label, sum(amount), count(*) from items"
        " where amount >= 1 and updated_at < '2999-01-01' group by label"
    )
    catalog = Lake(stored.settings).catalog
    labels = catalog.load_table("gold.labels").scan().to_arrow().to_pylist()
    found = [(row["label"], row["amount"], row["items_count"]) for row in labels]
    assert sorted(found) == sorted(expected)


def quarantined(stored: Lakehouse) -> Counter[object]:
    """Return the ids of the rows that ingestion set aside, read independently."""
    rows = (*stored.lake.rows("quarantine.app"), *stored.lake.rows("quarantine.drop"))
    return Counter(row["row_id"] for row in rows)


def progress(stored: Lakehouse, table: str) -> dict[str, Any]:
    """Return what the last load of a table stored with its rows."""
    found = Lake(stored.settings).stored(("raw_app", table))
    assert found is not None
    return dict(json.loads(found.properties["firn.progress"]))
