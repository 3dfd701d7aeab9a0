"""When dbt has to read the project again before its manifest can be believed."""

import os
from pathlib import Path

import pytest

from lake.settings import Settings
from operations.dbt import manifest
from operations.dbt.manifest import parse_if_changed
from operations.dbt.runner import MANIFEST

THEN, NOW = 1_000_000_000, 1_000_000_100


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Return a project of two files, read by dbt after both were written."""
    settings = Settings(project_dir=tmp_path, home=tmp_path / "home")
    for name in ("dbt_project.yml", "models/sales.sql", f"home/{MANIFEST}"):
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()
        os.utime(file, (THEN, THEN))
    return settings


@pytest.fixture
def parses(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """Return the commands of dbt that were run."""
    commands: list[list[str]] = []
    monkeypatch.setattr(manifest, "follow_dbt", lambda _, command: commands.append(command))
    return commands


def test_a_project_that_did_not_change_is_not_read_again(
    settings: Settings, parses: list[list[str]]
) -> None:
    parse_if_changed(settings)
    assert parses == []


@pytest.mark.parametrize("name", ["models/sales.sql", "models/new.yml", "dbt_project.yml"])
def test_a_file_that_is_newer_is_read(
    settings: Settings, parses: list[list[str]], name: str
) -> None:
    file = settings.project_dir / name
    file.touch()
    os.utime(file, (NOW, NOW))
    parse_if_changed(settings)
    assert parses == [["parse"]]


def test_a_project_that_was_never_read_is_read(settings: Settings, parses: list[list[str]]) -> None:
    (settings.home / MANIFEST).unlink()
    parse_if_changed(settings)
    assert parses == [["parse"]]
