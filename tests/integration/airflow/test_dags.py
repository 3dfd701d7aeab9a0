"""The DAG files as Airflow reads them: quickly, without errors, and nothing left out."""

import re
import shlex
import subprocess
from typing import Any

import pytest

from ingestion.declarations import load_sources
from ingestion.settings import Settings
from operations.dbt import dbt_environment
from tests.integration.airflow.kiosk import ROOT, listed_by_airflow

pytestmark = pytest.mark.airflow

SOURCES = [source.name for source in load_sources(ROOT)]
BIN = Settings.load(ROOT).home / "venv" / "bin"


@pytest.fixture(scope="module")
def found() -> dict[str, Any]:
    return listed_by_airflow(ROOT)


def test_dag_files_are_read_quickly_and_without_errors(found: dict[str, Any]) -> None:
    assert found["import_errors"] == {}
    assert found["dags"].keys() == {"lakehouse_init", *SOURCES}
    assert found["dags"]["lakehouse_init"]["sources"] == ["all", *SOURCES]
    assert found["seconds"] < 1


def test_one_run_at_a_time_and_none_made_up_for(found: dict[str, Any]) -> None:
    for dag in found["dags"].values():
        assert (dag["max_active_runs"], dag["catchup"], dag["owner"]) == (1, False, "firn")
        assert dag["doc"]
        for task in dag["commands"].values():
            assert task["pool"] == "lake"
            assert task["timeout"] <= 2 * 3600


@pytest.mark.parametrize("source", SOURCES)
def test_a_source_is_checked_landed_and_built(found: dict[str, Any], source: str) -> None:
    tasks = found["dags"][source]["commands"]
    lines = [task["line"].removeprefix(f"{BIN}/") for task in tasks.values()]
    assert lines[:2] == [f"firn verify {source}", f"firn ingest {source} --wait"]
    assert all(line.startswith("dbt build --select ") for line in lines[2:])
    assert list(tasks) == ["check_tables", "ingest_raw", "build_silver", "build_gold"]
    assert [task["after"] for task in tasks.values()] == [
        [],
        *([name] for name in list(tasks)[:-1]),
    ]
    assert [task["retries"] for task in tasks.values()] == [0, 2, 2, 2]


@pytest.mark.parametrize("source", SOURCES)
def test_what_is_made_from_a_source_is_built_once(found: dict[str, Any], source: str) -> None:
    tasks = found["dags"][source]["commands"]
    silver, gold = (
        _listed(tasks[name]["line"].split("dbt build ")[1])
        for name in ("build_silver", "build_gold")
    )
    seeds = _listed(f"--select @source:{source},resource_type:seed")
    assert silver | gold == _listed(f"--select source:{source}+") | seeds
    assert not silver & gold
    assert not any(re.search(r"^firn\.gold\.", name) for name in silver)
    assert any(re.search(r"^firn\.silver\.", name) for name in silver)


def _listed(selection: str) -> set[str]:
    """Return the names of what `dbt build` would build and test."""
    return set(
        subprocess.run(
            [str(BIN / "dbt"), "--quiet", "ls", *shlex.split(selection)],
            cwd=ROOT, env=dbt_environment(Settings.load(ROOT)),
            check=True, capture_output=True, text=True,
        ).stdout.split()
    )  # fmt: skip
