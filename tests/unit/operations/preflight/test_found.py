"""What is read from a real, small lake, whole or damaged."""

import json
import shutil
import sqlite3
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pyiceberg.partitioning import PartitionField, PartitionSpec
from pyiceberg.schema import Schema
from pyiceberg.table import Table
from pyiceberg.table.sorting import SortField, SortOrder
from pyiceberg.transforms import BucketTransform, IdentityTransform, MonthTransform
from pyiceberg.types import IntegerType, NestedField, TimestamptzType

from lake.errors import ConfigurationError, EnvironmentFault
from lake.lake import Lake, Pointer
from lake.metadata import read_metadata
from lake.settings import Settings
from lake.storage import LakeFiles
from operations.preflight import found as found_module
from operations.preflight.found import (
    Found,
    FoundColumn,
    FoundTable,
    FoundView,
    Unreadable,
    read_tables,
)
from operations.preflight.restore import forget_table, restore_table
from tests.lake_files import path_of

ROOT = Path(__file__).parents[4]
NAME = ("silver", "t")
SCHEMA = Schema(
    NestedField(1, "Id", IntegerType(), required=True),
    NestedField(2, "at", TimestamptzType(), required=False),
)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Return settings of a project with the repository's own profile and an empty lake."""
    (tmp_path / "dbt_project.yml").touch()
    shutil.copytree(ROOT / "profiles", tmp_path / "profiles")
    return Settings(project_dir=tmp_path, home=tmp_path / "home")


@pytest.fixture
def table(settings: Settings) -> Table:
    """Return a partitioned and sorted table with two commits."""
    catalog = Lake(settings).catalog
    catalog.create_namespace("silver")
    spec = PartitionSpec(
        PartitionField(2, 1000, MonthTransform(), "at_month"),
        PartitionField(1, 1001, BucketTransform(4), "Id_bucket"),
    )
    order = SortOrder(SortField(source_id=1, transform=IdentityTransform()))
    table = catalog.create_table(NAME, SCHEMA, partition_spec=spec, sort_order=order)
    rows = pa.schema([pa.field("Id", pa.int32(), False), pa.field("at", pa.timestamp("us", "UTC"))])
    for number in (1, 2):
        table.append(pa.Table.from_pylist([{"Id": number}], schema=rows))
    return table


def _found(settings: Settings) -> Found:
    return read_tables(Lake(settings), [NAME])[NAME]


def _forget_location(settings: Settings) -> None:
    with closing(sqlite3.connect(Lake(settings).backend.label)) as connection:
        connection.execute("update iceberg_tables set metadata_location = null")
        connection.commit()


def _manifest_list(table: Table) -> Path:
    snapshot = table.current_snapshot()
    assert snapshot is not None
    return path_of(snapshot.manifest_list)


def _manifest(table: Table) -> Path:
    snapshot = table.current_snapshot()
    assert snapshot is not None
    return path_of(max(snapshot.manifests(table.io), key=lambda m: m.sequence_number).manifest_path)


def test_no_lake_holds_no_table(settings: Settings) -> None:
    assert _found(settings) is None


def test_a_whole_table_is_described_in_words_of_a_declaration(
    settings: Settings, table: Table
) -> None:
    found = _found(settings)
    assert isinstance(found, FoundTable)
    assert found.columns == {
        "id": FoundColumn("int", True),
        "at": FoundColumn("timestamp", False),
    }
    assert found.partition_by == ("month(at)", "bucket(4, id)")
    assert found.sort_by == ("id asc",)
    assert (found.format_version, found.fault) == (2, None)


Damage = Callable[[Settings, Table], None]


def _metadata_of(table: Table) -> Path:
    return path_of(table.metadata_location)


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda _, t: _metadata_of(t).unlink(), "metadata file gone"),
        (lambda _, t: _metadata_of(t).write_text("{"), "metadata file damaged"),
        (lambda _, t: _metadata_of(t).write_text("{}"), "no location"),
        (lambda s, _: _forget_location(s), "no location"),
        (lambda _, t: _manifest_list(t).unlink(), "manifest list gone"),
        (lambda _, t: _manifest_list(t).write_bytes(b"Obj\x01"), "manifest list damaged"),
        (lambda _, t: _manifest(t).unlink(), "manifest gone"),
        (lambda _, t: _manifest(t).write_bytes(b"Obj\x01 cut"), "manifest damaged"),
    ],
)
def test_damage_is_named_and_the_commit_before_restored(
    settings: Settings, table: Table, damage: Damage, said: str
) -> None:
    damage(settings, table)
    found = _found(settings)
    if isinstance(found, FoundTable):
        assert found.fault is not None
        assert (found.fault.found, found.previous is not None) == (said, True)
    else:
        assert isinstance(found, Unreadable)
        assert (found.found, found.previous is not None) == (said, True)
        assert found.explanation.startswith("silver.t: ")
    restore_table(settings, "silver.t")
    found = _found(settings)
    assert isinstance(found, FoundTable)
    assert found.fault is None
    restored = Lake(settings).catalog.load_table(NAME)
    assert restored.scan().to_arrow()["Id"].to_pylist() == [1]
    restored.append(pa.Table.from_pylist([{"Id": 3}], schema=restored.schema().as_arrow()))


