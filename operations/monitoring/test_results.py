"""How tests ended in runs -> ops.test_results, rows that failed -> quarantine.test_failures.

Of a test that fails or warns, the first rows that it found are kept as JSON. They are rows of
silver and gold, where personal data stands as tokens.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from itertools import islice

from lake.lake import Lake
from lake.retry import retry_on_conflict
from lake.snapshots import ancestors
from lake.system_tables import append_rows

RESULTS = ("ops", "test_results")
FAILURES = ("quarantine", "test_failures")
RESULT_COLUMNS = {
    "invocation_id": "string",
    "unique_id": "string",
    "test_name": "string",
    "model_name": "string",
    "status": "string",
    "severity": "string",
    "failures_count": "bigint",
    "seconds": "double",
    "executed_at": "timestamp",
    "message": "string",
}
FAILURE_COLUMNS = {
    "invocation_id": "string",
    "test_name": "string",
    "model_name": "string",
    "failing_row": "string",
    "executed_at": "timestamp",
}
MAXIMUM_MESSAGE_LENGTH = 2_000
LAST_RUN = "firn.tests"  # in a commit's summary, for who reads no data
NAMED_FAILURES = 20
UNREMARKABLE = ("pass", "success", "skipped")


@dataclass(frozen=True)
class TestResult:
    """How one test ended: `status` and `severity` are dbt's words.

    `model_name` is the table that the test is declared at, such as gold.fct_orders; None for one
    that is declared at none. `failures_count` is what the test counted, None where it did not end.
    """

    __test__ = False

    invocation_id: str
    unique_id: str
    test_name: str
    status: str
    executed_at: datetime
    model_name: str | None = None
    severity: str = ""
    failures_count: int | None = None
    seconds: float = 0.0
    message: str | None = None


def record_test_results(
    lake: Lake, results: Sequence[TestResult], failing: Mapping[str, Sequence[str]]
) -> None:
    """Add the results of a run, and by unique id the failing rows of its tests.

    Raises EnvironmentFault without a catalog.
    """
    if results:
        documents = [asdict(result) for result in results]
        summary = {LAST_RUN: json.dumps(_last_run(results))}
        retry_on_conflict(lambda: append_rows(lake, RESULTS, RESULT_COLUMNS, documents, summary))
    rows = [
        {
            "invocation_id": result.invocation_id,
            "test_name": result.test_name,
            "model_name": result.model_name,
            "failing_row": row,
            "executed_at": result.executed_at,
        }
        for result in results
        for row in failing.get(result.unique_id, ())
    ]
    if rows:
        retry_on_conflict(lambda: append_rows(lake, FAILURES, FAILURE_COLUMNS, rows))


@dataclass(frozen=True)
class LastTests:
    """How the tests of the last run that had some ended: counts by dbt's status.

    `failed` names some of those that neither passed nor were skipped, with their status.
    """

    at: datetime
    counts: Mapping[str, int]
    failed: Mapping[str, str]


def last_tests(lake: Lake) -> LastTests | None:
    """Return how the last tests ended, by the table's metadata alone; None before the first.

    Raises EnvironmentFault when the lake cannot be read.
    """
    for snapshot in ancestors(lake, RESULTS):
        if said := snapshot["summary"].get(LAST_RUN):
            at = datetime.fromtimestamp(snapshot["timestamp-ms"] / 1000, UTC)
            return LastTests(at, **json.loads(said))
    return None


def _last_run(results: Sequence[TestResult]) -> dict[str, object]:
    failed = {r.test_name: r.status for r in results if r.status not in UNREMARKABLE}
    return {
        "counts": dict(Counter(result.status for result in results)),
        "failed": dict(islice(failed.items(), NAMED_FAILURES)),
    }
