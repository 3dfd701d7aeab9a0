"""A watcher as a person starts it: files dropped -> gold, whatever happens meanwhile."""

import time
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

import pytest

from ingestion.lake import Lake
from ingestion.settings import Settings
from operations.watching.proof import (
    TABLES,
    Gold,
    WatchProcess,
    driven_on,
    drop,
    drop_in_turn,
    follow,
    hot_car,
)
from sandbox.telemetry import CarReport
from tests.recomputation.compare import assert_same_rows
from tests.recomputation.readers import read_table
from tests.recomputation.telemetry.from_files import KEYS, by_first_name, recompute

pytestmark = pytest.mark.spark

PAUSE_SECONDS = 5.0
PATIENCE_SECONDS = 300.0
MOST_REPORTS = 15
NUMBERS = count(1)


def new_car() -> CarReport:
    return hot_car(next(NUMBERS))


def landings(settings: Settings) -> int:
    table = Lake(settings).catalog.load_table(("raw_telemetry", "events"))
    return len(table.history())


def builds(watcher: WatchProcess) -> int:
    return sum("built" in line for line in watcher.lines)


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


def test_a_kill_after_the_second_of_five_files_loses_and_doubles_nothing(
    settings: Settings, folder: Path, gold: Gold, tmp_path: Path
) -> None:
    dropped = []
    with WatchProcess(settings, tmp_path / "killed.log") as watcher:
        watcher.wait_for("built")
        assert_right(settings, folder)  # what lay there before the start
        for _ in range(2):
            dropped.append(drop(folder, new_car()))
            time.sleep(PAUSE_SECONDS)
        watcher.kill()
    with WatchProcess(settings, tmp_path / "restarted.log"):
        for _ in range(3):
            dropped.append(drop(folder, new_car()))
            time.sleep(PAUSE_SECONDS)
        follow(gold, dropped, PATIENCE_SECONDS)

    assert_once(gold, [car for car, _ in dropped])
    assert_right(settings, folder)


def test_five_files_five_seconds_apart_are_each_in_gold_within_15_seconds(
    settings: Settings, folder: Path, gold: Gold, watcher: WatchProcess, limit_seconds: float
) -> None:
    dropped = drop_in_turn(folder, new_car, 5, PAUSE_SECONDS)
    arrived = follow(gold, dropped, PATIENCE_SECONDS, 5)

    assert [one.slowest for one in arrived if one.slowest > limit_seconds] == []
    assert_once(gold, [car for car, _ in dropped])
    assert_right(settings, folder)


def test_a_car_that_reports_again_is_updated_and_a_new_one_added(
    settings: Settings, folder: Path, gold: Gold, watcher: WatchProcess
) -> None:
    car = new_car()
    follow(gold, [drop(folder, car)], PATIENCE_SECONDS)
    before = len(gold.rows("current_state"))
    again, new = driven_on(car, km=60), new_car()
    follow(gold, [drop(folder, again), drop(folder, new)], PATIENCE_SECONDS)

    assert len(gold.rows("current_state")) == before + 1
    assert [
        row["current_mileage_km"]
        for row in gold.rows("current_state")
        if row["car_chassis"] == car.car_chassis
    ] == [again.mileage_km]
    assert_right(settings, folder)


def test_200_files_at_once_become_few_commits(
    settings: Settings, folder: Path, gold: Gold, watcher: WatchProcess
) -> None:
    before, built = landings(settings), builds(watcher)
    dropped = [
        drop(folder, hot_car(number, datetime(2025, 7, 1, tzinfo=UTC))) for number in range(200)
    ]
    follow(gold, dropped, PATIENCE_SECONDS)

    assert 1 <= landings(settings) - before <= 3
    assert builds(watcher) - built <= 3
    assert_right(settings, folder)


def test_a_broken_file_costs_that_file_alone(
    settings: Settings, folder: Path, gold: Gold, watcher: WatchProcess
) -> None:
    broken = folder / "broken.json"
    (folder / ".broken.json").write_text('{"carChassis": ', encoding="utf-8")
    (folder / ".broken.json").replace(broken)
    watcher.wait_for("set aside")
    follow(gold, [drop(folder, new_car())], PATIENCE_SECONDS)
    broken.unlink()

    assert_right(settings, folder)


def test_many_small_files_are_compacted_between_builds(
    settings: Settings, folder: Path, gold: Gold, watcher: WatchProcess
) -> None:
    for _ in range(MOST_REPORTS):
        if any(" into 1, " in line for line in watcher.lines):
            break
        follow(gold, [drop(folder, new_car())], PATIENCE_SECONDS)
    assert "compacted" in watcher.wait_for(" into 1, ", PATIENCE_SECONDS)
    assert_right(settings, folder)


def test_a_second_watcher_says_who_holds_the_lock_and_takes_over(
    settings: Settings, folder: Path, gold: Gold, watcher: WatchProcess, tmp_path: Path
) -> None:
    """The last test: it ends the watcher that the others share."""
    with WatchProcess(settings, tmp_path / "second.log") as second:
        said = second.wait_for("watched already")
        assert f"pid {watcher.pid} since {datetime.now(UTC):%Y-}" in said
        assert watcher.stop() == 0
        second.wait_for("watching")
        follow(gold, [drop(folder, new_car())], PATIENCE_SECONDS)
    assert "ended" in watcher.lines[-1]
