"""Which tests run a line: tests -> one measured run -> the tests of each line, narrowest first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from coverage import CoverageData

from tests.mutants.copies import QUICK, Copies, passes

MEASURED = ("ingestion", "lake", "operations")
LONGEST_SECONDS = 3600


class Covering:
    """What one run of some tests says; what runs in processes of its own is not seen."""

    def __init__(self, copy: Path, data: CoverageData) -> None:
        """Read what was measured in a copy of the project."""
        self._copy = copy
        self._data = data
        self._lines_of: Counter[str] = Counter()  # how much a test runs
        for file in data.measured_files():
            for contexts in data.contexts_by_lineno(file).values():
                self._lines_of.update(_tests(contexts))

    @classmethod
    def measured(cls, copies: Copies, tests: Sequence[str]) -> Covering:
        """Run tests, with all guards. Raises SystemExit where they fail: then they say nothing."""
        with copies.one() as copy:
            file = copy / "measured"
            options = ["-n", "2", "--cov-context=test", "--cov-report="]
            options += [f"--cov={package}" for package in MEASURED]
            variables = {"COVERAGE_FILE": str(file)}
            if not passes(copy, [*options, *tests], variables, LONGEST_SECONDS):
                again = f"pytest -m '{QUICK}' {' '.join(tests)}"
                raise SystemExit(f"with all guards, tests fail: {again}")
            data = CoverageData(str(file))
            data.read()
            return cls(copy, data)

    def tests_of(self, module: str, line: int) -> list[str]:
        """Return the tests that run a line of a module; those that run little else come first."""
        found = self._data.contexts_by_lineno(str(self._copy / module)).get(line, [])
        return sorted(_tests(found), key=lambda test: (self._lines_of[test], test))


def _tests(contexts: Sequence[str]) -> set[str]:
    """Return the tests whose setup, run or teardown a line was part of; imports are none."""
    return {context.rpartition("|")[0] for context in contexts if "|" in context}
