"""Plain dbt projects, each in a lake of its own."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.integration.adapter.plain_project import PlainProject
from tests.warm_dbt import WarmDbt

MakeProject = Callable[[bool], PlainProject]


@pytest.fixture
def make_project(tmp_path: Path, warm_dbt: WarmDbt) -> MakeProject:
    """Return a function that makes a project, with the repairs or without."""

    def make(repaired: bool) -> PlainProject:
        return PlainProject(tmp_path / f"repaired_{repaired}".lower(), warm_dbt, repaired)

    return make
