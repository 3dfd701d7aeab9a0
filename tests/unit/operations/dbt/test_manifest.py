"""The manifest is read whole or not at all, whatever dbt is doing to it."""

import threading
from pathlib import Path

import pytest

from lake.errors import ConfigurationError
from lake.settings import Settings
from operations.dbt import manifest
from operations.dbt.manifest import read_manifest
from operations.dbt.runner import MANIFEST

HALF, WHOLE = '{"nodes": {"model', '{"nodes": {}}'


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Return a home that dbt is writing its manifest in."""
    settings = Settings(project_dir=tmp_path, home=tmp_path)
    (tmp_path / MANIFEST).parent.mkdir(parents=True)
    (tmp_path / MANIFEST).write_text(HALF)
    return settings


def test_before_dbt_has_read_the_project_there_is_none(tmp_path: Path) -> None:
    assert read_manifest(Settings(project_dir=tmp_path, home=tmp_path)) is None


def test_one_that_is_being_written_is_waited_for(settings: Settings) -> None:
    file = settings.home / MANIFEST
    ends = threading.Timer(0.3, file.write_text, [WHOLE])
    ends.start()
    assert read_manifest(settings) == {"nodes": {}}
    ends.join()


def test_one_that_stays_damaged_is_named(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(manifest, "WRITTEN_WITHIN_SECONDS", 0.2)
    with pytest.raises(ConfigurationError, match="cannot be read") as caught:
        read_manifest(settings)
    assert str(settings.home / MANIFEST) in str(caught.value)
    assert caught.value.fix == "dbt parse"
