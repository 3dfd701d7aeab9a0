"""A drop folder of its own for each test."""

from pathlib import Path

import pytest

from tests.integration.files.drop import Drop


@pytest.fixture
def drop(tmp_path: Path) -> Drop:
    """Return an empty drop folder with its lake; nothing is declared yet."""
    made = Drop(tmp_path)
    made.set_up()
    return made
