"""One project and one lake for all tests here, emptied before each; an engine on the warm dbt."""

import shutil
from pathlib import Path

import pytest

from lake.settings import Settings
from tests.integration.refresh.till_tasks import TillTasks
from tests.integration.streams.till_lake import TillLake
from tests.warm_dbt import WarmDbt

ROOT = Path(__file__).parents[3]


def lay_out(folder: Path) -> Settings:
    """Make a project from this folder's models, and an empty lake."""
    (folder / "home" / "lake").mkdir(parents=True)
    project = folder / "project"
    shutil.copytree(Path(__file__).with_name("project"), project)
    for name in ("macros", "profiles", "dbt_project.yml"):
        (project / name).symlink_to(ROOT / name)
    return Settings(project_dir=project, home=folder / "home")


@pytest.fixture(scope="session")
def refresh_settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Lay out the project and an empty lake, once: dbt need not parse it again for each test."""
    return lay_out(tmp_path_factory.mktemp("tasks"))


@pytest.fixture
def tasks(refresh_settings: Settings, warm_dbt: WarmDbt) -> TillTasks:
    """Return the tasks over a lake with three sales in raw, none of them built."""
    lake = TillLake(refresh_settings, warm_dbt)
    lake.drop_all()
    shutil.rmtree(refresh_settings.home / "refresh", ignore_errors=True)
    return TillTasks(refresh_settings, lake, warm_dbt)
