"""`firn streams`: streams of tables and of the manifest -> what is printed, and the document."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from rich.console import Console

from lake.errors import EnvironmentFault
from lake.lake import Identifier
from lake.snapshots import FullRead, Metadata
from lake.streams import Stream
from operations.cli.streams import print_streams
from operations.maintenance.policies import Policy
from operations.monitoring.streams.declared import declared_streams
from operations.monitoring.streams.document import as_document
from operations.monitoring.streams.streams import (
    LakeStreams,
    StreamStatus,
    expires_at,
    never_read,
)

NOW = datetime(2025, 7, 10, 12, tzinfo=UTC)
RAW, SILVER = ("raw_till", "sales"), ("silver", "till__sales")


def node(schema: str, name: str, kind: str, *reads: str, **more: str) -> dict[str, Any]:
    """Return a model as the manifest has it."""
    return {
        "resource_type": "model", "package_name": "firn", "schema": schema, "alias": name,
        "config": {"materialized": kind}, "depends_on": {"nodes": list(reads)}, **more,
    }  # fmt: skip


def test_streams_of_models_never_run_are_those_they_declare() -> None:
    manifest = {
        "metadata": {"project_name": "firn"},
        "sources": {
            "source.sales": {
                "resource_type": "source", "schema": "raw_till", "identifier": "sales",
            }
        },
        "nodes": {
            "seed.s": {**node("seeds", "s", "seed"), "resource_type": "seed"},
            "silver": node("silver", "till__sales", "incremental", "source.sales", "seed.s"),
            "between": node("silver", "between", "ephemeral", "silver"),
            "gold": node("gold", "amounts", "incremental", "between"),
            "view": node("gold", "seen", "view", "silver"),
            "theirs": node("gold", "theirs", "incremental", "silver", package_name="other"),
        },
    }  # fmt: skip
    declared = list(declared_streams(manifest))
    assert declared == [(SILVER, RAW), (("gold", "amounts"), SILVER)]
    [stream] = never_read(declared, {}, {"silver.till__sales"})
    assert (stream.consumer, stream.source) == ("gold.amounts", "silver.till__sales")
    assert (stream.full_read, stream.has_data) == (FullRead.UNREAD, False)


def _table(snapshots: int) -> dict[Identifier, Metadata]:
    line = [
        {"snapshot-id": n, "parent-snapshot-id": n - 1 or None} for n in range(1, snapshots + 1)
    ]
    return {RAW: {"current-snapshot-id": snapshots, "snapshots": line}}


@pytest.mark.parametrize(
    ("snapshot", "expected"),
    [("5", None), ("4", None), ("3", NOW + timedelta(hours=6)), ("9", NOW + timedelta(hours=6))],
)
def test_a_position_expires_by_age_beyond_the_snapshots_kept(
    snapshot: str, expected: datetime | None
) -> None:
    stream = Stream("raw_till.sales", "silver.till__sales", snapshot, NOW)
    policy = Policy(expire_after=timedelta(hours=6), keep_last=2)
    assert expires_at(_table(5), stream, policy) == expected


def test_a_position_that_is_gone_or_never_was_expires_no_more() -> None:
    for stream in (Stream("raw_till.sales", "x.y"), Stream("raw_till.sales", "x.y", "3", None)):
        assert expires_at(_table(5), stream, Policy(keep_last=1)) is None


def _found() -> LakeStreams:
    old = NOW - timedelta(days=9)
    return LakeStreams(
        NOW,
        (
            StreamStatus(Stream("silver.a", "gold.never", waiting=5, has_data=True,
                                full_read=FullRead.UNREAD, oldest_at=old)),
            StreamStatus(Stream("silver.a", "gold.slow", "7", old, 1204, False,
                                NOW - timedelta(minutes=3), None, True), NOW - timedelta(days=2)),
            StreamStatus(Stream("silver.a", "gold.stale", "1", None, 9, True, old,
                                FullRead.EXPIRED, True)),
            StreamStatus(Stream("silver.b", "gold.quiet", "3", old)),
        ),
        (EnvironmentFault("table gold.x is gone", "firn verify gold.x"),),
    )  # fmt: skip


def test_what_is_printed() -> None:
    to = Console(width=160)
    with to.capture() as captured:
        print_streams(to, _found())
    lines = [line.rstrip() for line in captured.get().splitlines()]
    assert [line.split()[0] for line in lines[:5]] == [
        "consumer", "gold.never", "gold.slow", "gold.stale", "gold.quiet",
    ]  # fmt: skip
    assert lines[1].endswith("never                   5  9 days     all")
    assert lines[2].endswith("2025-07-01 12:00   ~1,204  3 minutes  changes")
    assert lines[3].endswith("gone                    9  9 days     all: STALE")
    assert lines[4].endswith("2025-07-01 12:00        ·  ·          nothing")
    assert lines[5:] == [
        "note silver.a keeps snapshots for gold.slow that would have expired 2 days ago:"
        " dbt build --select slow",
        "note gold.stale reads all of silver.a: the snapshot read last is expired",
        "FAIL table gold.x is gone",
        "     fix: firn verify gold.x",
        "4 streams, 3 with data.",
    ]


def test_the_document() -> None:
    document = json.loads(json.dumps(as_document(_found())))
    assert document["version"] == 1
    assert document["errors"] == [{"message": "table gold.x is gone", "fix": "firn verify gold.x"}]
    assert document["streams"][1] == {
        "source": "silver.a",
        "consumer": "gold.slow",
        "snapshot": "7",
        "read_to": "2025-07-01T12:00:00+00:00",
        "has_data": True,
        "rows_waiting": 1204,
        "rows_waiting_is_exact": False,
        "oldest_waiting_at": "2025-07-10T11:57:00+00:00",
        "oldest_waiting_seconds": 180.0,
        "is_stale": False,
        "full_read_reason": None,
        "policy_expires_at": "2025-07-08T12:00:00+00:00",
        "holds_back_expiry": True,
    }
    assert document["streams"][2]["full_read_reason"] == "the snapshot read last is expired"
