"""The process that runs dbt is killed within a run: the next one goes on from the last commits."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.integration.streams.till_lake import Sale, TillLake
from tests.warm_dbt import DbtFailedError, kill_dbt

pytestmark = pytest.mark.spark

RAW, SILVER, GOLD = "raw_till.sales", "silver.till__sales", "gold.daily_sales"
PATIENCE_SECONDS = 120.0
POLL_SECONDS = 0.01


def _wait_for_commit(lake: TillLake, table: str, before: list[int]) -> None:
    end = time.monotonic() + PATIENCE_SECONDS
    while lake.line(table) == before:
        assert time.monotonic() < end, f"{table} got no commit"
        time.sleep(POLL_SECONDS)


def test_a_run_that_is_killed_after_it_has_read_loses_and_doubles_nothing(lake: TillLake) -> None:
    """Fault killed-build: silver has committed, and gold has not."""
    lake.create_raw()
    lake.land(Sale(1, day=1, amount=10), Sale(2, day=1, amount=20), Sale(3, day=2, amount=30))
    lake.build()
    silver, gold, read_to = lake.line(SILVER), lake.line(GOLD), lake.offset(GOLD, SILVER)
    lake.land(Sale(1, day=3, amount=11, version=2), Sale(4, day=2, amount=5))
    with ThreadPoolExecutor(1) as pool:
        run = pool.submit(lake.build)
        _wait_for_commit(lake, SILVER, silver)
        kill_dbt()
        with pytest.raises(DbtFailedError, match="has died"):
            run.result(PATIENCE_SECONDS)
    assert lake.line(GOLD) == gold
    assert lake.offset(GOLD, SILVER) == read_to
    assert lake.has_data(GOLD)
    assert not lake.has_data(SILVER)
    lake.build()
    assert lake.daily() == [(1, 20, 1), (2, 35, 2), (3, 11, 1)]
    assert lake.reasons() == []
