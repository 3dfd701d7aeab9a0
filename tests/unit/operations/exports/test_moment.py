"""Tables of one export are of one moment, and the manifest names its publication."""

import json
from pathlib import Path
from typing import Any

import pytest

from lake.errors import EnvironmentFault
from lake.lake import Lake
from operations.exports.files import ChosenTable
from operations.exports.manifest import MANIFEST
from operations.exports.provenance import read_moment
from operations.publication.book import IDENTIFIER, LAST
from tests.integration.ingestion.home import LakeHome
from tests.lake_files import path_of
from tests.unit.operations.exports.sales import EMPTY, FULL, NULLS, SALES, export, make


def publish(home: LakeHome, number: str) -> None:
    """Let ops.publications say that this is the newest publication."""
    catalog = Lake(home.settings).catalog
    catalog.create_namespace_if_not_exists("ops")
    table = catalog.create_table_if_not_exists(IDENTIFIER, SALES)
    with table.transaction() as change:
        change.set_properties({LAST: number})


def test_what_is_committed_meanwhile_is_in_none_of_the_files(
    home: LakeHome, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(home, [FULL], name="a")
    make(home, [FULL], name="b")
    write_file = ChosenTable.at

    def commit_first(*arguments: Any) -> ChosenTable:  # noqa: ANN401
        make(home, [EMPTY], name="a")
        make(home, [EMPTY], name="b")
        Lake(home.settings).catalog.drop_table("gold.b")
        monkeypatch.setattr(ChosenTable, "at", write_file)
        return write_file(*arguments)

    monkeypatch.setattr(ChosenTable, "at", commit_first)
    exported = export(home, tmp_path)
    assert [(one.table, one.rows) for one in exported] == [("gold.a", 1), ("gold.b", 1)]


def test_the_manifest_names_the_publication_of_the_export_and_of_each_file(
    home: LakeHome, tmp_path: Path
) -> None:
    make(home, [FULL], name="a")
    make(home, [FULL], name="b")
    publish(home, "7")
    export(home, tmp_path, "a", "b")
    publish(home, "8")
    export(home, tmp_path, "b")
    manifest = json.loads((tmp_path / MANIFEST).read_text())
    assert manifest["publication"] == 8
    assert [one["publication"] for one in manifest["files"]] == [7, 8]


def test_there_is_no_publication_without_the_table_or_its_property(home: LakeHome) -> None:
    lake = Lake(home.settings)
    assert read_moment(lake).publication is None
    publish(home, "7")
    assert read_moment(lake).publication == 7
    with lake.catalog.load_table(IDENTIFIER).transaction() as change:
        change.remove_properties(LAST)
    assert read_moment(lake).publication is None


def test_the_publication_is_that_of_the_pointers(
    home: LakeHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(home, "7")
    lake = Lake(home.settings)
    before = lake.pointers()
    monkeypatch.setattr(lake, "pointers", lambda: before)
    publish(home, "8")
    assert read_moment(lake).publication == 7


def test_a_metadata_file_that_is_gone_is_named(home: LakeHome, tmp_path: Path) -> None:
    make(home, [NULLS])
    location = Lake(home.settings).catalog.load_table("gold.sales").metadata_location
    path_of(location).unlink()
    with pytest.raises(EnvironmentFault, match=r"gold\.sales: the catalog has it, but .* is gone"):
        export(home, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_data_file_that_is_gone_is_an_error_of_the_table(home: LakeHome, tmp_path: Path) -> None:
    make(home, [NULLS])
    table = Lake(home.settings).catalog.load_table("gold.sales")
    [task] = table.scan().plan_files()
    path_of(task.file.file_path).unlink()
    with pytest.raises(EnvironmentFault, match=r"gold\.sales cannot be read") as fault:
        export(home, tmp_path / "out")
    assert fault.value.fix.startswith("firn verify gold.sales")
    assert list((tmp_path / "out").iterdir()) == []
