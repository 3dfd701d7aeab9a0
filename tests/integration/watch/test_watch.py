"""A watcher as a person starts it: files dropped -> gold, whatever happens meanwhile."""

import os
import signal
import time
from datetime import UTC, datetime
from pathlib import Path

import psutil
import pytest

from lake.lake import Lake
from lake.settings import Settings
from operations.dbt.resident import PROGRAM
from sandbox.demo.watch_latency import Gold, WatchProcess, driven_on, drop, follow, hot_car
from tests.integration.watch.checks import PATIENCE_SECONDS, assert_right, new_car, start_watcher

pytestmark = pytest.mark.spark

MOST_REPORTS = 15
PAUSE_SECONDS = 0.3
AT_ONCE_SECONDS = 10.0


def landings(settings: Settings) -> int:
    table = Lake(settings).catalog.load_table(("raw_telemetry", "events"))
    return len(table.history())


def builds(watcher: WatchProcess) -> int:
    return sum("built" in line for line in watcher.lines)


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


def test_a_spark_that_dies_is_replaced(
    settings: Settings, folder: Path, gold: Gold, watcher: WatchProcess
) -> None:
    [dbt] = psutil.Process(watcher.pid).children()
    assert PROGRAM in dbt.cmdline()
    [java] = [child for child in dbt.children() if child.name() == "java"]
    java.kill()
    follow(gold, [drop(folder, new_car())], PATIENCE_SECONDS)

    assert not dbt.is_running()
    assert_right(settings, folder)


def test_a_second_watcher_says_who_holds_the_lock_and_takes_over(
    settings: Settings, folder: Path, gold: Gold, watcher: WatchProcess, tmp_path: Path
) -> None:
    """It ends the watcher that the tests before it share."""
    with WatchProcess(settings, tmp_path / "second.log") as second:
        said = second.wait_for("watched already")
        assert f"pid {watcher.pid} since {datetime.now(UTC):%Y-}" in said
        assert watcher.stop() == 0
        second.wait_for("watching")
        follow(gold, [drop(folder, new_car())], PATIENCE_SECONDS)
    assert "ended" in watcher.lines[-1]


def test_a_second_signal_ends_it_at_once(settings: Settings, tmp_path: Path) -> None:
    with start_watcher(settings, tmp_path / "signalled.log") as watcher:
        watcher.wait_for("watching")
        children: list[psutil.Process] = []
        while not children:  # dbt is starting
            children = psutil.Process(watcher.pid).children()
        for _ in range(2):
            os.kill(watcher.pid, signal.SIGTERM)
            time.sleep(PAUSE_SECONDS)
        _, alive = psutil.wait_procs([psutil.Process(watcher.pid), *children], AT_ONCE_SECONDS)

    assert alive == []
