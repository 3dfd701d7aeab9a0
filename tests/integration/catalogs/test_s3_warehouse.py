"""A lake whose files lie in S3: written by pyiceberg, read and examined by their location."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pytest
from pyiceberg.table import Table

from lake.errors import EnvironmentFault
from lake.lake import Lake
from lake.settings import Settings
from operations.preflight.found import FoundTable, Unreadable, read_tables
from operations.preflight.restore import restore_table
from tests.integration.files.s3_server import S3Server, s3_server

pytestmark = pytest.mark.s3

ROOT = Path(__file__).parents[3]
NAME = ("silver", "t")
ROWS = pa.table({"a": pa.array([1, 2], pa.int64())})


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    """Run the server, with an empty bucket."""
    with s3_server(tmp_path_factory.mktemp("s3")) as server:
        server.filesystem().create_dir("lake")
        yield server


@pytest.fixture
def settings(server: S3Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Return settings of a project whose warehouse is the bucket."""
    (tmp_path / "dbt_project.yml").touch()
    shutil.copytree(ROOT / "profiles", tmp_path / "profiles")
    profile = tmp_path / "profiles" / "profiles.yml"
    old = "file://{{ env_var('FIRN_HOME', env_var('PWD') ~ '/.firn') }}/lake/warehouse"
    text = profile.read_text()
    assert old in text
    profile.write_text(text.replace(old, f"s3://lake/{tmp_path.name}"))
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", server.access_key)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", server.secret_key)
    monkeypatch.setenv("AWS_ENDPOINT_URL", server.endpoint)
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    return Settings(project_dir=tmp_path, home=tmp_path / "home")


@pytest.fixture
def table(settings: Settings) -> Table:
    """Return a table of two commits."""
    catalog = Lake(settings).catalog
    catalog.create_namespace("silver")
    table = catalog.create_table(NAME, ROWS.schema, properties={"a": "1"})
    table.append(ROWS)
    table.append(ROWS)
    return table


def test_what_is_stored_is_read(settings: Settings, table: Table) -> None:
    lake = Lake(settings)
    stored = lake.stored(NAME)
    assert stored is not None
    assert table.metadata_location.startswith("s3://lake/")
    assert (stored.properties["a"], stored.snapshot_id) == ("1", table.metadata.current_snapshot_id)
    found = read_tables(lake, [NAME])[NAME]
    assert isinstance(found, FoundTable)
    assert found.fault is None
    files = lake.files
    assert files.exists(table.metadata_location)
    assert files.length(table.metadata_location) == len(files.read(table.metadata_location))
    assert not files.exists(table.metadata_location + ".gone")


def test_a_metadata_file_that_is_gone_is_named_and_the_commit_before_restored(
    settings: Settings, table: Table
) -> None:
    table.io.delete(table.metadata_location)
    with pytest.raises(
        EnvironmentFault, match=r"table silver\.t: the catalog has it, but s3://.* is"
    ):
        Lake(settings).stored(NAME)
    found = read_tables(Lake(settings), [NAME])[NAME]
    assert isinstance(found, Unreadable)
    assert found.found == "metadata file gone"
    restore_table(settings, "silver.t")
    assert Lake(settings).catalog.load_table(NAME).scan().to_arrow().num_rows == 2


@pytest.mark.parametrize("damage", ["gone", "damaged"])
def test_a_manifest_list_is_looked_into(settings: Settings, table: Table, damage: str) -> None:
    snapshot = table.current_snapshot()
    assert snapshot is not None
    table.io.delete(snapshot.manifest_list)
    if damage == "damaged":
        with table.io.new_output(snapshot.manifest_list).create() as stream:
            stream.write(b"Obj\x01")
    found = read_tables(Lake(settings), [NAME])[NAME]
    assert isinstance(found, FoundTable)
    assert found.fault is not None
    assert (found.fault.found, found.previous is not None) == (f"manifest list {damage}", True)
