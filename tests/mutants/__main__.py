"""`python -m tests.mutants [FOLDER|MODULE…] [--workers N]`: guards -> which no test notices.

Each guard is switched off in a copy of the project; the tests of its module run until one fails. A
guard whose tests all pass has survived. Ends with exit code 1 if one has.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue

from lake.settings import Settings
from tests.mutants.guards import Guard, guards_of
from tests.mutants.targets import modules

ROOT = Path(__file__).parents[2]
WITHOUT_SERVICES = "not (postgres or kafka or spark or s3 or airflow or browser)"
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
    """Copies of the project that are free to be changed, one for each worker."""

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

    def is_noticed(self, mutant: Mutant) -> bool:
        """Whether a test fails without the guard."""
        copy = self._free.get()
        module = copy / mutant.module.relative_to(ROOT)
        source = module.read_text(encoding="utf-8")
        try:
            module.write_text(mutant.guard.switched_off(source), encoding="utf-8")
            return not self.passes(copy, mutant.tests)
        finally:
            module.write_text(source, encoding="utf-8")
            self._free.put(copy)

    def require_green(self, tests: Sequence[str]) -> None:
        """Raise SystemExit where tests fail with all guards: then they say nothing."""
        copy = self._free.get()
        if not self.passes(copy, tests):
            raise SystemExit(f"with all guards, {' '.join(tests)} fail: make unit")
        self._free.put(copy)

    @staticmethod
    def passes(copy: Path, tests: Sequence[str]) -> bool:
        """Run tests in a copy until one fails; whether none did."""
        command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider",
                   "-m", WITHOUT_SERVICES, *tests]  # fmt: skip
        environment = Settings.load().environment() | {"FIRN_HOME": str(copy / ".firn")}
        try:
            done = subprocess.run(command, cwd=copy, env=environment, check=False,
                                  capture_output=True, timeout=LONGEST_SECONDS)  # fmt: skip
        except subprocess.TimeoutExpired:
            return False
        return done.returncode == 0


def main() -> None:
    """Switch guards off one after the other, and print those that survived and the score."""
    parser = argparse.ArgumentParser(prog="make mutants", description=__doc__)
    parser.add_argument("chosen", nargs="*", help="such as ingestion/raw_tables")
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    mutants = [
        Mutant(module, guard, tests)
        for module, tests in modules(ROOT, tuple(options.chosen))
        for guard in guards_of(module.read_text(encoding="utf-8"))
    ]
    folder = Settings.load().home / "mutants"
    copies = Copies(folder, options.workers)
    for tests in dict.fromkeys(mutant.tests for mutant in mutants):
        copies.require_green(tests)
    survivors = []
    with ThreadPoolExecutor(options.workers) as workers:
        for mutant, noticed in zip(mutants, workers.map(copies.is_noticed, mutants), strict=True):
            print("noticed " if noticed else "SURVIVED", mutant.name, flush=True)
            survivors += [] if noticed else [mutant.name]
    killed = len(mutants) - len(survivors)
    report = {"guards": len(mutants), "noticed": killed, "survived": survivors}
    (folder / "report.json").write_text(json.dumps(report, indent=2), encoding="utf-8")
    print(f"{killed} of {len(mutants)} guards are noticed by a test: {folder / 'report.json'}")
    sys.exit(bool(survivors))


if __name__ == "__main__":
    main()
