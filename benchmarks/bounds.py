"""What rows that do not fit cost, and many small files -> docs/benchmarks.md.

Run it with `make bench-bounds`, or `python -m benchmarks.bounds --help`.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import statistics
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
import yaml
from rich.console import Console

from benchmarks.contest import Command
from benchmarks.machine import describe_machine, load_per_core, own_versions
from benchmarks.measure import Measurement, Outcome, measure
from benchmarks.program import COMPILED_ONCE, limits_of, listed, page_of, work_folder
from benchmarks.report import idleness, verdict, write_section
from lake.errors import LoadError
from lake.lake import Lake
from lake.settings import Settings
from operations.cli.faults import named_faults

TITLE = "Rows that do not fit, and many small files"
FORMATS = ("csv", "json_lines")
SHARES = (0.0, 0.01, 0.1, 0.19)  # a file of which a fifth is bad is set aside as a whole
STANDARD_ROWS, STANDARD_FILES, STANDARD_ROUNDS = 300_000, 40_000, 3
FEW_ROWS = 20  # of a file that costs nothing but the start
ROWS_OF_SMALL_FILE = 5
MODIFIED_AT = 1_700_000_000
AIM_TIMES, AIM_SECONDS, AIM_BYTES = 10, 60, 600_000_000
PACKAGES = ("pyiceberg", "pyarrow", "duckdb")
COLUMNS = {
    "id": "bigint",
    "at": "timestamp",
    "amount": "decimal(18,2)",
    "name": "string",
    "size": "int",
    "ratio": "double",
    "note": "string",
    "day": "date",
    "is_new": "boolean",
}
SMALL = {"id": "bigint", "at": "timestamp", "name": "string"}
ABOUT = """
`firn ingest` of one file of nine typed columns, of which a share of the rows has a value in some
column that is none of its type: those rows go to quarantine, the others land. And of many files of
five rows, 240 to 390 bytes each. *A bad row* is what the CPU seconds beyond those of the clean file
come to for each row set aside, *further* what they come to beyond those of the share before, both
as a multiple of a good row of the clean file (start-up left out). A block of 8 MB with a bad row in
it is looked at by columns as a whole, so that the first bad rows cost more than those after them.
"""


@dataclass(frozen=True)
class Case:
    """Files of one format: how many, of how many rows each, and the share of rows that is bad."""

    form: str
    files: int
    rows: int
    share: float = 0.0

    @property
    def columns(self) -> dict[str, str]:
        """The declared columns."""
        return SMALL if self.files > 1 else COLUMNS


@dataclass(frozen=True)
class Result:
    """The medians of a case's runs, and how many rows were set aside."""

    seconds: float
    cpu_seconds: float
    peak_bytes: int
    set_aside: int


app = typer.Typer(pretty_exceptions_enable=False, add_completion=False)


@app.command()
@named_faults
def main(
    *,
    rows: Annotated[int, typer.Option(help="Rows of a file.", min=1_000)] = STANDARD_ROWS,
    files: Annotated[int, typer.Option(help="Small files.", min=2)] = STANDARD_FILES,
    rounds: Annotated[int, typer.Option(help="Runs of each; medians count.", min=1)] = (
        STANDARD_ROUNDS
    ),
) -> None:
    """Measure, and write what came out to docs/benchmarks.md.

    A trial (fewer rows, files or rounds) is written to FIRN_HOME/bench/benchmarks.md.
    """
    out = Console(highlight=False, soft_wrap=True)
    settings = Settings.load()
    conditions = {"machine": describe_machine(), "the machine was": idleness(load_per_core())}
    folder = work_folder(settings) / "bounds"
    results: dict[Case, Result] = {}
    for case in cases(rows, files):
        results[case] = _measured(settings, folder, case, rounds)
        out.print(f"{case}: {results[case]}", markup=False)
    shutil.rmtree(folder)
    conditions["rounds"] = str(rounds)
    conditions["environment"] = listed(own_versions(PACKAGES))
    standard = (STANDARD_ROWS, STANDARD_FILES, STANDARD_ROUNDS)
    is_trial = any(
        given < usual for given, usual in zip((rows, files, rounds), standard, strict=True)
    )
    page = page_of(settings, is_trial=is_trial)
    write_section(page, TITLE, section(results, conditions))
    out.print(f"Written to {page}")


