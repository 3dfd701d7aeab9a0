"""Runs of dbt's suite, as JUnit files -> docs/adapter-suite.md.

python -m tests.adapter_suite.report BASE_STOCK BASE_REPAIRED NEUTRAL_STOCK NEUTRAL_REPAIRED
"""

import sys
from pathlib import Path
from xml.etree import ElementTree

PAGE = Path("docs/adapter-suite.md")
HEAD = """# dbt's own suite for adapters

dbt-tests-adapter on Spark and Iceberg, dbt-spark alone (*stock*) and with the
[repairs](adapter-repairs.md) lifted in. `make adapter-suite` writes this page. Left out are
materialized views, Python models, functions and catalogs of other vendors.

*Base* are the suite's classes as they are. Many of them expect what PostgreSQL says or does:
several statements in one call, names of types, its messages. *Neutral* are the same classes with
these words translated (`tests/adapter_suite/words.py`) and thin subclasses where a test's own
fixtures say them (`neutral/`), which give a reason each; what a test asks is not changed.
Of two classes that exclude one another, and of abstract ones, neutral skips one: 11 tests. An
*error* is a failure of set-up. With the repairs eight tests fail: five of grants, which Spark
without a server of rights does not have, and three of seeds with `--empty`, which dbt-core 1.11
does not know.

"""


RUNS = ("base, stock", "base, repaired", "neutral, stock", "neutral, repaired")
TEARDOWN = "failed on teardown"
Outcomes = dict[tuple[str, str], str]


def read(junit: Path) -> tuple[Outcomes, int]:
    """Return the outcome (passed, failed, error, skipped) of each test by (area, test).

    Beside them how many classes could not remove their schema.
    """
    outcomes: Outcomes = {}
    left_behind = 0
    for case in ElementTree.parse(junit).getroot().iter("testcase"):  # noqa: S314 - our own file
        area, _, name = case.get("classname", "").rpartition(".")[2][5:].rpartition("_Base")
        found = "passed"
        for child in case:
            if child.get("message", "").startswith(TEARDOWN):
                left_behind += 1
            elif child.tag in ("failure", "error", "skipped"):
                found = "failed" if child.tag == "failure" else child.tag
        test = (area, f"{name}.{case.get('name')}")
        if outcomes.get(test, "passed") == "passed":
            outcomes[test] = found
    return outcomes, left_behind


def page(runs: dict[str, tuple[Outcomes, int]]) -> str:
    """Return the page: sums by area, then every test that some run did not pass."""
    names = list(runs)
    tests = sorted({test for outcomes, _ in runs.values() for test in outcomes})
    lines = [f"| area | tests | {' | '.join(names)} |", f"|---|---:|{'---:|' * len(runs)}"]
    for area in sorted({area for area, _ in tests}):
        passed = [_passed(outcomes, area) for outcomes, _ in runs.values()]
        count = sum(where == area for where, _ in tests)
        lines.append(f"| {area} | {count} | {' | '.join(map(str, passed))} |")
    sums = [_passed(outcomes) for outcomes, _ in runs.values()]
    lines.append(f"| all | {len(tests)} | {' | '.join(map(str, sums))} |")
    left = ", ".join(f"{count} {name}" for name, (_, count) in runs.items())
    lines += ["", f"Classes whose schema could not be dropped at their end: {left}."]
    lines += ["", "## What does not pass", ""]
    lines += [f"| area | test | {' | '.join(names)} |", f"|---|---|{'---|' * len(runs)}"]
    for area, test in tests:
        found = [outcomes.get((area, test), "not run") for outcomes, _ in runs.values()]
        if set(found) != {"passed"}:
            lines.append(f"| {area} | `{test}` | {' | '.join(found)} |")
    return HEAD + "\n".join(lines) + "\n"


def _passed(outcomes: Outcomes, area: str | None = None) -> int:
    """Return how many tests passed, of an area or of all."""
    return sum(
        outcome == "passed" and area in {None, where} for (where, _), outcome in outcomes.items()
    )


if __name__ == "__main__":
    runs = {name: read(Path(file)) for name, file in zip(RUNS, sys.argv[1:], strict=True)}
    PAGE.write_text(page(runs), encoding="utf-8")
