"""From a file's arrival to its row in gold, and where the time goes -> docs/benchmarks.md.

Run it with `make bench-watch`, or `python -m benchmarks.watch --help`.
"""

from __future__ import annotations

import shutil
import statistics
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.console import Console

from benchmarks.machine import describe_machine, load_per_core, own_versions
from benchmarks.program import listed, page_of, work_folder
from benchmarks.report import idleness, write_section
from ingestion.connectors.registry import connector_of
from ingestion.sources import load_sources
from lake.settings import Settings
from operations.cli.faults import named_faults
from operations.dbt.outcome import Outcome
from operations.dbt.resident import ResidentDbt
from operations.dbt.runner import Progress
from operations.refresh.view import View
from operations.refresh.watch import watcher_of
from operations.runtime.signals import Stop
from sandbox.control.telemetry import reports_folder, start_telemetry
from sandbox.demo.watch_latency import SOURCE, TABLES, Gold, drop, follow, hot_car

TITLE = "From a file's arrival to gold"
STANDARD_FILES = 50
AIM_SECONDS = 5.0
BOUND_SECONDS = 15.0
PATIENCE_SECONDS = 120.0
WARM_UP_FILES = 3
PACKAGES = ("dbt-core", "dbt-spark", "pyspark", "pyiceberg", "watchfiles")
ABOUT = """
`firn watch telemetry` runs, and has built a fleet of 12 cars and 14 days. One report after the
other is dropped, each when the watcher has finished with the one before. The clock stops when the
last of the three gold tables has the report's row, as another program reads it from the catalog.
Tests go on after that: they are in no figure here but the last.
"""


@dataclass(frozen=True)
class Phases:
    """Where the time of one file went, in seconds, in order."""

    stable: float
    land: float
    start: float
    parse: float
    preflight: float
    silver: float
    gold: float
    tests_after: float

    @classmethod
    def of(cls, dropped: float, landing: tuple[float, float], build: Outcome) -> Phases:
        """Tell the phases apart: drop, (start, end) of the landing, what dbt says of its nodes."""
        hooks = [node for node in build.nodes if node.kind == "operation" and node.started]
        nodes = [node for node in build.nodes if node.kind != "operation" and node.started]
        gold = [node for node in nodes if node.kind == "model" and node.name in TABLES]
        first = min(node.started for node in nodes)
        first_hook = min((node.started for node in hooks), default=first)
        first_gold = min(node.started for node in gold)
        last_gold = max(node.ended for node in gold)
        return cls(
            stable=landing[0] - dropped,
            land=landing[1] - landing[0],
            start=first_hook - build.started - build.parse_seconds,
            parse=build.parse_seconds,
            preflight=first - first_hook,
            silver=first_gold - first,
            gold=last_gold - first_gold,
            tests_after=build.ended - last_gold,
        )


LABELS = {
    "stable": "noticed, and stable for as long as the source declares",
    "land": "landed in raw",
    "start": "dbt begins: profile, plugins, selection, what is in the lake",
    "parse": "looking whether the project changed, and reading it if it did",
    "preflight": "before the first model: pre-flight and the other hooks",
    "silver": "silver and quarantine, and the tests that gold waits for",
    "gold": "the three gold models",
    "tests_after": "the tests after gold, not part of the time to gold",
}


