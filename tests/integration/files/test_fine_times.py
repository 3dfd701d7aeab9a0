"""Digits of a time beyond microseconds: zeros are none, others cost the row or are cut.

Fault damaged-file.
"""

import io
import json
from collections.abc import Callable
from datetime import UTC, datetime

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from lake.errors import ConfigurationError
from tests.integration.files.drop import Drop, table

TIMES = [
    "2024-01-02T03:04:05.123456789Z",
    "1969-12-31T23:59:59.9999999Z",
    "2024-01-02T03:04:05.123456000Z",
    None,
]
CUT = [
    datetime(2024, 1, 2, 3, 4, 5, 123456, UTC),
    datetime(1969, 12, 31, 23, 59, 59, 999999, UTC),
    datetime(2024, 1, 2, 3, 4, 5, 123456, UTC),
    None,
]


def csv(times: list[str | None]) -> bytes:
    return ("id,at\n" + "".join(f"{n},{t or ''}\n" for n, t in enumerate(times))).encode()


def json_lines(times: list[str | None]) -> bytes:
    return "".join(json.dumps({"id": n, "at": t}) + "\n" for n, t in enumerate(times)).encode()


def parquet(times: list[str | None]) -> bytes:
    stream = io.BytesIO()
    texts = pa.array([time and time.removesuffix("Z") for time in times], pa.string())
    values = texts.cast(pa.timestamp("ns"))
    if any(time and time.endswith("Z") for time in times):
        values = pc.assume_timezone(values, "UTC")
    pq.write_table(pa.table({"id": range(len(times)), "at": values}), stream)
    return stream.getvalue()


@pytest.mark.parametrize("kind", ["timestamp", "timestamp_ntz"])
@pytest.mark.parametrize("write", [csv, json_lines, parquet], ids=lambda write: write.__name__)
def test_they_are_cut_where_that_is_declared(
    drop: Drop, write: Callable[[list[str | None]], bytes], kind: str
) -> None:
    declared = table("items", {"id": "int", "at": kind}, format=write.__name__)
    declared["columns"][1]["config"] = {"meta": {"truncate": True}}
    drop.declare(declared)
    times = TIMES
    if kind == "timestamp_ntz":
        times = [time and time.removesuffix("Z") for time in TIMES]
    drop.put("items/a", write(times))
    drop.ingest()
    assert not drop.quarantined()
    landed = [row["at"] and row["at"].replace(tzinfo=UTC) for row in drop.rows()]
    assert landed == CUT


@pytest.mark.parametrize("write", [csv, json_lines, parquet], ids=lambda write: write.__name__)
def test_they_cost_their_row_where_it_is_not(
    drop: Drop, write: Callable[[list[str | None]], bytes]
) -> None:
    drop.declare(table("items", {"id": "int", "at": "timestamp"}, format=write.__name__))
    drop.put("items/a", write(TIMES))
    drop.ingest()
    assert [(row["id"], row["at"]) for row in drop.rows()] == [(2, CUT[2]), (3, None)]
    assert len(drop.quarantined()) == 2


def test_only_times_of_files_are_cut(drop: Drop) -> None:
    declared = table("items", {"id": "int", "v": "string"})
    declared["columns"][1]["config"] = {"meta": {"truncate": True}}
    drop.declare(declared)
    with pytest.raises(ConfigurationError, match="truncate is of times"):
        drop.ingest()
