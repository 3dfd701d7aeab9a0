"""The clock was set: Spark reads what was landed; what it cannot use is told, and mended."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from lake.lake import Lake
from lake.settings import Settings
from tests.integration.preflight.cars_lake import GOLD, RAW, SILVER, CarsLake

pytestmark = pytest.mark.spark

DAY = timedelta(days=1)


def test_what_landed_at_other_times_is_built(lake: CarsLake) -> None:
    lake.fill()
    for number, ahead in ((4, DAY), (5, -DAY), (6, timedelta(minutes=-5))):
        with time_machine.travel(datetime.now(UTC) + ahead):
            lake.report((number, "d", 40))
    lake.build()
    assert lake.days() == [(day, 1) for day in range(1, 7)]
    assert lake.verify("raw")[RAW] == [f"firn restore {RAW}"]  # Spark could not maintain it
    lake.restore(RAW)
    assert lake.verify("raw")[RAW] == []


def test_a_table_that_spark_cannot_write_or_read_is_told_and_restored(
    lake: CarsLake, settings: Settings
) -> None:
    lake.fill()
    lake.report((4, "b", 40))
    _set(settings, SILVER, lambda times: [at + 86_400_000 for at in times])
    said = lake.refusal()
    assert "commits to come" in said
    assert f"firn restore {SILVER} gives its commits times in order" in said
    lake.restore(SILVER)

    _set(settings, RAW, lambda times: [*times[:-1], times[-1] - 86_400_000])
    said = lake.refusal()
    assert "commits out of order" in said
    assert f"{RAW}: its snapshot-log goes back from" in said
    lake.restore(RAW)
    lake.build()
    assert lake.days() == [(1, 1), (2, 1), (3, 1), (4, 1)]
    assert len(lake.rows(GOLD, "reported_date")) == 4
    assert not any(lake.verify().values())


def _set(settings: Settings, table: str, changed: Callable[[list[int]], list[int]]) -> None:
    """Leave a table's log of snapshots as a program with another clock would."""
    lake = Lake(settings)
    namespace, name = table.split(".")
    stored = lake.stored((namespace, name))
    assert stored is not None
    log = stored.document["snapshot-log"]
    times = changed([entry["timestamp-ms"] for entry in log])
    document = {
        **stored.document,
        "snapshot-log": [
            {**entry, "timestamp-ms": at} for entry, at in zip(log, times, strict=True)
        ],
        "last-updated-ms": times[-1],
    }
    location = stored.location.replace("-", "-set-", 1)
    with lake.io_of(stored).new_output(location).create() as stream:
        for piece in lake.encoder((namespace, name)).encode(document):
            stream.write(piece)
    pointer = lake.pointers()[namespace, name]
    assert lake.repoint((namespace, name), pointer, location)
