"""Two plain dbt projects, each in a lake of its own: one without the repairs, one with them."""

from collections.abc import Iterator

import pytest

from tests.integration.adapter.plain_project import PlainProject
from tests.warm_dbt import WarmDbt

STOCK = pytest.param(False, id="stock", marks=pytest.mark.upstream)


@pytest.fixture(scope="session", params=[STOCK, pytest.param(True, id="repaired")])
def shared_project(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, warm_dbt: WarmDbt
) -> PlainProject:
    """Return the project whose lake all tests share; every test has models of its own names."""
    return PlainProject(tmp_path_factory.mktemp("plain") / "project", warm_dbt, request.param)


@pytest.fixture
def project(shared_project: PlainProject) -> Iterator[PlainProject]:
    """Return the shared project; what a test writes into it, the next one does not see."""
    yield shared_project
    shared_project.clear()
