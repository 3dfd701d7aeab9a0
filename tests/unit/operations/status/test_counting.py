"""Counts from bounds, and from the few files that bounds leave open."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pyiceberg.catalog.sql import SqlCatalog
from pyiceberg.schema import Schema
from pyiceberg.table import Table
from pyiceberg.types import LongType, NestedField, StringType, TimestamptzType

from lake.columns import query_files
from lake.metadata import read_metadata
from lake.statistics import FileStatistics, Newest, TableStatistics, read_statistics
from lake.storage import LakeFiles
from operations.monitoring.status import counting
from operations.monitoring.status.counting import CountedTable
from operations.monitoring.status.quarantine import open_rows

MIDNIGHT = datetime(2026, 1, 2, tzinfo=UTC)
FILES = LakeFiles()
EVENTS = Schema(NestedField(1, "id", LongType()), NestedField(2, "at", TimestamptzType()))
REJECTED = Schema(
    NestedField(1, "table_name", StringType()), NestedField(2, "resolution", StringType())
)


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[SqlCatalog]:
    """Return an empty catalog."""
    made = SqlCatalog("t", uri="sqlite://", warehouse=f"file://{tmp_path}")
    made.create_namespace("n")
    yield made
    made.close()


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the data files that are opened from now on."""
    seen: list[str] = []

    def noted(files: LakeFiles, chosen: Sequence[FileStatistics], *more: Any) -> Any:  # noqa: ANN401
        seen.extend(file.path for file in chosen)
        return query_files(files, chosen, *more)

    monkeypatch.setattr("operations.monitoring.status.counting.query_files", noted)
    return seen


def counted(table: Table) -> CountedTable:
    metadata = read_metadata(FILES, table.metadata_location)
    return CountedTable(FILES, read_statistics(FILES, metadata))


def events(catalog: SqlCatalog, *files: Sequence[int]) -> CountedTable:
    """Make a table of files that hold events so many hours after midnight."""
    table = catalog.create_table(("n", "events"), EVENTS)
    for hours in files:
        rows = [{"id": hour, "at": MIDNIGHT + timedelta(hours=hour)} for hour in hours]
        table.append(pa.Table.from_pylist(rows, schema=EVENTS.as_arrow()))
    return counted(table)


def test_files_before_or_after_a_moment_are_not_opened(
    catalog: SqlCatalog, opened: list[str]
) -> None:
    table = events(catalog, [-3, -1], [0, 5], [7])
    assert table.rows_since("at", MIDNIGHT) == 3
    assert table.newest("at") == Newest(MIDNIGHT + timedelta(hours=7))
    assert opened == []


def test_only_the_file_across_a_moment_is_opened(catalog: SqlCatalog, opened: list[str]) -> None:
    table = events(catalog, [-9, -8], [-1, 0, 1], [2])
    assert table.rows_since("at", MIDNIGHT) == 3
    assert len(opened) == 1


def test_files_that_are_too_large_are_not_opened(
    catalog: SqlCatalog, opened: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(counting, "READ_ROWS", 2)
    assert events(catalog, [-1, 0, 1]).rows_since("at", MIDNIGHT) is None
    assert opened == []


def test_what_a_deleted_row_may_have_held_is_said_to_be_at_most() -> None:
    number = 2
    newer = (MIDNIGHT + timedelta(hours=1)).timestamp() * 1_000_000
    bound = {number: int(newer).to_bytes(8, "little", signed=True)}
    schema = {"schema-id": 0, "fields": [{"id": number, "name": "at", "type": "timestamptz"}]}
    file = FileStatistics("f", 1, 3, lower=bound, upper=bound, deleted=1)
    table = TableStatistics({"schemas": [schema], "current-schema-id": 0}, (file,))
    assert table.rows == 2
    assert table.newest("at") == Newest(MIDNIGHT + timedelta(hours=1), is_exact=False)
    assert not CountedTable(FILES, table).may_open([file])


def rejected(catalog: SqlCatalog, *files: Sequence[tuple[str, str | None]]) -> CountedTable:
    """Make a quarantine of files that hold rows of tables, resolved or not."""
    table = catalog.create_table(("n", "rejected"), REJECTED)
    for rows in files:
        values = [{"table_name": name, "resolution": how} for name, how in rows]
        table.append(pa.Table.from_pylist(values, schema=REJECTED.as_arrow()))
    return counted(table)


def test_open_rows_of_quarantine_are_counted_by_bounds(
    catalog: SqlCatalog, opened: list[str]
) -> None:
    long = "a_table_with_a_long_name"
    table = rejected(
        catalog,
        [("orders", None)] * 3,
        [("orders", "replayed")] * 2,
        [(long, None)] * 4,
        [("items", None)],
    )
    names = ("orders", "items", long)
    assert open_rows(table, names) == {"orders": 3, long: 4, "items": 1}
    assert opened == []


def test_mixed_files_of_quarantine_are_opened(catalog: SqlCatalog, opened: list[str]) -> None:
    table = rejected(
        catalog,
        [("orders", None), ("items", None)],
        [("orders", None), ("orders", "landed")],
        [("long_name_of_orders_a", None)],
    )
    names = ("orders", "items", "long_name_of_orders_a", "long_name_of_orders_b")
    assert open_rows(table, names) == {"orders": 2, "items": 1, "long_name_of_orders_a": 1}
    assert len(opened) == 3
