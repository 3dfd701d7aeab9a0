"""One lake with a few cars for all tests here, and a watcher that most of them share."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from lake.settings import Settings
from sandbox.control.telemetry import FOLDER, reports_folder, start_telemetry
from sandbox.demo.watch_latency import Gold, WatchProcess
from tests.integration.watch.checks import start_watcher

PROJECT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory, shared_classes: None) -> Iterator[Settings]:
    """Return an empty lake, and a folder in which reports lie already."""
    settings = Settings(project_dir=PROJECT, home=tmp_path_factory.mktemp("watched"))
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv(FOLDER, raising=False)
        start_telemetry(settings, cars=2, days=2)
        yield settings


@pytest.fixture(scope="module")
def folder(settings: Settings) -> Path:
    """Return the folder that reports are dropped in."""
    return reports_folder(settings)


@pytest.fixture(scope="module")
def gold(settings: Settings) -> Gold:
    """Return the lake's gold tables."""
    return Gold(settings)


@pytest.fixture(scope="module")
def watcher(settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[WatchProcess]:
    """Start a watcher that tests share, once it is first needed, and wait until it has built."""
    with start_watcher(settings, tmp_path_factory.mktemp("said") / "watch.log") as watcher:
        watcher.wait_for("built")
        yield watcher
