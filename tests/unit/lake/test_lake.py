"""The lake is where profiles.yml says, for Python as for Spark."""

import shutil
from pathlib import Path

import pytest

from lake.errors import ConfigurationError, EnvironmentFault
from lake.lake import Lake, Pointer, open_catalog
from lake.settings import Settings
from lake.table_properties import FORMAT_PROPERTY

ROOT = Path(__file__).parents[3]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Return settings of a project with the repository's own profile."""
    (tmp_path / "dbt_project.yml").touch()
    shutil.copytree(ROOT / "profiles", tmp_path / "profiles")
    return Settings(project_dir=tmp_path, home=tmp_path / "some where")


def _edit_profile(settings: Settings, old: str, new: str) -> None:
    file = settings.project_dir / "profiles" / "profiles.yml"
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new))


def test_catalog_and_warehouse_lie_below_home(settings: Settings) -> None:
    catalog = open_catalog(settings)
    assert catalog.list_namespaces() == []
    assert (settings.home / "lake" / "catalog.db").exists()
    assert catalog.properties["warehouse"] == f"file://{settings.home}/lake/warehouse"


def test_the_profile_is_the_only_place_that_says_where(settings: Settings) -> None:
    _edit_profile(settings, "/lake/catalog.db", "/elsewhere/c.db")
    assert Lake(settings).backend.label == f"{settings.home}/elsewhere/c.db"


def test_a_table_that_does_not_exist_is_none(settings: Settings) -> None:
    lake = Lake(settings)
    assert lake.stored(("raw_shop", "orders")) is None
    assert lake.table(("raw_shop", "orders")) is None
    assert lake.stored(("raw_shop", "orders")) is None


def test_a_row_of_the_catalog_names_another_file_only_as_it_was_read(settings: Settings) -> None:
    from pyiceberg.schema import Schema

    lake, name = Lake(settings), ("ops", "t")
    assert lake.pointers() == {}
    lake.catalog.create_namespace("ops")
    table = lake.catalog.create_table(name, Schema())
    before = lake.pointers()[name]
    assert before == Pointer(table.metadata_location)
    assert not lake.repoint(name, Pointer("another"), "new")
    assert lake.pointers()[name] == before
    assert lake.repoint(name, before, "new")
    assert lake.pointers()[name] == Pointer("new")
    assert not lake.repoint(name, before, None)
    assert lake.repoint(name, Pointer("new"), None)
    assert lake.pointers() == {}


def test_what_is_stored_is_read_without_the_catalog(settings: Settings) -> None:
    from pyiceberg.schema import Schema

    lake = Lake(settings)
    lake.catalog.create_namespace("ops")
    table = lake.catalog.create_table(("ops", "t"), Schema(), properties={"a": "1"})
    stored = lake.stored(("ops", "t"))
    assert stored is not None
    assert (stored.properties["a"], stored.snapshot_id) == ("1", None)
    Path(table.metadata_location.removeprefix("file://")).unlink()
    with pytest.raises(EnvironmentFault, match="table ops.t: the catalog has it, but .* is gone"):
        lake.stored(("ops", "t"))


def test_a_parameter_that_is_gone_is_named(settings: Settings) -> None:
    _edit_profile(settings, "spark.sql.catalog.lake.warehouse:", "spark.sql.catalog.lake.house:")
    with pytest.raises(ConfigurationError, match=r"has no spark\.sql\.catalog\.lake\.warehouse"):
        open_catalog(settings)


def test_another_kind_of_catalog_is_refused(settings: Settings) -> None:
    _edit_profile(settings, "jdbc:sqlite:", "jdbc:oracle:")
    with pytest.raises(ConfigurationError, match="uri is 'jdbc:oracle:', only jdbc:sqlite"):
        open_catalog(settings)


def test_a_profile_that_cannot_be_read_is_named(settings: Settings) -> None:
    _edit_profile(settings, "firn:", "fern:")
    with pytest.raises(ConfigurationError, match=r"profiles\.yml cannot be used"):
        open_catalog(settings)


def test_a_catalog_that_is_no_database_is_named(settings: Settings) -> None:
    file = Path(Lake(settings).backend.label)
    file.parent.mkdir(parents=True)
    file.write_text("this is not SQLite" * 100)
    with pytest.raises(EnvironmentFault, match=r"catalog\.db cannot be"):
        open_catalog(settings)
    with pytest.raises(EnvironmentFault, match=r"catalog\.db cannot be"):
        Lake(settings).stored(("ops", "loads"))


@pytest.mark.parametrize("written_as", ["2", "0", "new"])
def test_a_table_of_a_newer_firn_is_refused(settings: Settings, written_as: str) -> None:
    from pyiceberg.schema import Schema

    lake = Lake(settings)
    for name, properties in (("old", {}), ("now", {FORMAT_PROPERTY: "1"})):
        lake.catalog.create_namespace_if_not_exists("ops")
        lake.catalog.create_table(("ops", name), Schema(), properties=properties)
        assert lake.stored(("ops", name)) is not None
        assert lake.table(("ops", name)) is not None
    newer = {FORMAT_PROPERTY: written_as}
    lake.catalog.create_table(("ops", "loads"), Schema(), properties=newer)
    for read in (lake.stored, lake.metadata, lake.table):
        with pytest.raises(
            EnvironmentFault, match=f"ops.loads is of format {written_as}, "
        ) as fault:
            read(("ops", "loads"))
        assert "the lake was used by a newer version" in fault.value.message
        assert "git pull && make setup" in fault.value.fix