def cases(rows: int, files: int) -> Iterator[Case]:
    """Yield what is measured."""
    for form in FORMATS:
        yield Case(form, 1, FEW_ROWS)
        yield from (Case(form, 1, rows, share) for share in SHARES)
    yield from (Case(form, files, ROWS_OF_SMALL_FILE) for form in FORMATS)


def _measured(settings: Settings, folder: Path, case: Case, rounds: int) -> Result:
    shutil.rmtree(folder, ignore_errors=True)
    drop = folder / "drop"
    _write_files(drop, case)
    runs: list[Measurement] = []
    for number in range(rounds):
        home = folder / f"home-{number}"
        _make_project(settings.project_dir, folder / "project", home, drop, case)
        firn = str(Path(sys.executable).parent / "firn")
        own = {"FIRN_PROJECT_DIR": str(folder / "project"), "FIRN_HOME": str(home)}
        command = Command([firn, "ingest", "drop"], own)
        environment = settings.environment() | COMPILED_ONCE
        run = measure(command, environment, folder / "log", limits_of(600))
        if run.outcome is not Outcome.DONE:
            raise LoadError(f"{case}: {run.outcome}", f"read {folder / 'log'}")
        runs.append(run)
        set_aside = _set_aside(Settings(project_dir=folder / "project", home=home), case)
        if number < rounds - 1:
            shutil.rmtree(home)
    return Result(
        statistics.median(run.wall_seconds for run in runs),
        statistics.median(run.cpu_seconds for run in runs),
        round(statistics.median(run.peak_bytes for run in runs)),
        set_aside,
    )


def _set_aside(settings: Settings, case: Case) -> int:
    """Return how many rows are in quarantine. Raises LoadError unless all others have landed."""
    catalog = Lake(settings).catalog
    landed = catalog.load_table(("raw_drop", "items")).scan().count()
    quarantine = ("quarantine", "drop")
    aside = catalog.load_table(quarantine).scan().count() if case.share else 0
    if landed + aside != case.files * case.rows:
        raise LoadError(f"{case}: {landed:,} rows landed, {aside:,} set aside", "see the log")
    return int(aside)


def _make_project(original: Path, project: Path, home: Path, drop: Path, case: Case) -> None:
    """Make a project that declares the files, once, and a home of its own."""
    declared = project / "models" / "raw" / "drop.yml"
    if not project.exists():
        declared.parent.mkdir(parents=True)
        for name in ("dbt_project.yml", "profiles"):
            (project / name).symlink_to(original / name)
    table = {
        "name": "items",
        "config": {"meta": {"ingestion": {"files": "*", "format": case.form, "key": ["id"]}}},
        "columns": [{"name": name, "data_type": kind} for name, kind in case.columns.items()],
    }
    ingestion = {"connector": "files", "connection": "DROPPED_FILES"}
    source = {"name": "drop", "schema": "raw_drop", "config": {"meta": {"ingestion": ingestion}}}
    declared.write_text(yaml.safe_dump({"sources": [{**source, "tables": [table]}]}))
    home.mkdir()
    (home / "firn.env").touch(mode=0o600)
    (home / "firn.env").write_text(f"DROPPED_FILES={drop}\n")


def _write_files(folder: Path, case: Case) -> None:
    folder.mkdir(parents=True)
    chance = random.Random(1)  # noqa: S311 - the same rows each time
    head = [",".join(case.columns)] if case.form == "csv" else []
    for number in range(case.files):
        first = number * case.rows
        lines = [_line(case, row, chance) for row in range(first, first + case.rows)]
        file = folder / f"{number:06}"
        file.write_text("\n".join([*head, *lines]) + "\n", encoding="utf-8")
        os.utime(file, (MODIFIED_AT, MODIFIED_AT))


