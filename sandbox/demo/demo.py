"""The sandbox, whole: doctor -> source systems -> ingestion -> dbt build -> a summary to read.

While the systems start and are landed, dbt reads the project and Spark starts, in a process of
their own: the build finds both ready.
"""

import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed, wait
from contextlib import contextmanager

from rich.console import Console
from rich.table import Table as Grid

from ingestion.quarantine.store import COLUMNS, quarantine_of
from ingestion.raw_tables.schema import RawShape, ensure_raw_table
from ingestion.results import IngestOptions, LoadResult
from ingestion.sources import load_sources
from lake.errors import EnvironmentFault, LoadError
from lake.lake import Lake
from lake.settings import Settings
from lake.system_tables import ensure_system_table
from operations.cli.console import print_findings, progress_bar
from operations.cli.loading import land
from operations.dbt.outcome import Outcome
from operations.dbt.resident import ResidentDbt
from operations.monitoring.doctor import examine
from operations.monitoring.tables import table_states
from operations.terminal import styled
from sandbox.control.systems import CONTROLS
from sandbox.demo.summary import print_marts, print_publication, print_tables, print_tests
from sandbox.systems import System

# Unit tests look at made-up rows, not at the lake: they belong to `make test`.
WITHOUT_UNIT_TESTS = ("--exclude-resource-type", "unit_test")
NEXT = (
    ("firn sandbox advance shop --days 7", "let a week pass: new, changed and deleted rows"),
    ("make demo", "land and build only what is new"),
    ("firn watch telemetry", "land and build reports of cars as they arrive"),
    ("firn sandbox produce clickstream --rate 100", "visitors of right now, until Ctrl-C"),
    ("firn sandbox produce checkout --rate 20", "orders of right now, until Ctrl-C"),
    ("firn ingest checkout --follow --every 2", "land them as they arrive"),
    ("firn status", "how fresh sources, raw tables and gold are"),
    ("firn show gold.sales_daily", "look into a table"),
    ("firn publications", "what readers of gold see, and saw before"),
    ("dbt docs generate && dbt docs serve", "read the documentation, follow the lineage"),
    ("firn sandbox stop", "stop PostgreSQL and Kafka (make clean removes everything)"),
)


class Steps:
    """The steps of a run, each announced when it starts and timed when it ends."""

    def __init__(self, out: Console) -> None:
        """Start with no steps, announcing on `out`."""
        self._out = out
        self._seconds: dict[str, float] = {}

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Time what happens inside under `name`."""
        self._out.rule(styled("[bold]{}", name), align="left", style="dim")
        start = time.monotonic()
        yield
        self._seconds[name] = time.monotonic() - start

    def print(self) -> None:
        """Print the seconds of every step and their sum."""
        grid = Grid(box=None, show_header=False, pad_edge=False)
        for name, seconds in self._seconds.items():
            grid.add_row(name, f"{seconds:6.1f} s")
        grid.add_row(
            styled("[bold]all"), styled("[bold]{} s", f"{sum(self._seconds.values()):6.1f}")
        )
        self._out.print(grid)


def run_demo(settings: Settings, out: Console, systems: Sequence[System]) -> None:
    """Run every step from the machine's check to the summary, for these systems.

    Raises FirnError as the steps do; what was landed and built before stays.
    """
    steps = Steps(out)
    with steps.step("Check the machine"):
        _examine(settings, out)
    with ResidentDbt(settings, "demo") as dbt, ThreadPoolExecutor(1) as beside:
        reading = beside.submit(dbt.run, ["parse"])
        with steps.step("Start the sandbox"):
            _start(settings, out, systems)
        with steps.step("Land what is new"):
            loads = land(settings, systems, IngestOptions(deletes=True), out)
            out.print(_landed(loads))
            _make_room_for_others(settings)
        with steps.step("Build and test"):
            wait([reading])  # what is wrong with the project, the build says too
            outcome = _build(dbt, out, systems)
    out.rule(styled("[bold]The lake now"), align="left", style="dim")
    print_tables(table_states(settings), out)
    out.print()
    print_marts(settings, out)
    out.print()
    print_tests(out, outcome)
    print_publication(settings, out)
    out.print()
    steps.print()
    _print_next(settings, out)


def _examine(settings: Settings, out: Console) -> None:
    findings = examine(settings, connections=False)
    print_findings(out, findings)
    if not all(finding.is_good for finding in findings):
        raise EnvironmentFault("the machine is not ready", "fix what is marked FAIL above")


def _start(settings: Settings, out: Console, systems: Sequence[System]) -> None:
    """Start the systems side by side: they wait for servers most of the time."""
    with ThreadPoolExecutor(len(systems)) as pool:
        starting = [pool.submit(CONTROLS[system].start, settings) for system in systems]
        for started in as_completed(starting):
            out.print(started.result(), soft_wrap=True)


def _make_room_for_others(settings: Settings) -> None:
    """Make the raw tables of every declared source, so that plain `dbt build` finds them all."""
    lake = Lake(settings)
    for source in load_sources(settings.project_dir):
        for table in source.tables:
            ensure_raw_table(lake.catalog, RawShape.of(table))
        ensure_system_table(lake, quarantine_of(source.name), COLUMNS)


def _landed(loads: list[LoadResult]) -> str:
    landed = sum(load.rows_landed + load.rows_deleted for load in loads)
    return f"{landed:,} new rows landed." if landed else "Nothing new."


def _build(dbt: ResidentDbt, out: Console, systems: Sequence[System]) -> Outcome:
    selection = [f"@source:{system}" for system in systems]  # and the seeds that it takes
    with progress_bar(out) as bar:
        task = bar.add_task("reading the project", total=None)

        def show(name: str, done: int, total: int) -> None:
            bar.update(task, description=f"built {name[:60]}", completed=done, total=total)

        outcome = dbt.run(["build", "--select", *selection, *WITHOUT_UNIT_TESTS], show)
    if not outcome.success:
        raise LoadError(
            "dbt build failed:\n" + "\n".join(outcome.complaints),
            f"read {dbt.log}, correct it, and run the same command again",
        )
    return outcome


def _print_next(settings: Settings, out: Console) -> None:
    out.rule(styled("[bold]What to type next"), align="left", style="dim")
    activate = settings.home / "venv" / "bin" / "activate"
    if activate.is_relative_to(settings.project_dir):
        activate = activate.relative_to(settings.project_dir)
    grid = Grid(box=None, show_header=False, pad_edge=False)
    grid.add_row(f"source {activate}", "once in each terminal", style="cyan")
    grid.add_row("export DBT_PROFILES_DIR=profiles", "for plain dbt", style="cyan")
    for command, meaning in NEXT:
        grid.add_row(styled("[cyan]{}[/]", command), meaning)
    out.print(grid)
