"""Two runs of dbt's suite, as JUnit files -> docs/adapter-suite.md."""

import sys
from collections import Counter
from pathlib import Path
from xml.etree import ElementTree

PAGE = Path("docs/adapter-suite.md")
HEAD = """# dbt's own suite for adapters

dbt-tests-adapter on Spark and Iceberg, every base class as it is: dbt-spark alone (*stock*), and
with the [repairs](adapter-repairs.md) lifted in. `make adapter-suite` writes this page. Left out
are materialized views, Python models, functions and catalogs of other vendors. An *error* is a
failure of set-up or clean-up.

"""


def read(junit: Path) -> dict[tuple[str, str], str]:
    """Return the outcome (passed, failed, error, skipped) of each test by (area, test)."""
    outcomes: dict[tuple[str, str], str] = {}
    for case in ElementTree.parse(junit).getroot().iter("testcase"):  # noqa: S314 - our own file
        area, _, name = case.get("classname", "").rpartition(".")[2][5:].rpartition("_Base")
        test = f"{name}.{case.get('name')}"
        kinds = {child.tag for child in case}
        found = next((kind for kind in ("failure", "error", "skipped") if kind in kinds), "passed")
        outcome = "failed" if found == "failure" else found
        known = outcomes.get((area, test), "passed")
        outcomes[area, test] = outcome if known == "passed" else known
    return outcomes


def page(stock: dict[tuple[str, str], str], repaired: dict[tuple[str, str], str]) -> str:
    """Return the page: sums by area, then every test that does not pass in both."""
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
    PAGE.write_text(page(read(Path(sys.argv[1])), read(Path(sys.argv[2]))), encoding="utf-8")
