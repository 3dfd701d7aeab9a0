"""A watcher as a person starts it: files dropped -> gold, whatever happens meanwhile."""

import json
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
from operations.refresh.history import Trigger, last_refreshes
from operations.refresh.tasks.overview import task_statuses
from operations.refresh.tasks.project import read_all_tasks
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


def test_its_task_is_shown_and_its_refreshes_are_kept(
    settings: Settings, folder: Path, gold: Gold, watcher: WatchProcess
) -> None:
    follow(gold, [drop(folder, new_car())], PATIENCE_SECONDS)
    found = {s.name: s for s in task_statuses(settings, read_all_tasks(settings))}
    task = found["source:telemetry"]
    assert (task.schedule, task.state) == ("on arrival", "active")
    last = last_refreshes(Lake(settings), "gold.current_state", 1)[0]
    assert (last.task_name, last.trigger) == (task.name, Trigger.ARRIVAL)


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


BROKEN = {
    "cut-off": b'{"carChassis": ',
    "nested": b'{"carChassis": ' + b"[" * 100_000,
    "zip": b"PK\x03\x04" + bytes(60),
    "image": b"\x89PNG\r\n\x1a\n\x00\x00",
    "noise": bytes(range(256)) * 8,
    "gzip": b"\x1f\x8b\x08\x00 cut off",
    "utf-16": '{"carChassis": "x"}'.encode("utf-16"),
}


def test_a_broken_file_costs_that_file_alone(
    settings: Settings, folder: Path, gold: Gold, watcher: WatchProcess
) -> None:
    for name, content in BROKEN.items():
        hidden = folder / f".{name}.json"
        hidden.write_bytes(content)
        hidden.replace(folder / f"{name}.json")
    watcher.wait_for("set aside")
    follow(gold, [drop(folder, new_car())], PATIENCE_SECONDS)
    catalog = Lake(settings).catalog
    for name in BROKEN:
        (folder / f"{name}.json").unlink()

    kept = catalog.load_table(("quarantine", "telemetry")).scan(selected_fields=("place",))
    places = [json.loads(place)["file"] for place in kept.to_arrow()["place"].to_pylist()]
    assert {f"{name}.json": places.count(f"{name}.json") for name in BROKEN} == {
        f"{name}.json": 1 for name in BROKEN
    }
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
