"""A project is read again when a file of it changed, and not otherwise."""

import os
from pathlib import Path

import pytest

from operations.dbt.project_files import fingerprint, variables_read


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


ROOT = Path(__file__).parents[4]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("select 1", set()),
        ("{{ env_var('A') }}, {{env_var( \"B\", env_var('C') ~ '/x') }}", {"A", "B", "C"}),
        ("{{ env_var('A' ~ 'B') }}", None),
        ("{{ env_var(name) }}", None),
        ("{% set ask = env_var %}", None),
    ],
)
def test_the_variables_that_files_ask_for(project: Path, text: str, names: set[str] | None) -> None:
    (project / "models" / "gold" / "a.sql").write_text(text)
    found = variables_read(project, project / "profiles")
    assert (None if found is None else set(found)) == names


def test_variables_are_looked_for_in_packages_and_profiles(project: Path) -> None:
    package = project / "dbt_packages" / "utils" / "macros"
    package.mkdir(parents=True)
    (package / "m.sql").write_text("{{ env_var('IN_PACKAGE') }}")
    profiles = project / "elsewhere"
    profiles.mkdir()
    (profiles / "profiles.yml").write_text("{{ env_var('IN_PROFILE') }}")
    assert variables_read(project, profiles) == frozenset({"IN_PACKAGE", "IN_PROFILE"})


def test_what_this_project_asks_for_is_known() -> None:
    """Else each lake of the tests, and each shell, would have it parsed again."""
    names = variables_read(ROOT, ROOT / "profiles")
    assert names
    assert "FIRN_SPARK_MASTER" in names
    assert not any(name.endswith("_DB") for name in names)
