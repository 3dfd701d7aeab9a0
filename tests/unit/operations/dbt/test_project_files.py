"""A project is read again when a file of it changed, and not otherwise."""

import os
from pathlib import Path

import pytest

from operations.dbt.project_files import fingerprint


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Return a project of two files."""
    (tmp_path / "models" / "gold").mkdir(parents=True)
    (tmp_path / "dbt_project.yml").write_text("name: firn")
    (tmp_path / "models" / "gold" / "a.sql").write_text("select 1")
    return tmp_path


def test_nothing_changed(project: Path) -> None:
    before = fingerprint(project)
    (project / "notes.txt").write_text("no file of dbt's")
    assert fingerprint(project) == before


def test_any_change_of_a_file_is_noticed(project: Path) -> None:
    seen = [fingerprint(project)]
    model = project / "models" / "gold" / "a.sql"
    os.utime(model, (1, 1))
    seen.append(fingerprint(project))
    (project / "dbt_project.yml").write_text("name: firn2")
    seen.append(fingerprint(project))
    (project / "models" / "gold" / "b.sql").write_text("select 2")
    seen.append(fingerprint(project))
    model.unlink()
    seen.append(fingerprint(project))
    assert len(set(seen)) == len(seen)


def test_linked_folders_are_looked_into(project: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "m.sql").write_text("{% macro m() %}{% endmacro %}")
    (project / "macros").symlink_to(elsewhere)
    before = fingerprint(project)
    os.utime(elsewhere / "m.sql", (1, 1))
    assert fingerprint(project) != before
