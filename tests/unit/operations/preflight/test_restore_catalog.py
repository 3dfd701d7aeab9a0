"""A catalog that was lost is made again of the metadata files, by each kind of catalog."""

import secrets
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from typer.testing import CliRunner

from lake.catalog_check import require_catalog
from lake.catalogs.base import Pointer, PointerChange
from lake.catalogs.sql import DatabaseCatalog
from lake.errors import ConfigurationError, DataLossError, EnvironmentFault
from lake.lake import Lake
from operations.cli.app import app
from operations.maintenance.run import plan_lake
from operations.preflight.create import create_tables
from operations.preflight.restore_catalog import Restoration, forget_missed, restore_catalog
from tests.catalog_databases import new_database
from tests.lake_files import path_of
from tests.rest_catalog.server import RestCatalogServer
from tests.unit.ingestion.appends import TABLE, ids, land, new_lake, plan, stored_table

NAME = TABLE.identifier
VIEW, EMPTY = ("silver", "view"), ("silver", "empty")
VIEW_FILE = """{"view-uuid": "7f0c2a9e-7b07-4c0e-9b7b-0d0b5b9a1f00", "format-version": 1,
"versions": [{"version-id": 1, "timestamp-ms": 1700000000000}]}"""


@pytest.fixture(params=["dev", pytest.param("postgres_catalog", marks=pytest.mark.postgres)])
def lake(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Lake:
    """Return a lake of an empty table and one of three loads, with a catalog of that target."""
    if request.param != "dev":
        database = new_database(request.getfixturevalue("postgres"))
        monkeypatch.setenv("FIRN_CATALOG_URL", database["uri"])
        monkeypatch.setenv("FIRN_CATALOG_USER", database["jdbc.user"])
        monkeypatch.setenv("DBT_ENV_SECRET_FIRN_CATALOG_PASSWORD", database["jdbc.password"])
    made = Lake(new_lake(tmp_path)._environment.model_copy(update={"target": request.param}))
    for number in range(3):
        land(*plan(made), [number])
    made.catalog.create_namespace("silver")
    made.catalog.create_table(EMPTY, stored_table(made).schema())
    require_catalog(made)
    return made


def _empty(lake: Lake) -> None:
    backend = lake.backend
    assert isinstance(backend, DatabaseCatalog)
    with backend._transaction() as execute:
        execute("delete from iceberg_tables", ())


def _again(lake: Lake) -> Lake:
    return Lake(lake._environment)


def _said(restoration: Restoration) -> list[tuple[str, bool, str]]:
    return [(one.name, one.registered, one.fault) for one in restoration.registrations]


def test_it_is_made_again_and_the_next_load_goes_on(lake: Lake) -> None:
    """Fault lost-catalog: nothing is changed before --apply, and no load is lost or doubled."""
    before = lake.pointers()
    _empty(lake)
    settings = lake._environment
    with pytest.raises(DataLossError):
        require_catalog(_again(lake), [NAME])
    with pytest.raises(DataLossError, match=r"raw_app\.items"):
        plan_lake(settings)
    assert _said(restore_catalog(settings)) == [("raw_app.items", False, "")]
    assert lake.pointers() == {}
    assert _said(restore_catalog(settings, apply=True)) == [("raw_app.items", True, "")]
    assert _again(lake).backend.pointer(NAME) == Pointer(before[NAME].metadata)
    require_catalog(_again(lake))
    again = _again(lake)
    land(*plan(again), [3])
    assert ids(stored_table(again)) == [0, 1, 2, 3]
    assert _said(restore_catalog(settings, apply=True)) == []


def test_the_newest_whole_file_is_taken(lake: Lake) -> None:
    stored = lake.stored(NAME)
    assert stored is not None
    previous = stored.document["metadata-log"][-1]["metadata-file"]
    path_of(stored.document["snapshots"][-1]["manifest-list"]).write_bytes(b"damaged")
    path_of(stored.location).with_name("00050-1d4f.metadata.json").write_text("{")
    _empty(lake)
    restore_catalog(lake._environment, apply=True)
    pointer = _again(lake).backend.pointer(NAME)
    assert pointer is not None
    assert path_of(pointer.metadata or "") == path_of(previous)
    assert ids(stored_table(_again(lake))) == [0, 1]


def test_an_older_catalog_is_brought_to_the_newest(lake: Lake) -> None:
    older = lake.backend.pointer(NAME)
    for number in range(3, 6):
        land(*plan(lake), [number])
    newest = lake.backend.pointer(NAME)
    assert isinstance(lake.backend, DatabaseCatalog)
    assert older
    assert newest
    assert older.metadata
    assert newest.metadata
    lake.backend.compare_and_set([PointerChange(NAME, newest.metadata, older.metadata)])
    assert _said(restore_catalog(lake._environment, apply=True)) == [("raw_app.items", True, "")]
    require_catalog(_again(lake))
    assert ids(stored_table(_again(lake))) == list(range(6))


def test_a_view_comes_back_as_one(lake: Lake) -> None:
    folder = path_of(lake.warehouse) / "silver" / "view" / "metadata"
    folder.mkdir(parents=True)
    (folder / "00001-1d4f.metadata.json").write_text(VIEW_FILE)
    restore_catalog(lake._environment, apply=True)
    pointer = _again(lake).backend.pointer(VIEW)
    assert pointer is not None
    assert pointer.is_view


def test_what_is_forgotten_is_begun_anew(lake: Lake) -> None:
    _empty(lake)
    assert forget_missed(lake._environment) == ["raw_app.items"]
    again = _again(lake)
    require_catalog(again, [NAME])
    land(*plan(again), [7])
    require_catalog(_again(lake), [NAME])
    assert ids(stored_table(again)) == [7]


def test_a_table_without_a_whole_file_is_told(lake: Lake) -> None:
    for file in path_of(stored_table(lake).location()).glob("metadata/snap-*.avro"):
        file.unlink()
    for file in path_of(stored_table(lake).location()).glob("metadata/00000-*.json"):
        file.unlink()
    _empty(lake)
    restoration = restore_catalog(lake._environment, apply=True)
    assert _said(restoration) == [
        ("raw_app.items", False, "no metadata file in its folder is whole")
    ]
    with pytest.raises(EnvironmentFault, match=r"raw_app\.items"):
        restoration.require_success()


def test_a_name_that_another_table_has_by_now_is_left_to_it(lake: Lake) -> None:
    others = lake.backend.pointer(EMPTY)
    mine = lake.backend.pointer(NAME)
    assert isinstance(lake.backend, DatabaseCatalog)
    assert others
    assert mine
    assert others.metadata
    assert mine.metadata
    lake.backend.compare_and_set([PointerChange(NAME, mine.metadata, others.metadata)])
    said = _said(restore_catalog(lake._environment, apply=True))
    assert said == [("raw_app.items", False, f"the name is that of {others.metadata}")]
    left = _again(lake).backend.pointer(NAME)
    assert left
    assert left.metadata == others.metadata


def test_what_the_catalog_names_already_is_not_registered_again(lake: Lake) -> None:
    """All that is newer is damaged."""
    older, first = lake.backend.pointer(NAME), stored_table(lake)
    for number in range(3, 6):
        land(*plan(lake), [number])
    for snapshot in stored_table(lake).snapshots()[len(first.snapshots()) :]:
        path_of(snapshot.manifest_list).unlink()
    newest = lake.backend.pointer(NAME)
    assert isinstance(lake.backend, DatabaseCatalog)
    assert older
    assert newest
    assert older.metadata
    assert newest.metadata
    lake.backend.compare_and_set([PointerChange(NAME, newest.metadata, older.metadata)])
    [(_, registered, fault)] = _said(restore_catalog(lake._environment, apply=True))
    assert (registered, fault) == (
        False,
        "newer files are damaged; firn restore catalog --forget",
    )


def test_a_folder_around_an_unknown_table_is_left_alone(tmp_path: Path) -> None:
    """Files of a table that the catalog does not know are no orphans of another one."""
    lake = _local(tmp_path)
    schema = stored_table(lake).schema()
    lake.catalog.create_namespace("silver")
    lake.catalog.create_table(EMPTY, schema)
    wide = ("silver", "wide")
    lake.catalog.create_table(wide, schema, location=f"{lake.warehouse}/silver")
    lake.catalog.drop_table(EMPTY)
    shared = {plan.name: plan.shares_folder_with for plan in plan_lake(lake._environment)}
    assert shared == {"raw_app.items": None, "silver.wide": "silver.empty"}


def test_nothing_is_made_in_a_catalog_that_was_lost(tmp_path: Path) -> None:
    lake = _local(tmp_path)
    _lose(lake)
    with pytest.raises(DataLossError):
        create_tables(lake._environment, [], lambda _: None)
    assert not Path(lake.backend.label).exists()


def test_the_command_says_it_first_and_names_the_copies(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lake = _local(tmp_path)
    monkeypatch.setenv("FIRN_PROJECT_DIR", str(tmp_path))
    monkeypatch.setenv("FIRN_HOME", str(lake.home))
    _lose(lake)

    def run(*options: str) -> str:
        return CliRunner().invoke(app, ["restore", "catalog", *options]).output

    said = run()
    assert "raw_app.items" in said
    assert "not in the catalog" in said
    assert f"copy of the catalog: {lake.home}/backups/catalog/" in said
    assert "firn restore catalog --apply" in said
    assert "registered" in run("--apply")
    assert "knows all tables" in run()
    with closing(sqlite3.connect(lake.backend.label)) as connection:
        [(count,)] = connection.execute("select count(*) from iceberg_tables")
    assert count == 1


def test_a_rest_catalog_registers_tables_of_a_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lake = _local(tmp_path / "local")
    server = RestCatalogServer(tmp_path / "rest")
    try:
        monkeypatch.setenv("FIRN_REST_URL", server.url)
        credential = f"firn:{secrets.token_hex(16)}"
        monkeypatch.setenv("DBT_ENV_SECRET_FIRN_REST_CREDENTIAL", credential)
        rest = lake._environment.model_copy(update={"target": "rest_catalog"})
        with pytest.raises(ConfigurationError, match="chooses itself"):
            restore_catalog(rest)
        with pytest.raises(ConfigurationError, match="keeps no log"):
            forget_missed(rest)
        restoration = restore_catalog(rest, lake.warehouse, apply=True)
        assert _said(restoration) == [("raw_app.items", True, "")]
        assert ids(stored_table(Lake(rest))) == [0, 1, 2]
    finally:
        server.stop()


def _local(folder: Path) -> Lake:
    folder.mkdir(exist_ok=True)
    lake = new_lake(folder)
    for number in range(3):
        land(*plan(lake), [number])
    require_catalog(lake)
    return lake


def _lose(lake: Lake) -> None:
    for file in Path(lake.backend.label).parent.glob("catalog.*"):
        file.unlink()
