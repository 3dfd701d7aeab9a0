"""Copies of the project that are free to be changed: a mutant + tests -> whether one fails."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue

from lake.settings import Settings
from tests.mutants.guards import Guard

ROOT = Path(__file__).parents[2]
QUICK = "not (kafka or spark or airflow or browser)"  # PostgreSQL and S3 start within a second
LONGEST_SECONDS = 900  # a guard without which a test goes on for ever is noticed


@dataclass(frozen=True)
class Mutant:
    """A module without one of its guards, and the tests that should notice."""

    module: Path
    guard: Guard
    tests: Sequence[str]

    @property
    def name(self) -> str:
        """Where the guard is, and what it asks."""
        place = self.module.relative_to(ROOT).as_posix()
        return f"{place}:{self.guard.line}: if {self.guard.condition}"


class Copies:
    """Copies of the project, one for each worker."""

    def __init__(self, folder: Path, count: int) -> None:
        """Make them from what is committed or not yet; whatever was there goes."""
        shutil.rmtree(folder, ignore_errors=True)
        listed = subprocess.run(
            ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
            cwd=ROOT, check=True, capture_output=True, text=True,
        ).stdout.splitlines()  # fmt: skip
        self._free: SimpleQueue[Path] = SimpleQueue()
        for number in range(count):
            copy = folder / str(number)
            for name in listed:
                if (ROOT / name).is_file():
                    (copy / name).parent.mkdir(parents=True, exist_ok=True)
                    shutil.copy2(ROOT / name, copy / name)
            self._free.put(copy)

    @contextmanager
    def one(self) -> Iterator[Path]:
        """Yield a copy that nobody else has meanwhile."""
        copy = self._free.get()
        try:
            yield copy
        finally:
            self._free.put(copy)

    def is_noticed(self, mutant: Mutant) -> bool:
        """Whether one of the mutant's tests fails; there may be none."""
        if not mutant.tests:
            return False
        with self.one() as copy:
            module = copy / mutant.module.relative_to(ROOT)
            source = module.read_text(encoding="utf-8")
            chosen = copy / "chosen-tests"
            chosen.write_text("\n".join(mutant.tests), encoding="utf-8")
            try:
                module.write_text(mutant.guard.switched_off(source), encoding="utf-8")
                return not passes(copy, ["-x", f"@{chosen}"])
            finally:
                module.write_text(source, encoding="utf-8")


def passes(
    copy: Path,
    options: Sequence[str],
    variables: Mapping[str, str] | None = None,
    seconds: int = LONGEST_SECONDS,
) -> bool:
    """Run pytest in a copy; whether no test failed, in time."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider",
               "-m", QUICK, *options]  # fmt: skip
    own = {"FIRN_HOME": str(copy / ".firn"), **(variables or {})}
    environment = Settings.load().environment() | own
    try:
        done = subprocess.run(command, cwd=copy, env=environment, check=False,
                              capture_output=True, timeout=seconds)  # fmt: skip
    except subprocess.TimeoutExpired:
        return False
    return done.returncode == 0
