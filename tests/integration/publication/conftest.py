"""One project and one lake for all tests here; each begins without a table."""

from pathlib import Path

import pytest

from lake.settings import Settings
from tests.integration.publication.published_lake import PublishedLake
from tests.integration.streams.till_lake import lay_out_project
from tests.warm_dbt import WarmDbt

ROOT = Path(__file__).parents[3]


@pytest.fixture
def lake(tmp_path: Path, warm_dbt: WarmDbt) -> PublishedLake:
    """Return a lake with a raw table that is empty."""
    (tmp_path / "home" / "lake").mkdir(parents=True)
    own = Path(__file__).with_name("project")
    project = lay_out_project(tmp_path / "project", ROOT, own)
    lake = PublishedLake(Settings(project_dir=project, home=tmp_path / "home"), warm_dbt)
    lake.create_raw()
    return lake
