"""The latency check of watching: a watcher, reports dropped -> seconds until all of gold has each.

    python -m sandbox.demo.telemetry      (or: make demo-telemetry)

Five reports five seconds apart; the same with a kill -9 after the second and a restart; a car that
reports again, and a new one. Every report breaks a limit, so that all three gold tables show it.
"""

import time
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path

import typer
from rich.console import Console
from rich.table import Table as Grid

from lake.errors import LoadError
from lake.settings import Settings
from operations.cli.faults import named_faults
from operations.terminal import Terminal, styled
from sandbox.control.telemetry import reports_folder, start_telemetry
from sandbox.demo.watch_latency import (
    TABLES,
    Gold,
    InGold,
    WatchProcess,
    driven_on,
    drop,
    drop_in_turn,
    follow,
    hot_car,
)
from sandbox.telemetry import CarReport

REPORTS = 5
PAUSE_SECONDS = 5.0
KILL_AFTER_SECONDS = 7.0  # while the second report is being built
LIMIT_SECONDS = 15.0
PATIENCE_SECONDS = 180.0


app = typer.Typer(pretty_exceptions_enable=False, add_completion=False)


@app.command()
@named_faults
def main() -> None:
    """Run the check in the lake of FIRN_HOME. Ends with exit code 1 when a report took too long."""
    settings = Settings.load()
    out = Terminal(soft_wrap=True)
    start_telemetry(settings)
    folder, said = reports_folder(settings), settings.home / "logs" / "demo-watch.log"
    check = LatencyCheck(settings, folder, said, out)
    with WatchProcess(settings, said) as watcher:
        check.say("Start the watcher")
        watcher.wait_for("built")
        check.five()
        check.again_and_new()
        check.five_with_a_kill(watcher)
    out.print(f"\nWhat the watcher said: {said}")
    if check.late:
        raise LoadError(f"{check.late} reports took longer than {LIMIT_SECONDS:.0f} s")


class LatencyCheck:
    """The steps of the check, and how many reports were late."""

    def __init__(self, settings: Settings, folder: Path, said: Path, out: Console) -> None:
        """Drop reports in `folder`, print on `out`."""
        self._settings = settings
        self._folder = folder
        self._said = said
        self._out = out
        self._gold = Gold(settings)
        self._numbers = count(1)
        self.late = 0

    def say(self, title: str) -> None:
        """Announce a step."""
        self._out.rule(styled("[bold]{}", title), align="left", style="dim")

    def five(self) -> None:
        """Drop five reports, five seconds apart, and time each."""
        self.say("Five reports, five seconds apart")
        dropped = drop_in_turn(self._folder, self._next_car, REPORTS, PAUSE_SECONDS)
        self._show(follow(self._gold, dropped, PATIENCE_SECONDS, REPORTS))

    def _next_car(self) -> CarReport:
        return hot_car(next(self._numbers))

    def again_and_new(self) -> None:
        """Let one car report twice, and a new one once: updated, not doubled."""
        self.say("One car twice, and a new one")
        first = self._next_car()
        self._show(follow(self._gold, [drop(self._folder, first)], PATIENCE_SECONDS))
        before = len(self._gold.rows("current_state"))
        dropped = [
            drop(self._folder, driven_on(first, 60)),
            drop(self._folder, self._next_car()),
        ]
        self._show(follow(self._gold, dropped, PATIENCE_SECONDS))
        added = len(self._gold.rows("current_state")) - before
        self._out.print(f"current_state has {added} more row: the new car; the other was updated.")
        if added != 1:
            raise LoadError(f"current_state grew by {added} rows, by 1 expected")

    def five_with_a_kill(self, watcher: WatchProcess) -> None:
        """Drop five reports; the watcher is killed after the second and started again."""
        self.say("Again, with kill -9 after the second report")
        dropped = drop_in_turn(self._folder, self._next_car, REPORTS, PAUSE_SECONDS)
        with ThreadPoolExecutor(1) as pool:
            following = pool.submit(follow, self._gold, dropped, PATIENCE_SECONDS, REPORTS)
            time.sleep(KILL_AFTER_SECONDS)
            watcher.kill()
            killed = time.time()
            with WatchProcess(self._settings, self._said):
                arrived = following.result()
        self._show(arrived)
        self._require_once([one.car.car_chassis for one in arrived])
        last = max(at + one.slowest for (_, at), one in zip(dropped, arrived, strict=True))
        self._out.print(f"All five are in gold {last - killed:.1f} s after the kill, none twice.")

    def _require_once(self, cars: list[str]) -> None:
        for table in TABLES:
            found = [row["car_chassis"] for row in self._gold.rows(table)]
            if doubled := [car for car in cars if found.count(car) != 1]:
                raise LoadError(f"not once in gold.{table}: {', '.join(doubled)}")

    def _show(self, arrived: list[InGold]) -> None:
        grid = Grid(box=None, header_style="bold", pad_edge=False)
        grid.add_column("car")
        for table in TABLES:
            grid.add_column(table, justify="right")
        for one in arrived:
            is_late = one.slowest > LIMIT_SECONDS
            self.late += is_late
            seconds = (f"{one.seconds[table]:.1f} s" for table in TABLES)
            grid.add_row(one.car.car_chassis, *seconds, style="bold red" if is_late else None)
        self._out.print(grid)


if __name__ == "__main__":
    app()
