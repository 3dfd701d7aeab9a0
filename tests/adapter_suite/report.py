"""Two runs of dbt's suite, as JUnit files -> docs/adapter-suite.md."""

import sys
from collections import Counter
from pathlib import Path
from xml.etree import ElementTree

PAGE = Path("docs/adapter-suite.md")
HEAD = """# dbt's own suite for adapters

dbt-tests-adapter on Spark and Iceberg, every base class as it is: dbt-spark alone (*stock*), and
with the [repairs](adapter-repairs.md) lifted in. `make adapter-suite` writes this page. Left out
are materialized views, Python models, functions and catalogs of other vendors. Many classes expect
what PostgreSQL says or does: several statements in one call, grants, casts by `::`, serial columns,
names of types and owners, its messages. Adapters override those, dbt-spark in its own repository
too. An *error* is a failure of set-up.

"""


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


def page(runs: tuple[tuple[Outcomes, int], tuple[Outcomes, int]]) -> str:
    """Return the page: sums by area, then every test that does not pass in both."""
    (stock, stock_left), (repaired, repaired_left) = runs
    lines = ["| area | tests | stock passes | repaired passes |", "|---|---:|---:|---:|"]
    areas = sorted({area for area, _ in stock})
    for area in areas:
        before, after = (
            Counter(outcome for (where, _), outcome in run.items() if where == area)
            for run in (stock, repaired)
        )
        lines.append(f"| {area} | {before.total()} | {before['passed']} | {after['passed']} |")
    sums = [sum(outcome == "passed" for outcome in run.values()) for run in (stock, repaired)]
    lines.append(f"| all | {len(stock)} | {sums[0]} | {sums[1]} |")
    lines += [
        "",
        f"Classes whose schema could not be dropped at their end: {stock_left} stock,"
        f" {repaired_left} repaired.",
        "",
        "## What does not pass",
        "",
        "| area | test | stock | repaired |",
        "|---|---|---|---|",
    ]
    for (area, test), outcome in sorted(stock.items()):
        after_repair = repaired.get((area, test), "not run")
        if (outcome, after_repair) != ("passed", "passed"):
            lines.append(f"| {area} | `{test}` | {outcome} | {after_repair} |")
    return HEAD + "\n".join(lines) + "\n"


if __name__ == "__main__":
    runs = (read(Path(sys.argv[1])), read(Path(sys.argv[2])))
    PAGE.write_text(page(runs), encoding="utf-8")
