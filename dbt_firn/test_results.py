"""Lets macros record what checks found -> `adapter.firn_record_test_results` and its like.

The macros `test`, `record_test_results` and `record_freshness` use it.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from dbt.adapters.spark.impl import SparkAdapter
from dbt.plugins.manager import dbtPlugin
from dbt_common.exceptions import DbtRuntimeError

from dbt_firn.adapter_methods import add_methods, published_lake_of

if TYPE_CHECKING:
    from operations.monitoring.source_freshness import SourceFreshness
    from operations.monitoring.test_results import TestResult


FAILING = ("fail", "warn")
KEPT_ROWS = 50


class TestResults(dbtPlugin):
    """Gives dbt-spark's adapter the methods that run tests again and record what checks found."""

    __test__ = False

    def initialize(self) -> None:
        """Add the methods, once for all adapters."""
        add_methods(firn_pause, firn_record_freshness, firn_record_test_results)


def firn_pause(_adapter: SparkAdapter, seconds: float) -> None:
    """Wait."""
    time.sleep(float(seconds))


def firn_record_test_results(
    adapter: SparkAdapter,
    graph: Mapping[str, Any],
    results: Sequence[Any],
    invocation_id: str,
) -> str:
    """Add a run's tests to ops.test_results, and the first rows that failing ones found.

    Returns why that failed, "" if it did not.
    """
    from operations.monitoring.test_results import record_test_results

    try:
        found = list(_results(graph["nodes"], results, invocation_id))
        failing = {
            result.node.unique_id: _failing_rows(adapter, result.node.compiled_code)
            for result in results
            if str(result.node.resource_type) == "test" and str(result.status) in FAILING
        }
        record_test_results(published_lake_of(adapter), found, failing)
    except Exception as error:  # noqa: BLE001 - a history that cannot be written hides no result
        return f"{type(error).__name__}: {error}"
    return ""


def _failing_rows(adapter: SparkAdapter, query: str) -> list[str]:
    """Return the first rows of a test's query as JSON; none where it cannot be asked again."""
    rows = f"select to_json(struct(*)) as failing_row from ({query}\n) limit {KEPT_ROWS}"
    try:
        _, found = adapter.execute(rows, fetch=True)
    except DbtRuntimeError:
        return []
    return [str(row["failing_row"]) for row in found.rows]


def firn_record_freshness(adapter: SparkAdapter, results: Sequence[Any], invocation_id: str) -> str:
    """Add what `dbt source freshness` found to ops.source_freshness.

    Returns why that failed, "" if it did not.
    """
    from operations.monitoring.source_freshness import record_freshness

    try:
        record_freshness(published_lake_of(adapter), list(_freshness(results, invocation_id)))
    except Exception as error:  # noqa: BLE001 - a history that cannot be written hides no result
        return f"{type(error).__name__}: {error}"
    return ""


def _freshness(results: Sequence[Any], invocation_id: str) -> Iterator[SourceFreshness]:
    from operations.monitoring.source_freshness import SourceFreshness

    for result in results:
        if str(result.node.resource_type) == "source":
            loaded = getattr(result, "max_loaded_at", None)
            yield SourceFreshness(
                invocation_id,
                f"{result.node.schema}.{result.node.identifier}",
                str(result.status),
                asked_at=getattr(result, "snapshotted_at", None) or datetime.now(UTC),
                max_loaded_at=loaded,
                age_seconds=getattr(result, "age", None) if loaded else None,
                message=result.message,
            )


def _results(
    nodes: Mapping[str, Any], results: Sequence[Any], invocation_id: str
) -> Iterator[TestResult]:
    from operations.monitoring.test_results import MAXIMUM_MESSAGE_LENGTH, TestResult
    from operations.publication.areas import TESTS

    for result in results:
        node = result.node
        if str(node.resource_type) not in TESTS:
            continue
        tested = getattr(node, "attached_node", None) or getattr(
            node, "tested_node_unique_id", None
        )
        model = nodes.get(tested or "")
        ended = [timing.completed_at for timing in result.timing if timing.completed_at]
        moment = max(ended) if ended else datetime.now(UTC)
        yield TestResult(
            invocation_id=invocation_id,
            unique_id=node.unique_id,
            test_name=node.name,
            status=str(result.status),
            executed_at=moment if moment.tzinfo else moment.replace(tzinfo=UTC),
            model_name=f"{model['schema']}.{model['alias']}" if model else None,
            severity=str(getattr(node.config, "severity", "") or "").lower(),
            failures_count=result.failures,
            seconds=float(result.execution_time),
            message=result.message and str(result.message)[:MAXIMUM_MESSAGE_LENGTH],
        )
