"""One project and one lake for all tests here, emptied before each."""

import shutil
from pathlib import Path

import pytest

from lake.settings import Settings
from tests.integration.preflight.cars_lake import CarsLake
from tests.warm_dbt import WarmDbt

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="session")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Lay out the project and an empty lake, once: dbt need not parse it again for each test."""
    folder = tmp_path_factory.mktemp("cars")
    (folder / "home" / "lake").mkdir(parents=True)
    shutil.copytree(Path(__file__).with_name("project"), folder / "project")
    for name in ("macros", "profiles", "dbt_project.yml"):
        (folder / "project" / name).symlink_to(ROOT / name)
    return Settings(project_dir=folder / "project", home=folder / "home")


@pytest.fixture
def lake(settings: Settings, warm_dbt: WarmDbt) -> CarsLake:
    """Return the lake without a single table."""
    lake = CarsLake(settings, warm_dbt)
    lake.drop_all()
    return lake
