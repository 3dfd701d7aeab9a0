"""What manifests say of a table, beside what its rows say."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pyarrow as pa
import pytest
from pyiceberg.catalog.sql import SqlCatalog
from pyiceberg.partitioning import PartitionField, PartitionSpec
from pyiceberg.schema import Schema
from pyiceberg.table import Table
from pyiceberg.transforms import IdentityTransform
from pyiceberg.types import DateType, LongType, NestedField, StringType, TimestamptzType

from lake.columns import query_files
from lake.metadata import read_metadata
from lake.statistics import Bounds, Newest, TableStatistics, decoded, read_statistics
from lake.storage import LakeFiles

FILES = LakeFiles()
SCHEMA = Schema(
    NestedField(1, "id", LongType()),
    NestedField(2, "at", TimestamptzType()),
    NestedField(3, "day", DateType()),
    NestedField(4, "shop", StringType()),
)
SPEC = PartitionSpec(PartitionField(4, 1000, IdentityTransform(), "shop"))


@pytest.fixture
def table(tmp_path: Path) -> Iterator[Table]:
    """Return an empty table in a catalog of its own."""
    catalog = SqlCatalog("t", uri="sqlite://", warehouse=f"file://{tmp_path}")
    catalog.create_namespace("n")
    yield catalog.create_table(("n", "t"), SCHEMA, partition_spec=SPEC)
    catalog.close()


def append(table: Table, *rows: tuple[int, datetime | None, str]) -> None:
    values = [
        {"id": number, "at": at, "day": at.date() if at else None, "shop": shop}
        for number, at, shop in rows
    ]
    table.append(pa.Table.from_pylist(values, schema=table.schema().as_arrow()))


def statistics(table: Table) -> TableStatistics:
    return read_statistics(FILES, read_metadata(FILES, table.metadata_location))


def at(day: int, hour: int = 0) -> datetime:
    return datetime(2026, 1, day, hour, tzinfo=UTC)


def test_a_table_without_a_commit_has_no_rows(table: Table) -> None:
    found = statistics(table)
    assert (found.rows, found.written_at, found.newest("at")) == (0, None, Newest())


def test_rows_and_newest_values_are_those_of_the_rows(table: Table) -> None:
    append(table, (1, at(1), "a"), (2, at(3, 5), "a"))
    append(table, (3, at(2), "a"), (4, None, "b"))
    found = statistics(table)
    assert found.rows == 4
    assert found.newest("at") == Newest(at(3, 5))
    assert found.newest("day") == Newest(date(2026, 1, 3))
    assert found.newest("id") == Newest(4)
    assert {found.bounds(file, "shop") for file in found.files} == {
        Bounds("a", "a"),
        Bounds("b", "b"),
    }
    [only_null] = [f for f in found.files if found.bounds(f, "shop") == Bounds("b", "b")]
    assert found.bounds(only_null, "at") == Bounds(None, None)


def test_a_file_whose_rows_were_rewritten_counts_once(table: Table) -> None:
    append(table, *((number, at(number), "a") for number in range(1, 6)))
    table.delete("id = 5")
    found = statistics(table)
    assert (found.rows, found.newest("at")) == (4, Newest(at(4)))


def test_a_time_that_python_does_not_have_is_the_last_it_has() -> None:
    beyond = (2**62).to_bytes(8, "little", signed=True)
    assert decoded(beyond, "timestamptz") == datetime.max.replace(tzinfo=UTC)


def test_a_column_without_statistics_is_not_guessed(table: Table) -> None:
    with table.transaction() as change:
        change.set_properties({"write.metadata.metrics.column.at": "none"})
    append(table, (1, at(1), "a"))
    found = statistics(table)
    assert found.newest("at") is None
    assert found.newest("id") == Newest(1)


@pytest.mark.parametrize("is_remote", [False, True], ids=["local", "remote"])
def test_columns_of_some_files_are_queried(
    table: Table, monkeypatch: pytest.MonkeyPatch, is_remote: bool
) -> None:
    if is_remote:
        monkeypatch.setattr(LakeFiles, "local_path", lambda *_: None)
    append(table, (1, at(1), "a"), (2, at(2), "b"))
    with table.update_schema() as update:
        update.add_column("late", StringType())
    append(table, (3, at(3), "a"))
    files = statistics(table).files
    query = "select id, late from rows order by id"
    assert query_files(FILES, files, ["id", "late"], query) == [(1, None), (2, None), (3, None)]
    assert query_files(FILES, (), ["id"], query) == []
