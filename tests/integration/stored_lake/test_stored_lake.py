"""Lakes that earlier versions wrote are read, and go on: no row twice, none lost."""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import pytest
import yaml

from ingestion.loading.replay import replay
from ingestion.results import Outcome
from lake.errors import EnvironmentFault
from lake.lake import Lake
from lake.table_properties import FORMAT, FORMAT_PROPERTY
from operations.dbt.outcome import Outcome as DbtOutcome
from operations.preflight.verify import verify_tables
from operations.publication.book import read_state
from operations.publication.rollback import roll_back
from operations.runtime.environment import dbt_environment
from sandbox.postgres import EmbeddedPostgres
from tests.integration.ingestion.fixtures import OWNER, READER
from tests.integration.ingestion.lakehouse import Lakehouse
from tests.integration.stored_lake.stored_lake import (
    FORMAT_1,
    PUBLISHED,
    STORED,
    put,
    stored_lake,
)
from tests.warm_dbt import WarmDbt

pytestmark = pytest.mark.postgres
TABLES = ("app.items", "app.stores", "drop.events", "drop.sales")


Unpack = Callable[[str], AbstractContextManager[Lakehouse]]


@pytest.fixture
def unpack(postgres: EmbeddedPostgres) -> Unpack:
    """Return what unpacks a lake over a database that is as it was when the lake was written."""
    postgres.ensure_role(OWNER)
    postgres.ensure_role(READER, ["pg_read_all_data", "pg_read_all_stats"])
    postgres.ensure_database("stored", OWNER)
    urls = postgres.url(OWNER, "stored"), postgres.url(READER, "stored")

    @contextmanager
    def unpacked(name: str) -> Iterator[Lakehouse]:
        with stored_lake(*urls, name) as lakehouse:
            yield lakehouse
            lakehouse.execute("drop table items, stores")

    return unpacked


@pytest.fixture(params=STORED)
def stored(unpack: Unpack, request: pytest.FixtureRequest) -> Iterator[Lakehouse]:
    """Return each of the lakes."""
    with unpack(request.param) as lakehouse:
        yield lakehouse


@pytest.fixture
def format_1(unpack: Unpack) -> Iterator[Lakehouse]:
    """Return the lake with positions of format 1."""
    with unpack(FORMAT_1) as lakehouse:
        yield lakehouse


@pytest.fixture
def published(unpack: Unpack) -> Iterator[Lakehouse]:
    """Return the lake whose gold is published."""
    with unpack(PUBLISHED) as lakehouse:
        yield lakehouse


@pytest.fixture
def own_dbt(shared_classes: None) -> Iterator[WarmDbt]:
    """Return a dbt with a Spark of its own: that of other tests has a catalog of this place open.

    The file that it has open was that of the lake which stood here before.
    """
    with WarmDbt() as dbt:
        yield dbt


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


def test_its_positions_are_written_in_the_new_form(format_1: Lakehouse) -> None:
    old = progress(format_1, "items")
    assert (old["format"], old["cursor"]) == (1, "2026-01-01T00:21:00+00:00")
    format_1.execute("insert into items values (23, 'new', 7, 1, '2026-01-02 00:00:00+00')")
    format_1.ingest_all("app.items")
    now = progress(format_1, "items")
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
def test_dbt_builds_on_what_was_built(format_1: Lakehouse, warm_dbt: WarmDbt) -> None:
    format_1.execute("insert into items values (23, 'rare', 7, 1, '2026-01-02 00:00:00+00')")
    format_1.execute("update items set amount = 100, updated_at = '2026-01-03' where item_id = 1")
    format_1.ingest_all("app")
    warm_dbt.run(("run", "--exclude", "source:drop+"), dbt_environment(format_1.settings))
    expected = format_1.query(
        "select label, sum(amount), count(*) from items"
        " where amount >= 1 and updated_at < '2999-01-01' group by label"
    )
    catalog = Lake(format_1.settings).catalog
    labels = catalog.load_table("gold.labels").scan().to_arrow().to_pylist()
    found = [(row["label"], row["amount"], row["items_count"]) for row in labels]
    assert sorted(found) == sorted(expected)


@pytest.mark.spark
def test_what_was_published_is_verified_and_published_further(
    published: Lakehouse, own_dbt: WarmDbt
) -> None:
    """All that the version kept: publications, tests, refreshes, loads, and the way back."""

    def build(*arguments: str) -> DbtOutcome:
        return own_dbt.run(arguments, dbt_environment(published.settings))

    lake = Lake(published.settings)
    first = read_state(lake).publication_id
    before = lake.catalog.load_table("gold.labels").scan().to_arrow().to_pylist()
    assert first
    assert before
    kept = {name: len(published.lake.rows(f"ops.{name}")) for name in ("loads", "refreshes")}
    assert all(kept.values())
    published.execute("insert into items values (23, 'rare', 7, 1, '2026-01-02 00:00:00+00')")
    published.ingest_all("app")
    build("build", "--exclude", "source:drop+")
    assert read_state(lake).publication_id > first
    assert len(published.lake.rows("ops.loads")) == kept["loads"] + 1  # stores are as they were
    assert len(published.lake.rows("ops.refreshes")) > kept["refreshes"]
    after = lake.catalog.load_table("gold.labels").scan().to_arrow().to_pylist()
    assert after != before
    verified = verify_tables(published.settings, (), lambda arguments: build(*arguments))
    assert [one.differences for one in verified if one.differences] == []
    roll_back(lake, first)
    again = lake.catalog.load_table("gold.labels").scan().to_arrow().to_pylist()
    assert again == before


def test_a_person_keeps_its_token(stored: Lakehouse) -> None:
    """The same key gives the same token in any version: joins over the years hold."""
    tokens = {row["name"]: row["email"] for row in stored.lake.rows("raw_app.stores")}
    stored.execute("insert into stores values (3, 'east', 'ann@example.com')")
    stored.ingest_all("app.stores")
    found = {row["name"]: row["email"] for row in stored.lake.rows("raw_app.stores")}
    assert found["east"] == tokens["north"] != tokens["south"]
    assert "ann" not in found["east"]


@pytest.mark.parametrize("newer", ["raw_app.items", "ops.loads", "quarantine.app"])
def test_a_lake_of_a_newer_firn_is_refused_unchanged(published: Lakehouse, newer: str) -> None:
    catalog = Lake(published.settings).catalog
    with catalog.load_table(newer).transaction() as transaction:
        transaction.set_properties({FORMAT_PROPERTY: str(FORMAT + 1)})
    before = Lake(published.settings).pointers()
    published.execute(
        "insert into items values (23, 'bad', 0, 1, '2026-01-02 00:00:00+00'),"
        " (24, 'worse', 1, 'NaN', '2026-01-02 00:00:00+00')"
    )
    with pytest.raises(EnvironmentFault, match=f"{newer} is of format 2, this Firn knows") as fault:
        published.ingest_all("app.items")
    assert "use that version or one after it" in fault.value.fix
    assert Lake(published.settings).pointers() == before


def quarantined(stored: Lakehouse) -> Counter[object]:
    """Return the ids of the rows that ingestion set aside, read independently."""
    rows = (*stored.lake.rows("quarantine.app"), *stored.lake.rows("quarantine.drop"))
    return Counter(row["row_id"] for row in rows)


def progress(stored: Lakehouse, table: str) -> dict[str, Any]:
    """Return what the last load of a table stored with its rows."""
    found = Lake(stored.settings).stored(("raw_app", table))
    assert found is not None
    return dict(json.loads(found.properties["firn.progress"]))
