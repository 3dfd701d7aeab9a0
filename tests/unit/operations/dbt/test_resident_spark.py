"""A session is closed for another lake, and kept for the same one."""

import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest

from lake.errors import ConfigurationError
from lake.settings import Settings
from operations.dbt import resident_spark
from operations.dbt.resident_spark import ResidentSpark

ROOT = Path(__file__).parents[4]


def project(folder: Path) -> Settings:
    """Return a project with the profiles of this one, and a lake of its own."""
    shutil.copytree(ROOT / "profiles", folder / "profiles")
    return Settings(project_dir=folder, home=folder / "home")


@pytest.fixture
def closed(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Return the homes of the sessions that were closed; no Spark is started."""
    homes: list[Path] = []

    def open_session(settings: Settings) -> SimpleNamespace:
        return SimpleNamespace(close=lambda: homes.append(settings.home), sql=lambda _: [])

    monkeypatch.setattr(resident_spark, "open_session", open_session)
    monkeypatch.setattr(ResidentSpark, "start", ResidentSpark.session)
    return homes


def test_the_same_lake_keeps_its_session(tmp_path: Path, closed: list[Path]) -> None:
    first = project(tmp_path / "a")
    spark = ResidentSpark(first, {})
    session = spark.session()
    spark.move_to(Settings(project_dir=first.project_dir, home=first.home))
    assert spark.session() is session
    assert closed == []


def test_a_lake_whose_project_is_gone_is_left_for_another(
    tmp_path: Path, closed: list[Path]
) -> None:
    first, second = project(tmp_path / "a"), project(tmp_path / "b")
    spark = ResidentSpark(first, {})
    session = spark.session()
    shutil.rmtree(first.project_dir)
    spark.move_to(second)
    assert closed == [first.home]
    assert spark.session() is not session


def test_a_project_without_profiles_ends_nothing(tmp_path: Path, closed: list[Path]) -> None:
    first, second = project(tmp_path / "a"), project(tmp_path / "b")
    spark = ResidentSpark(first, {})
    spark.session()
    shutil.rmtree(second.project_dir / "profiles")
    with pytest.raises(ConfigurationError, match="profiles"):
        spark.move_to(second)  # opening it is what fails, in a thread of its own
    assert closed == [first.home]
