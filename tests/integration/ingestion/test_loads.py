"""Full and incremental loads against a real PostgreSQL: what is in the table after each."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from pyiceberg.catalog.sql import SqlCatalog
from pyiceberg.table import Table

from ingestion.results import Outcome
from lake.catalogs.base import PointerChange
from lake.catalogs.sqlite import SqliteCatalog
from lake.errors import DataLossError, LoadError
from tests.integration.ingestion.checker import judge, tuples
from tests.integration.ingestion.lakehouse import (
    CREATE_ITEMS,
    Lakehouse,
    full_items,
    items,
    table,
)

pytestmark = pytest.mark.postgres


def test_an_increment_lands_only_what_changed(with_items: Lakehouse) -> None:
    with_items.execute("insert into items select n, 'a' from generate_series(1, 1000) as n")
    first = with_items.ingest()
    assert (first.outcome, first.rows_landed) == (Outcome.LANDED, 1000)
    with_items.execute(
        "update items set label = 'b', updated_at = clock_timestamp() where item_id < 4"
    )
    with_items.execute("insert into items values (1001, 'new')")
    second = with_items.ingest()
    assert (second.outcome, second.rows_read, second.rows_landed) == (Outcome.LANDED, 4, 4)
    sent = [(n, "a") for n in range(1, 1001)] + [(n, "b") for n in range(1, 4)] + [(1001, "new")]
    assert judge(sent, tuples(with_items.rows(), "item_id", "label")).is_clean


def test_nothing_new_makes_no_commit(with_items: Lakehouse) -> None:
    with_items.execute("insert into items values (1, 'a')")
    with_items.ingest()
    again = with_items.ingest()
    assert (again.outcome, again.snapshot_id) == (Outcome.NOTHING_NEW, None)
    assert with_items.lake.snapshots("raw_app.items") == 1
    assert len(with_items.lake.rows("ops.loads")) == 1


def test_an_empty_table_is_created_and_stays_without_rows(with_items: Lakehouse) -> None:
    assert with_items.ingest().outcome is Outcome.NOTHING_NEW
    made = with_items.lake.table("raw_app.items")
    assert made is not None
    assert made.current_snapshot() is None
    required = {field.name for field in made.schema().fields if field.required}
    assert required == {"item_id", "_ingested_at", "_load_id", "_is_deleted"}


def test_every_load_has_one_time_of_its_own_that_grows(with_items: Lakehouse) -> None:
    for number in range(3):
        with_items.execute(f"insert into items values ({number}, 'a')")
        with_items.ingest()
    rows = sorted(with_items.rows(), key=lambda row: row["item_id"])
    times = [row["_ingested_at"] for row in rows]
    assert times == sorted(set(times))
    assert len({row["_load_id"] for row in rows}) == 3
    assert {row["_is_deleted"] for row in rows} == {False}


def test_a_full_load_replaces_all_rows_in_one_commit(lakehouse: Lakehouse) -> None:
    lakehouse.execute(CREATE_ITEMS)
    lakehouse.declare(full_items())
    lakehouse.execute("insert into items select n, 'a' from generate_series(1, 10) as n")
    lakehouse.ingest()
    lakehouse.execute("delete from items where item_id > 3")
    result = lakehouse.ingest()
    assert result.outcome is Outcome.LANDED
    live = [row["item_id"] for row in lakehouse.rows() if not row["_is_deleted"]]
    assert judge([1, 2, 3], live).is_clean
    assert lakehouse.lake.snapshots("raw_app.items") == 2


def test_an_unchanged_full_source_makes_no_commit(lakehouse: Lakehouse) -> None:
    lakehouse.execute(CREATE_ITEMS)
    lakehouse.declare(full_items())
    lakehouse.execute("insert into items select n, 'a' from generate_series(1, 10) as n")
    lakehouse.ingest()
    lakehouse.execute("update items set label = label where item_id = 1")  # the row moves
    assert lakehouse.ingest().outcome is Outcome.NOTHING_NEW
    assert lakehouse.lake.snapshots("raw_app.items") == 1
    assert lakehouse.lake.data_files_on_disk("raw_app.items") == set(
        lakehouse.lake.files("raw_app.items")
    )


def test_an_emptied_full_source_needs_permission(lakehouse: Lakehouse) -> None:
    """Fault full-load."""
    lakehouse.execute(CREATE_ITEMS)
    lakehouse.declare(full_items())
    lakehouse.execute("insert into items values (1, 'a'), (2, 'b')")
    lakehouse.ingest()
    lakehouse.execute("truncate items")
    with pytest.raises(DataLossError, match="--allow-empty") as refusal:
        lakehouse.ingest()
    assert refusal.value.exit_code == 3
    assert len(lakehouse.rows()) == 2
    assert lakehouse.ingest(allow_empty=True).outcome is Outcome.LANDED
    assert [(row["item_id"], row["_is_deleted"]) for row in lakehouse.rows()] == [
        (1, True),
        (2, True),
    ]
    assert lakehouse.ingest().outcome is Outcome.NOTHING_NEW


def test_a_full_refresh_replaces_all_versions(with_items: Lakehouse) -> None:
    with_items.execute("insert into items values (1, 'a')")
    with_items.ingest()
    with_items.execute("update items set label = 'b', updated_at = clock_timestamp()")
    with_items.ingest()
    assert len(with_items.rows()) == 2
    with_items.ingest(full_refresh=True)
    assert tuples(with_items.rows(), "item_id", "label") == [(1, "b")]
    assert with_items.ingest().outcome is Outcome.NOTHING_NEW


def test_partitions_hold_their_rows_and_no_others(lakehouse: Lakehouse) -> None:
    lakehouse.execute(CREATE_ITEMS)
    lakehouse.declare(items(partition_by=["month(updated_at)", "bucket(4, item_id)"]))
    lakehouse.execute(
        "insert into items select n, 'a', timestamptz '2024-01-01 00:00Z' + n * interval '7 hours'"
        " from generate_series(1, 500) as n"
    )
    assert lakehouse.ingest().rows_landed == 500
    assert judge(range(1, 501), [row["item_id"] for row in lakehouse.rows()]).is_clean
    made = lakehouse.lake.table("raw_app.items")
    assert made is not None
    january = made.scan(
        "updated_at >= '2024-01-01T00:00:00+00:00' and updated_at < '2024-02-01T00:00:00+00:00'"
    )
    files = [task.file.file_path for task in january.plan_files()]
    assert 0 < len(files) <= 4 < len(lakehouse.lake.files("raw_app.items"))
    assert all("updated_at_month=2024-01" in path for path in files)
    expected = lakehouse.query("select count(*) from items where updated_at < '2024-02-01'")
    assert january.to_arrow().num_rows == expected[0][0]


@pytest.mark.parametrize("transform", ["amount", "bucket(4, amount)"])
@pytest.mark.parametrize("precision", [5, 15, 18, 30])
def test_a_decimal_may_be_key_and_partition(
    lakehouse: Lakehouse, transform: str, precision: int
) -> None:
    lakehouse.execute(
        f"create table items (amount numeric({precision},2) primary key, updated_at timestamptz);"
        " insert into items select n * 0.25, now() - interval '1 minute'"
        " from generate_series(-10, 10) as n"
    )
    columns = {"amount": f"decimal({precision},2)", "updated_at": "timestamp"}
    ingestion = {"load": "incremental", "key": ["amount"], "cursor": "updated_at"}
    lakehouse.declare(table("items", columns, partition_by=[transform], **ingestion))
    assert lakehouse.ingest().rows_landed == 21
    lakehouse.execute("delete from items where amount in (-0.25, 2.5)")
    assert lakehouse.ingest(deletes=True).rows_deleted == 2
    gone = [row["amount"] for row in lakehouse.rows() if row["_is_deleted"]]
    assert sorted(gone) == [Decimal("-0.25"), Decimal("2.50")]
    assert len(lakehouse.rows()) == 23


def test_ops_loads_has_one_balanced_row_per_load(with_items: Lakehouse) -> None:
    with_items.execute("insert into items select n, 'a' from generate_series(1, 10) as n")
    with_items.execute("insert into items values (11, 'no cursor', null)")
    result = with_items.ingest()
    [record] = with_items.lake.rows("ops.loads")
    assert record["rows_read_count"] == 11
    assert record["rows_read_count"] == (
        record["rows_landed_count"] + record["rows_quarantined_count"]
    )
    assert (record["source"], record["table_name"]) == ("app", "items")
    assert record["snapshot_id"] == result.snapshot_id
    assert record["progress_before"] is None
    assert datetime.fromisoformat(record["progress_after"]) < datetime.now(UTC)
    assert record["bytes_read_count"] > 0 < record["bytes_written_count"]


def test_several_tables_are_committed_and_recorded_together(lakehouse: Lakehouse) -> None:
    lakehouse.execute(CREATE_ITEMS)
    lakehouse.execute("create table kinds (kind_id int primary key, name text)")
    lakehouse.execute("insert into items values (1, 'a')")
    lakehouse.execute("insert into kinds values (1, 'k')")
    kinds = table("kinds", {"kind_id": "int", "name": "string"}, load="full", key=["kind_id"])
    lakehouse.declare(items(), kinds)
    labels = [result.label for result in lakehouse.ingest_all()]
    assert labels == ["app.items", "app.kinds"]
    assert lakehouse.lake.snapshots("ops.loads") == 1
    assert len(lakehouse.lake.rows("ops.loads")) == 2
    assert [r.label for r in lakehouse.ingest_all("app.kinds")] == ["app.kinds"]


def test_progress_is_a_property_of_the_table(with_items: Lakehouse) -> None:
    with_items.execute("insert into items values (1, 'a', '2024-05-01T10:00:00.123456Z')")
    result = with_items.ingest()
    made = with_items.lake.table("raw_app.items")
    assert made is not None
    progress = json.loads(made.properties["firn.progress"])
    assert progress["position"]["cursor"] == "2024-05-01T10:00:00.123456+00:00"
    assert progress["record"]["snapshot_id"] == result.snapshot_id
    assert made.properties["commit.retry.num-retries"] == "0"


def test_a_load_with_nothing_to_do_imports_neither_arrow_nor_iceberg(
    with_items: Lakehouse,
) -> None:
    """Importing them takes longer than everything else such a load does."""
    with_items.execute("insert into items values (1, 'a')")
    with_items.ingest()
    process = with_items.start_python(
        "import sys; from ingestion.api import ingest; print(ingest([])[0].outcome.value)\n"
        "print([name for name in ('pyarrow', 'pyiceberg', 'sqlalchemy') if name in sys.modules])"
    )
    output, errors = process.communicate(timeout=60)
    assert output.splitlines() == ["nothing new", "[]"], errors


def test_a_commit_whose_answer_is_lost_counts_as_what_it_was(
    with_items: Lakehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fault unknown-commit.

    The catalog commits and then breaks; nothing is removed, nothing read twice.
    """
    commit = SqlCatalog.commit_table

    def commit_then_break(self: SqlCatalog, table: Table, *rest: Any) -> object:  # noqa: ANN401
        response = commit(self, table, *rest)
        if table.name()[0] == "raw_app" and table.current_snapshot() is None:
            raise OSError("connection lost")
        return response

    with_items.execute("insert into items values (1, 'a')")
    with monkeypatch.context() as broken:
        broken.setattr(SqlCatalog, "commit_table", commit_then_break)
        assert with_items.ingest().rows_landed == 1
    assert with_items.ingest().outcome is Outcome.NOTHING_NEW
    assert tuples(with_items.rows(), "item_id") == [(1,)]


