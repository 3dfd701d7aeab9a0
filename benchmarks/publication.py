"""dbt build of all gold, published in one transaction and not -> docs/benchmarks.md.

Run it with `make bench-publication` on the lake of a demo. It leaves the lake as it is, but for
commits: what is not published goes to `main` of gold at once, as dbt does it.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Annotated

import typer
from rich.console import Console

from benchmarks.machine import describe_machine, load_per_core, own_versions
from benchmarks.program import listed, page_of, work_folder
from benchmarks.report import idleness, write_section
from lake.errors import ConfigurationError, LoadError
from lake.lake import Lake
from lake.settings import Settings
from operations.cli.faults import named_faults
from operations.dbt.resident import ResidentDbt

TITLE = "Publishing gold"
STANDARD_ROUNDS = 8
AIM = 0.05
HOOKS = ("begin_publication()", "publish(results)")
PACKAGES = ("dbt-core", "dbt-spark", "pyspark", "pyiceberg")
BUILDS = {
    "all rows anew": ("--full-refresh",),
    "nothing new": (),
}
ABOUT = """
`dbt build` of all gold models of the demo's lake with their tests, in processes that stay:
*published* as Firn does it (a branch for each table, one transaction at the end,
`ops.publications`), and *plain*, by the same project without these two hooks, so that each table is
replaced as soon as its model ends. Both ways take turns. Seconds are the whole command's, without
reading the project.
"""

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@dataclass(frozen=True)
class Row:
    """What one kind of build took in each way, in seconds by round."""

    build: str
    published: Sequence[float]
    plain: Sequence[float]

    @property
    def cost(self) -> float:
        """The share that publishing adds, by the medians."""
        return median(self.published) / median(self.plain) - 1


@app.command()
@named_faults
def main(
    rounds: Annotated[int, typer.Option(help="Builds in each way.", min=1)] = STANDARD_ROUNDS,
) -> None:
    """Measure both ways in turns, print each build, write the page."""
    out, settings = Console(), Settings.load()
    if ("gold", "sales_daily") not in Lake(settings).pointers():
        raise ConfigurationError("the lake has no gold", "make demo, then this again")
    load = load_per_core()
    plain = settings.model_copy(update={"project_dir": _without_hooks(settings)})
    with ResidentDbt(settings, "published") as published, ResidentDbt(plain, "plain") as other:
        rows = [
            _measured(out, build, options, (published, other), rounds)
            for build, options in BUILDS.items()
        ]
    conditions = {
        "machine": describe_machine(),
        "versions": listed(own_versions(PACKAGES)),
        "load before": idleness(load),
        "rounds": str(rounds),
    }
    page = page_of(settings, is_trial=rounds != STANDARD_ROUNDS)
    write_section(page, TITLE, section(rows, conditions))
    out.print(f"written to {page}")


def _without_hooks(settings: Settings) -> Path:
    """Return a copy of the project that publishes nothing."""
    folder = work_folder(settings) / "plain_project"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    text = (settings.project_dir / "dbt_project.yml").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if not any(hook in line for hook in HOOKS)]
    if len(lines) != len(text.splitlines()) - len(HOOKS):
        raise ConfigurationError("dbt_project.yml has other hooks than this measures", str(HOOKS))
    (folder / "dbt_project.yml").write_text("\n".join(lines) + "\n", encoding="utf-8")
    for name in ("models", "macros", "seeds", "tests", "profiles"):
        (folder / name).symlink_to(settings.project_dir / name)
    return folder


def _measured(
    out: Console,
    build: str,
    options: Sequence[str],
    ways: tuple[ResidentDbt, ResidentDbt],
    rounds: int,
) -> Row:
    seconds: tuple[list[float], list[float]] = ([], [])
    pairs = list(zip(seconds, ways, strict=True))
    for number in range(rounds + 1):  # the first warms both up
        for taken, dbt in pairs if number % 2 else reversed(pairs):  # neither is always the first
            found = _build(dbt, options)
            if number:
                taken.append(found)
                out.print(f"{build}, {'plain' if dbt is ways[1] else 'published'}: {found:.2f} s")
    return Row(build, *seconds)


def _build(dbt: ResidentDbt, options: Sequence[str]) -> float:
    arguments = ["build", "--select", "path:models/gold", "--exclude-resource-type", "unit_test"]
    outcome = dbt.run([*arguments, *options])
    if not outcome.success:
        raise LoadError("dbt build failed:\n" + "\n".join(outcome.complaints), f"read {dbt.log}")
    return outcome.ended - outcome.started - outcome.parse_seconds


def section(rows: Sequence[Row], conditions: Mapping[str, str]) -> str:
    """Return the benchmark's part of the page."""
    today = datetime.now(UTC).date().isoformat()
    said = [f"- {name}: {value}" for name, value in ({"date": today} | dict(conditions)).items()]
    head = "| build | published s | plain s | cost |\n|---|---:|---:|---:|"
    lines = [
        f"| {row.build} | {_range(row.published)} | {_range(row.plain)} | {row.cost:+.1%} |"
        for row in rows
    ]
    worst = max(row.cost for row in rows)
    verdict = "reached" if worst <= AIM else "**missed**"
    target = (
        "| target | measured | |\n|---|---:|---|\n"
        f"| publishing adds at most {AIM:.0%} to a build | {worst:+.1%} | {verdict} |"
    )
    parts = [f"## {TITLE}", ABOUT.strip(), "\n".join(said), "\n".join([head, *lines]), target]
    return "\n\n".join(parts) + "\n"


def _range(seconds: Sequence[float]) -> str:
    return f"{median(seconds):.2f} ({min(seconds):.2f} to {max(seconds):.2f})"


if __name__ == "__main__":
    app()
