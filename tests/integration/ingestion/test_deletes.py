"""Rows deleted upstream: keys are compared in one snapshot, tombstones land with the increment."""

import pytest
from asyncpg.transaction import Transaction

from ingestion.results import Outcome
from lake.errors import DataLossError
from tests.integration.ingestion.checker import Row, judge
from tests.integration.ingestion.lakehouse import CREATE_ITEMS, Lakehouse, full_items, table

pytestmark = pytest.mark.postgres


def current(rows: list[Row], *key: str) -> dict[tuple[object, ...], Row]:
    """Return the last version of each key by (updated_at, _ingested_at), tombstones left out."""
    newest: dict[tuple[object, ...], Row] = {}
    for row in sorted(rows, key=lambda r: (r["updated_at"], r["_ingested_at"])):
        newest[tuple(row[k] for k in key)] = row
    return {k: row for k, row in newest.items() if not row["_is_deleted"]}


@pytest.fixture
def three(with_items: Lakehouse) -> Lakehouse:
    """Return a lake that holds items 1, 2 and 3."""
    with_items.execute("insert into items select n, 'v1' from generate_series(1, 3) as n")
    with_items.ingest()
    return with_items


def test_a_deleted_row_gets_one_tombstone(three: Lakehouse) -> None:
    """Fault deleted-upstream: a copy of the last version, marked, with the load's own time."""
    three.execute("update items set label = 'v2', updated_at = clock_timestamp() where item_id = 2")
    three.ingest()
    three.execute("delete from items where item_id = 2")
    assert three.ingest().rows_deleted == 0, "only --deletes compares keys"
    result = three.ingest(deletes=True)
    assert (result.outcome, result.rows_read, result.rows_deleted) == (Outcome.LANDED, 0, 1)
    [tombstone] = [row for row in three.rows() if row["_is_deleted"]]
    versions = [row for row in three.rows() if row["item_id"] == 2 and not row["_is_deleted"]]
    last = max(versions, key=lambda row: row["updated_at"])
    assert (tombstone["label"], tombstone["updated_at"]) == ("v2", last["updated_at"])
    assert tombstone["_ingested_at"] > last["_ingested_at"]
    assert tombstone["_load_id"] not in {row["_load_id"] for row in versions}
    assert three.ingest(deletes=True).outcome is Outcome.NOTHING_NEW


def test_a_changed_key_is_a_delete_and_an_insert(three: Lakehouse) -> None:
    """Fault deleted-upstream: the lake ends with the same keys as the source."""
    three.execute("update items set item_id = 30, updated_at = clock_timestamp() where item_id = 3")
    result = three.ingest(deletes=True)
    assert (result.rows_landed, result.rows_deleted) == (1, 1)
    keys = [key for (key,) in current(three.rows(), "item_id")]
    assert judge([1, 2, 30], keys).is_clean
    assert three.lake.snapshots("raw_app.items") == 2, "increment and tombstone in one commit"


def test_a_row_that_comes_back_is_live_again(three: Lakehouse) -> None:
    three.execute("delete from items where item_id = 1")
    three.ingest(deletes=True)
    three.execute("insert into items values (1, 'again')")
    three.ingest(deletes=True)
    assert current(three.rows(), "item_id")[(1,)]["label"] == "again"
    three.execute("delete from items where item_id = 1")
    assert three.ingest(deletes=True).rows_deleted == 1
    assert (1,) not in current(three.rows(), "item_id")


def test_deleting_everything_needs_permission(three: Lakehouse) -> None:
    three.execute("truncate items")
    with pytest.raises(DataLossError, match="all 3 rows are gone upstream") as refusal:
        three.ingest(deletes=True)
    assert refusal.value.exit_code == 3
    assert len(three.rows()) == 3
    assert three.ingest(deletes=True, allow_empty=True).rows_deleted == 3
    assert current(three.rows(), "item_id") == {}


