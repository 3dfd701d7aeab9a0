"""What the programs of all benchmarks share: options -> who takes part, limits, pages, words."""

from collections.abc import Sequence
from pathlib import Path

import psutil
import typer
from rich.console import Console

from benchmarks.contest import Contestant
from benchmarks.measure import Limits
from benchmarks.rounds import Run
from lake.errors import EnvironmentFault
from lake.settings import Settings

MEMORY_SHARE = 0.8
STANDARD_ROUNDS = 5
COMPILED_ONCE = {"PYTHONDONTWRITEBYTECODE": ""}  # else every start compiles all its modules anew


def chosen(contestants: Sequence[Contestant], names: Sequence[str]) -> list[Contestant]:
    """Return the contestants of these names, all for none. Raises BadParameter for others."""
    known = {contestant.name: contestant for contestant in contestants}
    if unknown := sorted(set(names) - set(known)):
        raise typer.BadParameter(f"--only {', '.join(unknown)}: allowed are {', '.join(known)}")
    return [contestant for name, contestant in known.items() if name in names or not names]


def limits_of(seconds: float) -> Limits:
    """Return what a run may use: so many seconds, and most of this machine's memory."""
    return Limits(seconds, int(psutil.virtual_memory().total * MEMORY_SHARE))


def work_folder(settings: Settings) -> Path:
    """Return where benchmarks keep their data and their trials."""
    return settings.home / "bench"


def page_of(settings: Settings, *, is_trial: bool) -> Path:
    """Return the page that results belong on."""
    folder = work_folder(settings) if is_trial else settings.project_dir / "docs"
    return folder / "benchmarks.md"


def peers_environment(settings: Settings, name: str, fix: str) -> Path:
    """Return the environment of peers in FIRN_HOME. Raises EnvironmentFault when it is missing."""
    folder = settings.home / name
    if not (folder / "bin" / "python").exists():
        raise EnvironmentFault(f"the peers' environment {folder} is missing", fix)
    return folder


def listed(versions: dict[str, str]) -> str:
    """Return versions in one line."""
    return ", ".join(f"{name} {version}" for name, version in versions.items())


def say(out: Console, run: Run) -> None:
    """Print what a run used, and whether its result is right."""
    used = run.measurement
    verdict = "agrees" if run.counts else f"{used.outcome}: {run.complaint}"
    out.print(
        f"round {run.turn + 1}  {run.stage:<17}  {run.contestant.title:<26}"
        f"  {used.wall_seconds:8.2f} s  CPU {used.cpu_seconds:8.2f} s"
        f"  {used.peak_bytes / 1e6:7,.0f} MB  {verdict}",
        markup=False,
    )
