"""Times of commits: what is told of those out of order, and what putting them in order makes."""

import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lake.commit_times import in_order, newest_entry, next_timestamp, times_fault

MINUTE = 60_000
NOW = time.time_ns() // 1_000_000
HOUR_AGO = NOW - 60 * MINUTE
TIMES = st.lists(st.integers(NOW - 10**9, NOW + 10**9), min_size=1, max_size=8)


def _document(log: list[int], last_updated: int | None = None) -> dict[str, Any]:
    entries = [{"snapshot-id": n, "timestamp-ms": at} for n, at in enumerate(log)]
    files = [{"metadata-file": f"{n}.json", "timestamp-ms": at} for n, at in enumerate(log)]
    return {
        "last-updated-ms": log[-1] if last_updated is None else last_updated,
        "snapshots": entries,
        "snapshot-log": entries,
        "metadata-log": files,
    }


def test_what_engines_read_has_no_fault() -> None:
    assert times_fault({}) is None
    assert times_fault(_document([HOUR_AGO, HOUR_AGO + 1])) is None
    assert times_fault(_document([HOUR_AGO, HOUR_AGO - MINUTE])) is None


@pytest.mark.parametrize(
    "document",
    [_document([HOUR_AGO, HOUR_AGO - MINUTE - 1]), _document([HOUR_AGO], HOUR_AGO - MINUTE - 1)],
)
def test_a_log_that_goes_back_is_told(document: dict[str, Any]) -> None:
    fault = times_fault(document)
    assert fault is not None
    assert (fault.found, fault.is_readable) == ("commits out of order", False)
    assert "its snapshot-log goes back from" in fault.explanation


def test_a_commit_to_come_is_told() -> None:
    fault = times_fault(_document([HOUR_AGO, NOW + 60 * MINUTE]))
    assert fault is not None
    assert (fault.found, fault.is_readable) == ("commits to come", True)


def test_the_next_commit_is_no_earlier_than_any() -> None:
    ahead = NOW + 60 * MINUTE
    assert next_timestamp(_document([ahead], HOUR_AGO)) == ahead
    assert next_timestamp(_document([HOUR_AGO], ahead)) == ahead
    assert next_timestamp(_document([HOUR_AGO])) >= NOW


@given(TIMES, st.integers(NOW - 10**9, NOW + 10**9))
def test_mended_times_are_in_order_and_past(log: list[int], last_updated: int) -> None:
    document = _document(log, last_updated)
    mended = {**document, **in_order(document)}
    assert times_fault(mended) is None
    assert newest_entry(mended) <= time.time_ns() // 1_000_000
    for name in ("snapshots", "snapshot-log", "metadata-log"):
        times = [entry["timestamp-ms"] for entry in mended[name]]
        assert times == sorted(times)
        without = [[{**e, "timestamp-ms": 0} for e in d[name]] for d in (document, mended)]
        assert without[0] == without[1]


@given(TIMES)
def test_what_is_in_order_and_past_stays(log: list[int]) -> None:
    document = _document(sorted(min(at, HOUR_AGO) for at in log))
    assert in_order(document)["snapshot-log"] == document["snapshot-log"]
