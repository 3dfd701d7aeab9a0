"""A refresher as a person starts it: killed, followed by another, without Spark or catalog."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import psutil
import pytest

from operations.dbt.resident import PROGRAM
from operations.runtime.environment import dbt_environment
from sandbox.demo.watch_latency import WatchProcess
from tests.integration.refresh.conftest import lay_out
from tests.integration.streams.till_lake import Sale, TillLake
from tests.warm_dbt import WarmDbt

pytestmark = pytest.mark.spark

PATIENCE_SECONDS = 120.0
POLL_SECONDS = 0.1
LOCKED_SECONDS = 2.0


class Refreshed:
    """A lake whose tasks other processes run, and what they must have made of it."""

    def __init__(self, folder: Path) -> None:
        self.settings = lay_out(folder)
        self.folder = folder
        self.lake = TillLake(self.settings, WarmDbt())
        self.lake.create_raw()
        self._sales: list[Sale] = []
        self.land(1, 10)

    def land(self, day: int, amount: int) -> None:
        """Land one sale."""
        self._sales.append(Sale(len(self._sales) + 1, day=day, amount=amount))
        self.lake.land(self._sales[-1])

    def start(self) -> WatchProcess:
        """Start a refresher."""
        with pytest.MonkeyPatch.context() as patch:
            patch.delenv("PYTEST_CURRENT_TEST", raising=False)
            return WatchProcess(self.settings, self.folder / "refresh.log", ("refresh",))

    @property
    def build_lock(self) -> Path:
        """The note of who builds: there as long as a build is under way."""
        return self.settings.home / "locks" / "build.json"

    @property
    def catalog(self) -> Path:
        """The catalog's file."""
        return self.settings.home / "lake" / "catalog.db"

    @property
    def expected(self) -> list[tuple[int, int, int]]:
        """What gold must hold: days, amounts, counts, from what was landed."""
        days = sorted({sale.day for sale in self._sales})
        of = {day: [s.amount for s in self._sales if s.day == day] for day in days}
        return [(day, sum(of[day]), len(of[day])) for day in days]

    def wait(self) -> None:
        """Wait until both tables hold all that was landed."""
        self.until(lambda: self.is_there("daily_sales") and self.lake.daily() == self.expected)
        total = sum(sale.amount for sale in self._sales)
        self.until(
            lambda: (
                [row["amount"] for row in self.lake.rows("gold.sales_total", "till_id")] == [total]
            )
        )

    def settle(self) -> None:
        """Wait until the refresher has recorded what it built since it filled the tables, too."""
        self.wait()
        tables = ("gold.daily_sales", "gold.sales_total")
        made = {str(self.lake.snapshots(table)[-1]) for table in tables}
        self.until(lambda: made <= self._recorded())

    def _recorded(self) -> set[str]:
        if not self.lake.catalog.table_exists(("ops", "lags")):
            return set()
        return {row["snapshot_id"] for row in self.lake.rows("ops.lags", "readable_at")}

    def is_there(self, name: str) -> bool:
        """Whether gold has a table."""
        return self.lake.catalog.table_exists(("gold", name))

    def until(self, condition: Callable[[], bool]) -> None:
        """Wait until it is so."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not condition():
            assert time.monotonic() < deadline, (self.folder / "refresh.log").read_text()
            time.sleep(POLL_SECONDS)

    def firn(self, *arguments: str) -> str:
        """Run a command of Firn and return what it prints."""
        done = subprocess.run(
            [str(Path(sys.executable).parent / "firn"), *arguments],
            cwd=self.settings.project_dir,
            env=dbt_environment(self.settings),
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


@pytest.fixture(scope="module")
def refreshed(tmp_path_factory: pytest.TempPathFactory, shared_classes: None) -> Refreshed:
    """Return the lake that all tests here share, with one sale."""
    return Refreshed(tmp_path_factory.mktemp("refreshed"))


@pytest.fixture(scope="module")
def refresher(refreshed: Refreshed) -> Iterator[WatchProcess]:
    """Start a refresher that tests share, and wait for its first round."""
    with refreshed.start() as refresher:
        refreshed.wait()
        yield refresher


def test_what_is_landed_is_readable_and_tasks_are_shown(
    refreshed: Refreshed, refresher: WatchProcess
) -> None:
    refreshed.land(2, 20)
    refreshed.settle()
    shown = json.loads(refreshed.firn("tasks", "--json"))["tasks"]
    assert {task["name"]: task["state"] for task in shown} == dict.fromkeys(
        ("daily_sales", "best_days", "sales_total"), "active"
    )
    [live] = [task for task in shown if task["name"] == "daily_sales"]
    assert live["target_lag_seconds"] == 4
    assert live["lag_seconds"] > 0


def test_a_run_by_hand_is_the_refreshers_while_there_is_one(
    refreshed: Refreshed, refresher: WatchProcess
) -> None:
    refreshed.firn("tasks", "suspend", "daily_sales")
    refreshed.land(3, 30)
    assert "daily_sales is refreshed" in refreshed.firn("tasks", "run", "daily_sales")
    refreshed.wait()
    refreshed.firn("tasks", "resume", "daily_sales")
    assert any("daily_sales" in line and "asked for" in line for line in refresher.lines)


def test_a_catalog_that_is_locked_is_waited_for(
    refreshed: Refreshed, refresher: WatchProcess
) -> None:
    """Fault catalog-locked: a build commits when it is free."""
    refreshed.land(4, 40)
    refreshed.settle()
    refreshed.land(4, 41)
    with closing(sqlite3.connect(refreshed.catalog, isolation_level=None)) as connection:
        connection.execute("begin immediate")
        refreshed.until(refreshed.build_lock.exists)
        time.sleep(LOCKED_SECONDS)
        connection.execute("rollback")
    refreshed.wait()


def test_a_spark_that_dies_is_replaced(refreshed: Refreshed, refresher: WatchProcess) -> None:
    """Fault refresher-spark-dies: the next round has another."""
    [dbt] = psutil.Process(refresher.pid).children()
    assert PROGRAM in dbt.cmdline()
    [java] = [child for child in dbt.children() if child.name() == "java"]
    java.kill()
    refreshed.land(5, 50)
    refreshed.wait()
    assert not dbt.is_running()


def test_a_second_refresher_waits_and_takes_over(
    refreshed: Refreshed, refresher: WatchProcess
) -> None:
    """Fault two-refreshers; it ends the one that the tests before it share, as asked."""
    with refreshed.start() as second:
        second.wait_for(f"run already by pid {refresher.pid}", PATIENCE_SECONDS)
        assert refresher.stop() == 0
        second.wait_for("refreshes")
        refreshed.land(6, 60)
        refreshed.wait()
        second.kill()


def test_a_kill_within_a_build_loses_and_doubles_nothing(refreshed: Refreshed) -> None:
    """Fault refresher-killed: within a build, and again between builds."""
    for day in (7, 8):
        with refreshed.start() as killed:
            killed.wait_for("refreshes")
            refreshed.land(day, day)
            if day == 7:
                refreshed.until(refreshed.build_lock.exists)
            else:
                refreshed.wait()
            os.kill(killed.pid, signal.SIGKILL)
            killed.kill()
    with refreshed.start():
        refreshed.wait()
