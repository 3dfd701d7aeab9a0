"""A lake with an empty gold namespace for each test of exports."""

from pathlib import Path

import pytest

from tests.integration.ingestion.home import LakeHome
from tests.unit.operations.exports.sales import make_home


@pytest.fixture
def home(tmp_path: Path) -> LakeHome:
    """Return a lake with an empty gold namespace, and a manifest of the model `sales`."""
    return make_home(tmp_path / "project")
