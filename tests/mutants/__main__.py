"""`python -m tests.mutants [FOLDER|MODULE…] [--workers N]`: guards -> which no test notices.

Each guard is switched off in a copy of the project, and the tests that run its line run until one
fails. A guard whose tests all pass has survived. Ends with exit code 1 if one has.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

from lake.settings import Settings
from tests.mutants.copies import ROOT, Copies, Mutant
from tests.mutants.covering import Covering
from tests.mutants.guards import guards_of
from tests.mutants.targets import modules


def mutants(copies: Copies, chosen: tuple[str, ...]) -> Iterator[Mutant]:
    """Yield a mutant for each guard below what was chosen (nothing: all)."""
    measured: dict[tuple[str, ...], Covering] = {}
    for module, tests in modules(ROOT, chosen):
        guards = list(guards_of(module.read_text(encoding="utf-8")))
        if guards and tests.own not in measured:
            measured[tests.own] = Covering.measured(copies, tests.own)
        for guard in guards:
            name = module.relative_to(ROOT).as_posix()
            found = measured[tests.own].tests_of(name, guard.line)
            # a line that no test runs itself may run in a process that a test starts
            yield Mutant(module, guard, found or tests.of_processes)


def main() -> None:
    """Switch guards off one after the other, and print those that survived and the score."""
    parser = argparse.ArgumentParser(prog="make mutants", description=__doc__)
    parser.add_argument("chosen", nargs="*", help="such as ingestion/raw_tables")
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    folder = Settings.load().home / "mutants"
    copies = Copies(folder, options.workers)
    found = list(mutants(copies, tuple(options.chosen)))
    survivors = []
    with ThreadPoolExecutor(options.workers) as workers:
        for mutant, noticed in zip(found, workers.map(copies.is_noticed, found), strict=True):
            print("noticed " if noticed else "SURVIVED", mutant.name, flush=True)
            survivors += [] if noticed else [mutant.name]
    killed = len(found) - len(survivors)
    report = {"guards": len(found), "noticed": killed, "survived": survivors}
    (folder / "report.json").write_text(json.dumps(report, indent=2), encoding="utf-8")
    print(f"{killed} of {len(found)} guards are noticed by a test: {folder / 'report.json'}")
    sys.exit(bool(survivors))


if __name__ == "__main__":
    main()
