"""Pre-flight's message: differences and verdicts -> one table with aligned columns, in words."""

from __future__ import annotations

from collections.abc import Sequence

from operations.preflight.policy import Verdict
from operations.preflight.rules import Difference, Kind

Judged = Sequence[tuple[Difference, Verdict]]
HEADINGS = ("table", "column", "declared", "found", "class", "verdict", "fix")
WORST_FIRST = tuple(reversed(Kind))
STATEMENTS = ("alter ", "drop ")
RUN_A_STATEMENT = """dbt run-operation run_query --args '{sql: "<statement>"}'"""


def message(judged: Judged) -> str:
    """Return the whole text: what is decided, the table, what needs a sentence, what to type."""
    differences = [difference for difference, _ in judged]
    parts = [_headline(judged), table(judged), *(d.explanation for d in differences)]
    if any(difference.fix.startswith(STATEMENTS) for difference in differences):
        parts.append(f"A fix that begins with alter or drop is a statement: {RUN_A_STATEMENT}")
    return "\n\n".join(part for part in parts if part)


def table(judged: Judged) -> str:
    """Return the differences as lines of aligned cells under their headings, the worst first."""
    lines = [
        HEADINGS,
        *(
            (d.table, d.part, d.declared, d.found, str(d.kind), str(verdict), d.fix)
            for d, verdict in sorted(judged, key=_weight)
        ),
    ]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )


def _weight(judged: tuple[Difference, Verdict]) -> tuple[int, str]:
    difference, _ = judged
    return WORST_FIRST.index(difference.kind), difference.table


def _headline(judged: Judged) -> str:
    count = len(judged)
    tables = len({difference.table for difference, _ in judged})
    said = (
        f"{count} difference{'s' if count > 1 else ''} between declaration and lake in"
        f" {tables} table{'s' if tables > 1 else ''}"
    )
    kinds = [difference.kind for difference, _ in judged]
    counted = ", ".join(f"{kinds.count(kind)} {kind}" for kind in WORST_FIRST if kind in kinds)
    if any(verdict is Verdict.STOPS for _, verdict in judged):
        return f"Nothing was built: {said} ({counted})."
    return f"Pre-flight: {said} ({counted})."
