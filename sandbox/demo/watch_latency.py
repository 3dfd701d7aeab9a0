"""Whether a report has reached gold: a watcher of its own, reports dropped -> seconds to gold.

What `make demo-telemetry`, `make bench-watch` and the tests have in common.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from lake.errors import LoadError
from lake.lake import Lake
from lake.settings import Settings
from operations.runtime.environment import dbt_environment
from sandbox.telemetry import CarReport, report

SOURCE = "telemetry"
TABLES = ("current_state", "fuel_efficiency", "performance_alerts")
POLL_SECONDS = 0.05
READY_SECONDS = 400
TOO_HOT = 121.5
Dropped = tuple[CarReport, float]  # a report, and when it was dropped


def hot_car(number: int, measured_at: datetime | None = None) -> CarReport:
    """Return a report that breaks a limit, so that all three gold tables must have it."""
    now = (measured_at or datetime.now(UTC)).replace(microsecond=0)
    return CarReport(
        car_chassis=f"FRN{now:%y%m%d%H%M%S}{number:02d}",
        manufacturer="Skoda",
        model="Octavia",
        year=2021,
        mileage_km=40_000.0 + number,
        fuel_liters=30.0,
        engine_celsius=TOO_HOT,
        oil_psi=44.0,
        measured_at=now,
        event_at=now,
    )


def driven_on(car: CarReport, km: float) -> CarReport:
    """Return the car's next report, a second later and so many kilometres on."""
    later = car.measured_at + timedelta(seconds=1)
    return replace(
        car,
        mileage_km=car.mileage_km + km,
        fuel_liters=round(car.fuel_liters - km / 20, 3),
        measured_at=later,
        event_at=later,
    )


@dataclass(frozen=True)
class InGold:
    """A report that all three gold tables have, and the seconds since it was dropped, per table."""

    car: CarReport
    seconds: dict[str, float]

    @property
    def slowest(self) -> float:
        """When the last of the three had it."""
        return max(self.seconds.values())


class Gold:
    """The gold tables of a lake, read past Spark, only when they have changed."""

    def __init__(self, settings: Settings) -> None:
        """Look at the lake of `settings`."""
        self._lake = Lake(settings)
        self._read: dict[str, tuple[str | None, list[dict[str, Any]]]] = {}
        self._reports: Counter[tuple[str, date]] = Counter()
        self._needed: dict[str, int] = {}

    def rows(self, name: str) -> list[dict[str, Any]]:
        """Return all rows of a gold table, none where it is not made yet."""
        pointer = self._lake.pointers().get(("gold", name))
        if pointer is None:
            return []
        known = self._read.get(name)
        if known is None or known[0] != pointer.metadata:
            table = self._lake.catalog.load_table(("gold", name))
            self._read[name] = (pointer.metadata, table.scan().to_arrow().to_pylist())
        return self._read[name][1]

    def expect(self, car: CarReport) -> None:
        """Count a report among those that its car's day must have."""
        self._reports[_day_of(car)] += 1
        self._needed[car.file_name] = self._reports[_day_of(car)]

    def has(self, name: str, car: CarReport) -> bool:
        """Return whether a table shows this very report; fuel_efficiency: counts it, too."""
        if name == "fuel_efficiency":
            return any(
                (row["car_chassis"], row["reported_date"]) == _day_of(car)
                and row["reports_count"] >= self._needed[car.file_name]
                for row in self.rows(name)
            )
        return any(
            row["car_chassis"] == car.car_chassis and row["telemetry_timestamp"] == car.measured_at
            for row in self.rows(name)
        )


def _day_of(car: CarReport) -> tuple[str, date]:
    return car.car_chassis, car.measured_at.astimezone(UTC).date()


def follow(
    gold: Gold, dropped: Sequence[Dropped], seconds: float, expected: int | None = None
) -> list[InGold]:
    """Wait until gold has all reports, each with the time (of the system's clock) it was dropped.

    `dropped` may grow meanwhile, to `expected` reports. Raises LoadError naming what is missing
    after so many seconds.
    """
    expected = len(dropped) if expected is None else expected
    wanted: dict[tuple[str, str], Dropped] = {}
    found: dict[tuple[str, str], float] = {}
    deadline = time.monotonic() + seconds
    while len(found) < expected * len(TABLES):
        for car, at in dropped[len(wanted) // len(TABLES) :]:
            gold.expect(car)
            wanted |= {(car.file_name, table): (car, at) for table in TABLES}
        for (file, table), (car, at) in wanted.items():
            if (file, table) not in found and gold.has(table, car):
                found[file, table] = time.time() - at
        if time.monotonic() > deadline:
            missing = sorted({table for key, table in wanted if (key, table) not in found})
            raise LoadError(
                f"after {seconds:.0f} s not all reports are in {', '.join(missing)}",
                "look at what the watcher says",
            )
        time.sleep(POLL_SECONDS)
    return [
        InGold(car, {table: found[car.file_name, table] for table in TABLES}) for car, _ in dropped
    ]


def drop(folder: Path, car: CarReport) -> Dropped:
    """Drop a report; return it with the time of the system's clock."""
    report(folder, car)
    return car, time.time()


def drop_in_turn(
    folder: Path,
    make: Callable[[], CarReport],
    count: int,
    pause: float,
) -> Sequence[Dropped]:
    """Drop so many reports in a thread, `pause` seconds apart.

    Returns the list that they are added to as they are dropped.
    """
    dropped: list[Dropped] = []

    def work() -> None:
        for number in range(count):
            time.sleep(pause if number else 0.0)
            dropped.append(drop(folder, make()))

    threading.Thread(target=work, daemon=True).start()
    return dropped


class WatchProcess:
    """A command in the foreground as a person would start it, its output in a file."""

    def __init__(
        self, settings: Settings, said: Path, arguments: Sequence[str] = ("watch", SOURCE)
    ) -> None:
        """Start `firn <arguments>`; what it says goes to the file `said`, after what is there."""
        self.said = said
        said.parent.mkdir(parents=True, exist_ok=True)
        self._start = said.stat().st_size if said.exists() else 0
        with said.open("ab") as out:
            self._process = subprocess.Popen(
                [str(Path(sys.executable).parent / "firn"), *arguments],
                cwd=settings.project_dir,
                env=dbt_environment(settings),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
            )

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End it."""
        if self._process.poll() is None:
            self.stop()

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    @property
    def lines(self) -> list[str]:
        """What this process has said so far."""
        with self.said.open("rb") as file:
            file.seek(self._start)
            return file.read().decode().splitlines()

    def wait_for(self, word: str, seconds: float = READY_SECONDS) -> str:
        """Return the first line that has the word. Raises LoadError when none comes in time."""
        deadline = time.monotonic() + seconds
        while True:
            for line in self.lines:
                if word in line:
                    return line
            if self._process.poll() is not None or time.monotonic() > deadline:
                said = "\n".join(self.lines[-20:])
                raise LoadError(f"the watcher never said {word!r}; it said:\n{said}")
            time.sleep(POLL_SECONDS)

    def stop(self) -> int:
        """Ask it to end (SIGTERM); return its exit code."""
        self._process.send_signal(signal.SIGTERM)
        return self._process.wait(READY_SECONDS)

    def kill(self) -> None:
        """Kill it: no time to clean up."""
        os.kill(self._process.pid, signal.SIGKILL)
        self._process.wait()