def test_a_view_is_found_as_one(settings: Settings, table: Table) -> None:
    with closing(sqlite3.connect(Lake(settings).backend.label)) as connection:
        connection.execute("update iceberg_tables set iceberg_type = 'VIEW'")
        connection.commit()
    assert _found(settings) == FoundView()
    with pytest.raises(ConfigurationError, match=r"silver\.t"):
        restore_table(settings, "silver.t")


def test_times_that_go_back_are_put_in_order_and_no_row_is_lost(
    settings: Settings, table: Table
) -> None:
    newest = _metadata_of(table)
    document = json.loads(newest.read_text(encoding="utf-8"))
    first, second = document["snapshot-log"]
    first["timestamp-ms"] = second["timestamp-ms"] + 300_000
    newest.write_text(json.dumps(document), encoding="utf-8")
    found = _found(settings)
    assert isinstance(found, FoundTable)
    assert found.fault is None
    assert found.times is not None
    with pytest.raises(ConfigurationError, match="nothing to restore"):
        forget_table(settings, "silver.t")
    restore_table(settings, "silver.t")
    found = _found(settings)
    assert isinstance(found, FoundTable)
    assert found.times is None
    restored = Lake(settings).catalog.load_table(NAME).scan().to_arrow()
    assert sorted(restored["Id"].to_pylist()) == [1, 2]


def _with_times_back(table: Table) -> None:
    newest = _metadata_of(table)
    document = json.loads(newest.read_text(encoding="utf-8"))
    document["snapshot-log"][0]["timestamp-ms"] += 300_000_000
    newest.write_text(json.dumps(document), encoding="utf-8")


def test_times_are_left_to_a_catalog_that_stamps_commits_itself(
    settings: Settings, table: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    _with_times_back(table)
    before = Lake(settings).backend.pointer(NAME)
    monkeypatch.setattr(type(Lake(settings).backend), "writes_metadata", True)
    with pytest.raises(EnvironmentFault, match=r"stamps the commits of silver\.t itself"):
        restore_table(settings, "silver.t")
    assert Lake(settings).backend.pointer(NAME) == before


def test_times_of_a_table_that_went_meanwhile_are_not_put_in_order(
    settings: Settings, table: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    _with_times_back(table)
    monkeypatch.setattr(Lake, "stored", lambda *_: None)
    with pytest.raises(EnvironmentFault, match=r"silver\.t"):
        restore_table(settings, "silver.t")


def test_a_metadata_file_is_read_once_however_many_logs_name_it(
    settings: Settings, table: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each log names all files before it: of seven commits, none whole, there are 128 ways back."""
    rows = table.scan().to_arrow()
    for _ in range(5):
        table.append(rows.slice(0, 1))
    for snapshot in table.snapshots():
        path_of(snapshot.manifest_list).unlink()
    first, *logged = [entry.metadata_file for entry in table.metadata.metadata_log]
    path_of(first).unlink()
    read: Counter[str] = Counter()

    def counted(files: LakeFiles, location: str) -> Mapping[str, Any]:
        read[location] += 1
        return read_metadata(files, location)

    monkeypatch.setattr(found_module, "read_metadata", counted)
    found = _found(settings)
    assert isinstance(found, FoundTable)
    assert found.previous is None
    assert {read[location] for location in [first, *logged]} == {1}


def test_without_a_whole_commit_before_a_table_can_only_be_forgotten(
    settings: Settings, table: Table
) -> None:
    for file in path_of(table.metadata_location).parent.glob("*.json"):
        file.unlink()
    with pytest.raises(EnvironmentFault, match="no commit before can be read either"):
        restore_table(settings, "silver.t")
    forget_table(settings, "silver.t")
    assert _found(settings) is None


def test_a_table_that_another_process_changed_is_left_and_the_catalog_named(
    settings: Settings, table: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    _metadata_of(table).unlink()
    repoint = Lake.repoint

    def too_late(lake: Lake, name: tuple[str, str], known: Pointer, metadata: str | None) -> bool:
        assert repoint(lake, name, known, "file:///another")
        return repoint(lake, name, known, metadata)

    monkeypatch.setattr(Lake, "repoint", too_late)
    with pytest.raises(EnvironmentFault, match=r"silver\.t was changed .* catalog .*catalog\.db"):
        restore_table(settings, "silver.t")
    assert Lake(settings).backend.pointer(NAME) == Pointer("file:///another")


@pytest.mark.parametrize("name", ["silver.t", "silver.other"])
def test_only_a_damaged_table_can_be_restored(settings: Settings, table: Table, name: str) -> None:
    for action in (restore_table, forget_table):
        with pytest.raises(ConfigurationError):
            action(settings, name)
    assert isinstance(_found(settings), FoundTable)
