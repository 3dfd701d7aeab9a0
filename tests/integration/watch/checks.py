"""What must be so whatever a watcher went through."""

from itertools import count
from pathlib import Path

import pytest

from lake.lake import Lake
from lake.settings import Settings
from sandbox.demo.watch_latency import TABLES, Gold, WatchProcess, hot_car
from sandbox.telemetry import CarReport
from tests.recomputation.compare import assert_same_rows
from tests.recomputation.readers import read_table
from tests.recomputation.telemetry.from_files import KEYS, by_first_name, recompute

PATIENCE_SECONDS = 300.0
NUMBERS = count(1)


def start_watcher(settings: Settings, said: Path) -> WatchProcess:
    """Start a watcher whose environment is the same in every test."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("PYTEST_CURRENT_TEST")
        return WatchProcess(settings, said)


def new_car() -> CarReport:
    """Return the report of a car that no test has had."""
    return hot_car(next(NUMBERS))


def assert_once(gold: Gold, cars: list[CarReport]) -> None:
    """Check that each car stands once in each gold table."""
    for table in TABLES:
        found = [row["car_chassis"] for row in gold.rows(table)]
        assert {car.car_chassis: found.count(car.car_chassis) for car in cars} == {
            car.car_chassis: 1 for car in cars
        }, table


def assert_right(settings: Settings, folder: Path) -> None:
    """Check every table against the files that lie in the folder."""
    catalog = Lake(settings).catalog
    for name, expected in recompute(folder.glob("*.json")).items():
        actual = by_first_name(read_table(catalog, name), folder.glob("*.json"))
        assert_same_rows(expected, actual.in_order(expected.columns), KEYS[name], name)