def _line(case: Case, row: int, chance: random.Random) -> str:
    """Return a row, perhaps with a value that does not fit."""
    values: dict[str, object] = {
        "id": row,
        "at": f"2026-01-02T03:04:{row % 60:02}Z",
        "amount": f"{row}.25",
        "name": "a text of some length",
        "size": row % 1000,
        "ratio": row / 7,
        "note": "another text",
        "day": f"2026-01-{row % 28 + 1:02}",
        "is_new": row % 2 == 0,
    }
    values = {name: values[name] for name in case.columns}
    if chance.random() < case.share:
        typed = [name for name, kind in case.columns.items() if kind != "string"]
        values[chance.choice(typed)] = f"bad {row}"
    if case.form == "csv":
        return ",".join(str(v).lower() if isinstance(v, bool) else str(v) for v in values.values())
    return json.dumps(values)


def section(results: dict[Case, Result], conditions: dict[str, str]) -> str:
    """Return the benchmark's part of the page."""
    lines = {"date": datetime.now(UTC).date().isoformat()} | conditions
    head = (
        "| | bad rows | seconds | CPU seconds | peak memory | a bad row, times a good one"
        " | further |\n|---|---:|---:|---:|---:|---:|---:|"
    )
    rows, worst, worst_further = [head], 0.0, 0.0
    for form in FORMATS:
        found = [(case, result) for case, result in results.items() if case.form == form]
        start = next(result for case, result in found if case.rows == FEW_ROWS)
        whole = [(c, r) for c, r in found if c.files == 1 and c.rows > FEW_ROWS]
        (clean_case, clean), *bad = whole
        good = (clean.cpu_seconds - start.cpu_seconds) / clean_case.rows
        rows.append(_row(f"{form}, {clean_case.rows:,} rows", clean, "·", "·"))
        before = clean
        for case, result in bad:
            times = _per_row(result, clean) / good
            further = _per_row(result, before) / good
            name = f"{form}, {case.share:.0%} bad"
            rows.append(_row(name, result, f"{times:.1f}", f"{further:.1f}"))
            if before is not clean:
                worst_further = max(worst_further, further)
            before, worst = result, max(worst, times)
    small = {case: result for case, result in results.items() if case.files > 1}
    rows += [_row(f"{c.form}, {c.files:,} files", result, "·", "·") for c, result in small.items()]
    slowest = max(result.seconds for result in small.values())
    largest = max(result.peak_bytes for result in small.values())
    targets = (
        ("a bad row costs at most ten good ones", f"{worst:.1f}", worst <= AIM_TIMES),
        ("a further bad row too", f"{worst_further:.1f}", worst_further <= AIM_TIMES),
        (f"small files: at most {AIM_SECONDS} s", f"{slowest:.1f} s", slowest <= AIM_SECONDS),
        ("small files: at most 600 MB", f"{largest / 1e6:,.0f} MB", largest <= AIM_BYTES),
    )
    parts = [
        f"## {TITLE}",
        ABOUT.strip(),
        "\n".join(f"- {name}: {value}" for name, value in lines.items()),
        "\n".join(rows),
        "### Targets",
        "\n".join(
            [
                "| target | measured | |",
                "|---|---:|---|",
                *(
                    f"| {text} | {measured} | {verdict(is_met)} |"
                    for text, measured, is_met in targets
                ),
            ]
        ),
    ]
    return "\n\n".join(parts) + "\n"


def _per_row(result: Result, other: Result) -> float:
    """Return the CPU seconds that each row set aside beyond those of another result came to."""
    more = result.set_aside - other.set_aside
    return (result.cpu_seconds - other.cpu_seconds) / more if more else 0.0


def _row(name: str, result: Result, times: str, further: str) -> str:
    return (
        f"| {name} | {result.set_aside:,} | {result.seconds:.2f} | {result.cpu_seconds:.2f}"
        f" | {result.peak_bytes / 1e6:,.0f} MB | {times} | {further} |"
    )


if __name__ == "__main__":
    app()
