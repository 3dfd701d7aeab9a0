"""Events become metrics, and a port that is taken is named."""

import socket

import pytest
import requests

from ingestion.results import LoadResult, Outcome, Retrying
from lake.errors import EnvironmentFault, LoadError
from lake.processes import LOOPBACK
from operations.monitoring.metrics import Metrics

LABELS = {"source": "clicks", "table": "events"}


@pytest.fixture
def metrics() -> Metrics:
    """Return metrics of a process that has done nothing yet."""
    return Metrics()


def test_loads_are_counted(metrics: Metrics) -> None:
    landed = LoadResult(
        "clicks.events", Outcome.LANDED, rows_landed=7, rows_quarantined=2, bytes_read=900,
        seconds=0.3, commit_seconds=0.02, lag={"clicks[0]": 9},
    )  # fmt: skip
    failed = LoadResult("clicks.events", Outcome.FAILED, error=LoadError("no"))
    for load in (landed, landed, failed):
        metrics.note(load)
    value = metrics.registry.get_sample_value
    assert value("firn_ingested_rows_total", LABELS) == 14
    assert value("firn_ingested_bytes_total", LABELS) == 1800
    assert value("firn_quarantined_rows_total", LABELS) == 4
    assert value("firn_load_failures_total", LABELS) == 1
    assert value("firn_load_duration_seconds_count", LABELS) == 2
    assert value("firn_load_duration_seconds_sum", LABELS) == pytest.approx(0.6)
    assert value("firn_commit_duration_seconds_bucket", {**LABELS, "le": "0.02"}) == 2
    assert value("firn_source_lag_messages", {**LABELS, "partition": "clicks[0]"}) == 9
    assert (value("firn_last_commit_timestamp_seconds", LABELS) or 0) > 1_700_000_000


def test_a_load_with_nothing_new_is_no_commit(metrics: Metrics) -> None:
    metrics.note(LoadResult("clicks.events", Outcome.NOTHING_NEW, lag={"clicks[0]": 0}))
    value = metrics.registry.get_sample_value
    assert value("firn_ingested_rows_total", LABELS) == 0  # there from the start, so that it grows
    assert value("firn_last_commit_timestamp_seconds", LABELS) is None


def test_a_source_that_is_tried_again(metrics: Metrics) -> None:
    metrics.note(Retrying("clicks", EnvironmentFault("away"), 2.0))
    assert metrics.registry.get_sample_value("firn_source_retries_total", {"source": "clicks"}) == 1


def test_they_are_served_on_loopback_while_inside(metrics: Metrics) -> None:
    with metrics.served(0) as address:
        assert address.startswith(f"http://{LOOPBACK}:")
        assert requests.get(address, timeout=5).status_code == 200
    with pytest.raises(requests.ConnectionError):
        requests.get(address, timeout=5)


def test_a_port_that_is_taken_is_named(metrics: Metrics) -> None:
    with socket.create_server((LOOPBACK, 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(EnvironmentFault, match=f"{port}: Address already in use"):
            metrics.served(port).__enter__()