def test_an_append_that_ends_in_an_error_but_landed_is_a_load(
    with_items: Lakehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fault unknown-commit: the same, of a table that had rows already."""
    commit = SqliteCatalog.compare_and_set

    def commit_then_break(self: SqliteCatalog, changes: Sequence[PointerChange]) -> None:
        commit(self, changes)
        raise OSError("connection lost")

    with_items.execute("insert into items values (1, 'a')")
    with_items.ingest()
    with_items.execute("insert into items values (2, 'b')")
    with monkeypatch.context() as broken:
        broken.setattr(SqliteCatalog, "compare_and_set", commit_then_break)
        assert with_items.ingest().rows_landed == 1
    assert with_items.ingest().outcome is Outcome.NOTHING_NEW
    assert sorted(tuples(with_items.rows(), "item_id")) == [(1,), (2,)]


def test_a_commit_that_fails_is_no_load_and_keeps_its_files(
    with_items: Lakehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fault unknown-commit.

    Nobody can say what the catalog did, so no file is removed; the rows come again.
    """

    def break_before(_: SqliteCatalog, __: Sequence[PointerChange]) -> None:
        raise OSError("connection lost")

    with_items.ingest()
    with_items.execute("insert into items values (1, 'a')")
    with monkeypatch.context() as broken:
        broken.setattr(SqliteCatalog, "compare_and_set", break_before)
        with pytest.raises(LoadError, match="the catalog did not take the commit"):
            with_items.ingest()
    assert len(with_items.lake.data_files_on_disk("raw_app.items")) == 1
    assert with_items.ingest().rows_landed == 1
    assert tuples(with_items.rows(), "item_id") == [(1,)]
