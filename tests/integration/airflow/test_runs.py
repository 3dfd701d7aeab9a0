"""DAGs run for real: refused without tables, made, landed after a kill, built."""

import json

import pytest

from lake.settings import Failpoint
from tests.integration.airflow.kiosk import Kiosk

pytestmark = pytest.mark.airflow

TABLES = {"raw_kiosk.sales", "quarantine.kiosk", "silver.kiosk__sales", "gold.takings_daily"}


def test_without_tables_nothing_starts(kiosk: Kiosk) -> None:
    refused = kiosk.run_dag("kiosk")
    assert refused.exit_code == 1
    assert "FAIL raw_kiosk.sales" in refused.said
    assert "firn create raw_kiosk.sales" in refused.said
    assert "running task <TaskInstance: kiosk.check_tables" in refused.said
    assert "running task <TaskInstance: kiosk.ingest_raw" not in refused.said
    assert kiosk.tables() == set()


def test_all_tables_are_made_layer_by_layer(kiosk: Kiosk) -> None:
    made = kiosk.run_dag("lakehouse_init")
    assert made.exit_code == 0, made.said
    assert kiosk.tables() == TABLES
    for layer, said in {"raw": "1 made, 0", "silver": "2 made, 0", "gold": "1 made, 0"}.items():
        assert f"{layer}: {said} there already, not touched." in made.said
    assert "4 tables, 0 not as declared." in made.said


def test_made_again_it_says_what_was_there(kiosk: Kiosk) -> None:
    again = kiosk.run_dag("lakehouse_init", "--conf", json.dumps({"source": "kiosk"}))
    assert again.exit_code == 0, again.said
    assert "there raw_kiosk.sales" in again.said
    assert "gold: None made, 1 there already, not touched." in again.said
    assert kiosk.landed() == []


def test_a_retry_after_a_kill_lands_nothing_twice(kiosk: Kiosk) -> None:
    died = kiosk.let_firn_die_once(Failpoint.AFTER_COMMIT)
    ended = kiosk.run_dag("kiosk")
    assert ended.exit_code == 0, ended.said
    assert died.exists()
    assert "Command exited with return code 137" in ended.said
    assert kiosk.landed() == [1, 2]
    assert kiosk.takings() == {1: (30, 2)}


def test_a_run_takes_what_is_new(kiosk: Kiosk) -> None:
    kiosk.drop("tuesday.jsonl", (3, 30, 2), (4, 5, 1))
    ended = kiosk.run_dag("kiosk")
    assert ended.exit_code == 0, ended.said
    assert kiosk.landed() == [1, 2, 3, 4]
    assert kiosk.takings() == {1: (35, 3), 2: (30, 1)}