def test_a_slow_end_of_a_snapshot_holds_the_next_table_back(
    three: Lakehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    three.execute("create table others as select * from items")
    three.declare(full_items(), {**full_items(), "name": "others"})
    three.ingest_all()
    end = Transaction.__aexit__

    async def end_slowly(transaction: Transaction, *raised: object) -> None:
        connection = transaction._connection  # type: ignore[attr-defined]
        await connection.execute("select pg_sleep(0.5)")
        await end(transaction, *raised)

    monkeypatch.setattr(Transaction, "__aexit__", end_slowly)
    results = three.ingest_all(deletes=True)
    assert [result.error for result in results] == [None, None]


def test_composite_and_tokenised_keys_are_compared(lakehouse: Lakehouse) -> None:
    lakehouse.execute(
        "create table items (shop text, email text, label text, updated_at timestamptz"
        " default clock_timestamp(), primary key (shop, email))"
    )
    columns = {
        "shop": "string",
        "email": "string token",
        "label": "string",
        "updated_at": "timestamp",
    }
    lakehouse.declare(
        table("items", columns, load="incremental", key=["shop", "email"], cursor="updated_at")
    )
    lakehouse.execute(
        "insert into items select s, 'p' || n || '@x.example', 'v' from"
        " generate_series(1, 20) as n, unnest(array['a', 'b']) as s"
    )
    lakehouse.ingest()
    assert lakehouse.ingest(deletes=True).outcome is Outcome.NOTHING_NEW
    lakehouse.execute("delete from items where shop = 'b' and email < 'p2'")
    expected = lakehouse.query("select count(*) from items")[0][0]
    assert lakehouse.ingest(deletes=True).rows_deleted == 40 - expected
    assert len(current(lakehouse.rows(), "shop", "email")) == expected


def test_a_row_above_the_watermark_is_not_mistaken_for_a_deleted_one(three: Lakehouse) -> None:
    """Keys and rows come from one snapshot, and the key exists although its row lands later."""
    with three.transaction() as late:
        late.execute("select now()")
        three.execute("update items set updated_at = clock_timestamp() where item_id = 1")
        three.execute("insert into items values (4, 'above')")
        assert three.ingest(deletes=True).rows_deleted == 0
    three.ingest(deletes=True)
    assert len(current(three.rows(), "item_id")) == 4


def flags(lakehouse: Lakehouse) -> dict[object, bool]:
    """Return whether each item is deleted, of a table that holds each key once."""
    rows = lakehouse.rows()
    assert len({row["item_id"] for row in rows}) == len(rows)
    return {row["item_id"]: row["_is_deleted"] for row in rows}


def test_a_full_load_remembers_what_it_no_longer_finds(lakehouse: Lakehouse) -> None:
    """A replaced table keeps a tombstone of each key it ever held, until the key comes back."""
    lakehouse.execute(CREATE_ITEMS)
    lakehouse.declare(full_items())
    lakehouse.execute("insert into items values (1, 'a'), (2, 'b'), (3, 'c')")
    lakehouse.ingest()
    lakehouse.execute("delete from items where item_id = 2")
    result = lakehouse.ingest()
    assert (result.rows_read, result.rows_landed, result.rows_deleted) == (2, 2, 1)
    assert flags(lakehouse) == {1: False, 2: True, 3: False}
    lakehouse.execute("update items set label = 'x' where item_id = 1")
    assert lakehouse.ingest().rows_deleted == 0, "it was deleted already"
    assert flags(lakehouse) == {1: False, 2: True, 3: False}
    lakehouse.execute("insert into items values (2, 'again')")
    lakehouse.ingest()
    assert flags(lakehouse) == {1: False, 2: False, 3: False}


def test_a_full_refresh_remembers_what_it_no_longer_finds(three: Lakehouse) -> None:
    three.execute("delete from items where item_id = 1")
    three.ingest(deletes=True)
    three.execute("delete from items where item_id = 2")
    assert three.ingest(full_refresh=True).rows_deleted == 1
    assert flags(three) == {1: True, 2: True, 3: False}
