"""One project and one lake for all tests here, emptied before each."""

from pathlib import Path

import pytest

from lake.settings import Settings
from tests.integration.streams.till_lake import TillLake, lay_out_project
from tests.warm_dbt import WarmDbt

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="session")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Lay out the project and an empty lake, once: dbt need not parse it again for each test."""
    folder = tmp_path_factory.mktemp("till")
    (folder / "home" / "lake").mkdir(parents=True)
    project = lay_out_project(folder / "project", ROOT)
    return Settings(project_dir=project, home=folder / "home")


@pytest.fixture
def lake(settings: Settings, warm_dbt: WarmDbt) -> TillLake:
    """Return the lake without a single table."""
    lake = TillLake(settings, warm_dbt)
    lake.drop_all()
    return lake