class NotingDbt(ResidentDbt):
    """A resident dbt that keeps the outcome of its last build."""

    last: Outcome | None = None

    def run(
        self,
        arguments: Sequence[str],
        on_progress: Progress | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> Outcome:
        """Run a command and keep its outcome."""
        outcome = super().run(arguments, on_progress, environment)
        if arguments[0] == "build":
            self.last = outcome
        return outcome


class NotingView(View):
    """A view that keeps when the last load ran and how many builds there were."""

    landing = (0.0, 0.0)
    builds = 0

    def landed(self, rows: int, set_aside: int, seconds: float) -> None:
        """Note the time."""
        super().landed(rows, set_aside, seconds)
        self.landing = (time.time() - seconds, time.time())

    def built(self, models: int, tests: int, seconds: float, since: float | None) -> None:
        """Count the build."""
        super().built(models, tests, seconds, since)
        self.builds += 1


@dataclass(frozen=True)
class Bench:
    """A watcher at work in this process, and what it lets us see."""

    settings: Settings
    dbt: NotingDbt
    view: NotingView
    gold: Gold

    def measure(self, number: int) -> tuple[float, Phases]:
        """Drop one report; return the seconds until gold has it, and where they went."""
        builds = self.view.builds
        car, dropped = drop(reports_folder(self.settings), hot_car(number))
        [arrived] = follow(self.gold, [(car, dropped)], PATIENCE_SECONDS)
        _wait_until(lambda: self.view.builds > builds)
        if self.dbt.last is None:
            raise SystemExit("dbt built nothing: nothing was measured")
        return arrived.slowest, Phases.of(dropped, self.view.landing, self.dbt.last)


app = typer.Typer(pretty_exceptions_enable=False, add_completion=False)


@app.command()
@named_faults
def main(
    *,
    files: Annotated[int, typer.Option(help="Files to drop.", min=2)] = STANDARD_FILES,
    keep: Annotated[bool, typer.Option(help="Keep the lake.")] = False,
) -> None:
    """Measure, and write what came out to docs/benchmarks.md.

    A trial (fewer than 50 files) is written to FIRN_HOME/bench/benchmarks.md instead.
    """
    out = Console(highlight=False, soft_wrap=True)
    settings = Settings.load()
    load = load_per_core()
    home = work_folder(settings) / "watch"
    shutil.rmtree(home, ignore_errors=True)
    watched = Settings(project_dir=settings.project_dir, home=home)
    start_telemetry(watched)
    with _watching(watched, out) as bench:
        for number in range(WARM_UP_FILES):
            bench.measure(number)
        measured = []
        for number in range(files):
            measured.append(bench.measure(WARM_UP_FILES + number))
            out.print(f"file {number + 1}: {measured[-1][0]:.2f} s")
    text = _section(measured, idleness(load))
    page = page_of(settings, is_trial=files < STANDARD_FILES)
    write_section(page, TITLE, text)
    out.print(f"Written to {page}")
    if not keep:
        shutil.rmtree(home)


@contextmanager
def _watching(settings: Settings, out: Console) -> Iterator[Bench]:
    """Run a watcher in a thread until it has built what lies there; end it afterwards."""
    source = next(s for s in load_sources(settings.project_dir) if s.name == SOURCE)
    view, stop = NotingView(out), Stop()
    arrivals = connector_of(source).arrivals(source, settings)
    with arrivals.hints(), NotingDbt(settings, SOURCE) as dbt:
        watcher = watcher_of(settings, source, arrivals, dbt, view)
        thread = threading.Thread(target=watcher.run, args=(stop,), daemon=True)
        thread.start()
        _wait_until(lambda: view.builds > 0)
        try:
            yield Bench(settings, dbt, view, Gold(settings))
        finally:
            stop.is_asked = True
            thread.join()


def _wait_until(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not is_so():
        if time.monotonic() > deadline:
            raise SystemExit("the watcher did not build in time: nothing was measured")
        time.sleep(0.02)


def _section(measured: Sequence[tuple[float, Phases]], idle: str) -> str:
    seconds = sorted(total for total, _ in measured)
    median, late = (
        statistics.median(seconds),
        statistics.quantiles(seconds, n=20, method="inclusive")[-1],
    )
    conditions = {
        "date": datetime.now(UTC).date().isoformat(),
        "files": str(len(seconds)),
        "machine": describe_machine(),
        "the machine was": idle,
        "environment": listed(own_versions(PACKAGES)),
    }
    parts = [
        f"## {TITLE}",
        ABOUT.strip(),
        "\n".join(f"- {name}: {value}" for name, value in conditions.items()),
        "\n".join(
            [
                "| | seconds |",
                "|---|---:|",
                f"| median | {median:.2f} |",
                f"| 95th percentile | {late:.2f} |",
                f"| fastest | {seconds[0]:.2f} |",
                f"| slowest | {seconds[-1]:.2f} |",
            ]
        ),
        "### Where the time goes",
        _phases([phases for _, phases in measured]),
        "### Targets",
        "\n".join(
            [
                "| target | measured | |",
                "|---|---:|---|",
                _judged(f"median at most {AIM_SECONDS:g} s", median, AIM_SECONDS),
                _judged(f"every file within {BOUND_SECONDS:g} s", seconds[-1], BOUND_SECONDS),
            ]
        ),
    ]
    return "\n\n".join(parts) + "\n"


def _phases(all_phases: Sequence[Phases]) -> str:
    rows = ["| | median seconds |", "|---|---:|"]
    for name, label in LABELS.items():
        middle = statistics.median(getattr(phases, name) for phases in all_phases)
        rows.append(f"| {label} | {middle:.2f} |")
    return "\n".join(rows)


def _judged(target: str, seconds: float, bound: float) -> str:
    return f"| {target} | {seconds:.2f} s | {'reached' if seconds <= bound else '**missed**'} |"


if __name__ == "__main__":
    app()
