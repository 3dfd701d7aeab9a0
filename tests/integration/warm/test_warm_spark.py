"""A Spark that stays: what dbt builds through it, and what is said when it is not there."""

import os
import re
import socket
from collections.abc import Callable

import psutil
import pytest
from typer.testing import Result

from lake.errors import EnvironmentFault
from lake.lake import Lake
from lake.processes import LOOPBACK, free_port
from lake.settings import Settings
from operations.refresh.history import Mode, last_refreshes
from operations.runtime.warm_spark import Condition, WarmSpark
from tests.integration.streams.till_lake import OTHERS_LEFT_OUT, Sale, TillLake
from tests.integration.warm.conftest import RunDbt

pytestmark = pytest.mark.spark
RunFirn = Callable[..., Result]
BUILD = ("run", "--target", "warm", *OTHERS_LEFT_OUT)


def test_a_port_in_use_is_named_with_who_uses_it(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, firn: RunFirn
) -> None:
    with socket.socket() as other:
        other.bind((LOOPBACK, 0))
        other.listen()
        monkeypatch.setenv("FIRN_SPARK_PORT", str(other.getsockname()[1]))
        started = firn("spark", "start")
    assert started.exit_code == 2
    assert f"in use by another program (process {os.getpid()}" in started.stderr
    assert WarmSpark(settings).state(asks=False).condition is Condition.STOPPED


def test_a_server_that_dies_while_it_starts_is_named_with_its_last_words(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FIRN_SPARK_PORT", str(free_port()))
    monkeypatch.setenv("FIRN_JAVA_OPTIONS", "-XX:ReservedCodeCacheSize=1k")
    server = WarmSpark(settings)
    try:
        with pytest.raises(EnvironmentFault, match="died while it started; the last it said: .+"):
            server.start()
        assert server.state(asks=False).condition is Condition.STOPPED
    finally:
        server.stop()


def test_it_builds_what_a_session_builds_and_sees_what_others_commit(
    settings: Settings, lake: TillLake, warm_spark: WarmSpark, dbt: RunDbt
) -> None:
    lake.create_raw()
    lake.land(Sale(1, day=1, amount=10), Sale(2, day=1, amount=20), Sale(3, day=2, amount=30))
    lake.build()
    by_session = lake.daily(), lake.rows("gold.best_days", "place")
    for table in ("silver.till__sales", "gold.daily_sales", "gold.best_days", "gold.counted_days"):
        lake.catalog.drop_table(table)

    built = dbt(*BUILD)
    assert built.returncode == 0, built.stdout
    assert (lake.daily(), lake.rows("gold.best_days", "place")) == by_session
    assert "Failed to set" not in built.stderr

    lake.land(Sale(4, day=2, amount=5))
    again = dbt(*BUILD)
    assert again.returncode == 0, again.stdout
    assert lake.daily() == [(1, 30, 2), (2, 35, 2)]
    counted = lake.rows("gold.counted_days", "sold_date")
    assert [(row["sold_date"].day, row["sales_count"]) for row in counted] == [(1, 2), (2, 2)]
    [derived] = last_refreshes(Lake(settings), "gold.counted_days", 1)
    assert (derived.mode, derived.affected_keys_count) == (Mode.INCREMENTAL, 1)
    assert lake.position("silver.till__sales", "raw_till.sales") is not None


def test_tables_are_maintained_through_it(
    lake: TillLake, warm_spark: WarmSpark, firn: RunFirn
) -> None:
    lake.create_raw()
    for number in range(1, 13):
        lake.land(Sale(number, day=number, amount=10))
    before = lake.rows("raw_till.sales", "sale_id")
    maintained = firn("maintain", "raw_till", "--apply", "--target", "warm")
    assert maintained.exit_code == 0, maintained.output
    assert re.search(r"raw_till\.sales .* 12 → 1 ", maintained.output)
    assert lake.rows("raw_till.sales", "sale_id") == before


def test_a_second_start_leaves_it_alone(warm_spark: WarmSpark, firn: RunFirn) -> None:
    before = warm_spark.state(asks=False).detail
    started = firn("spark", "start")
    assert started.exit_code == 0
    assert "running already" in started.stdout
    assert warm_spark.state(asks=False).detail.split("answers")[0] == before.split("answers")[0]


def test_other_settings_than_those_it_was_started_with_are_named(
    warm_spark: WarmSpark, firn: RunFirn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FIRN_JAVA_OPTIONS", "")
    said = firn("spark", "status")
    assert said.exit_code == 2
    assert "spark.driver.extraJavaOptions was" in said.stdout
    assert firn("spark", "start").exit_code == 2


def test_a_dead_server_is_named_at_once_and_can_be_started_again(
    warm_spark: WarmSpark, firn: RunFirn, dbt: RunDbt
) -> None:
    process = warm_spark.process()
    assert process is not None
    process.kill()
    psutil.wait_procs([process], timeout=30)

    said = firn("spark", "status")
    assert said.exit_code == 1
    assert "has died; the last it said" in said.stdout
    not_maintained = firn("maintain", "--target", "warm")
    assert not_maintained.exit_code == 1
    assert "no Spark listens at sc://127.0.0.1" in not_maintained.stderr
    assert "firn spark start" in not_maintained.stderr
    failed = dbt(*BUILD)
    assert failed.returncode == 2
    assert "has died" in failed.stdout
    assert "fix: firn spark start" in failed.stdout

    assert firn("spark", "start").exit_code == 0
    assert firn("spark", "status").exit_code == 0
    started = warm_spark.process()
    assert started is not None
    assert firn("spark", "stop").exit_code == 0
    assert not started.is_running()
    assert "No warm Spark runs" in firn("spark", "status").stdout
