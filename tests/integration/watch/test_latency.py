"""Reports five seconds apart, and when gold has each: a watcher with both cores to itself."""

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from lake.settings import Settings
from sandbox.demo.watch_latency import Gold, InGold, WatchProcess, drop, drop_in_turn, follow
from tests.integration.watch.checks import (
    PATIENCE_SECONDS,
    assert_once,
    assert_right,
    new_car,
    start_watcher,
)

pytestmark = [pytest.mark.spark, pytest.mark.timed]

PAUSE_SECONDS = 5.0
KILL_AFTER_SECONDS = 7.0  # while the second report is being built
LIMIT_SECONDS = 15.0
# A report waits for the build that is under way, then for its own: two builds and a bit, of which
# a report that comes alone takes one. On a machine so slow that thrice that is more than the limit,
# it is the limit; what one takes alone is measured again only where the limit is passed.
MOST_TIMES_ALONE = 3.0


def seconds_alone(folder: Path, gold: Gold) -> float:
    """Return the seconds to gold of a report that comes when nothing else is to be done."""
    [alone] = follow(gold, [drop(folder, new_car())], PATIENCE_SECONDS)
    return alone.slowest


def assert_in_time(arrived: list[InGold], folder: Path, gold: Gold, before: float) -> None:
    """Check the seconds each took, where one alone took `before`; the watcher must still run."""
    late = [one.slowest for one in arrived if one.slowest > LIMIT_SECONDS]
    if late:
        most = MOST_TIMES_ALONE * max(before, seconds_alone(folder, gold))
        assert [seconds for seconds in late if seconds > most] == []


def test_five_files_five_seconds_apart_are_each_in_gold_within_15_seconds(
    settings: Settings, folder: Path, gold: Gold, watcher: WatchProcess
) -> None:
    before = seconds_alone(folder, gold)
    dropped = drop_in_turn(folder, new_car, 5, PAUSE_SECONDS)
    arrived = follow(gold, dropped, PATIENCE_SECONDS, 5)

    assert_in_time(arrived, folder, gold, before)
    assert_once(gold, [car for car, _ in dropped])
    assert_right(settings, folder)


def test_a_kill_after_the_second_of_five_files_loses_and_doubles_nothing(
    settings: Settings, folder: Path, gold: Gold, watcher: WatchProcess, tmp_path: Path
) -> None:
    """The last test: it kills the watcher that both share."""
    before = seconds_alone(folder, gold)
    dropped = drop_in_turn(folder, new_car, 5, PAUSE_SECONDS)
    with ThreadPoolExecutor(1) as pool:
        following = pool.submit(follow, gold, dropped, PATIENCE_SECONDS, 5)
        time.sleep(KILL_AFTER_SECONDS)
        watcher.kill()
        with start_watcher(settings, tmp_path / "restarted.log") as restarted:
            arrived = following.result()
            assert_in_time(arrived, folder, gold, before)
            restarted.wait_for("goes on")

    assert_once(gold, [car for car, _ in dropped])
    assert_right(settings, folder)
