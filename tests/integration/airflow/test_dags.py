"""The DAG files as Airflow reads them: quickly, without errors, and nothing left out."""

import re
from typing import Any

import pytest

from ingestion.sources import load_sources
from lake.settings import Settings
from tests.integration.airflow.kiosk import ROOT, listed_by_airflow, listed_by_dbt

pytestmark = pytest.mark.airflow

SOURCES = [source.name for source in load_sources(ROOT)]
BIN = Settings.load(ROOT).home / "venv" / "bin"
LAYERS = ("silver", "gold")


@pytest.fixture(scope="module")
def found() -> dict[str, Any]:
    return listed_by_airflow(ROOT)


@pytest.fixture(scope="module")
def listed(found: dict[str, Any]) -> dict[str, set[str]]:
    """Return what dbt lists for the selections of all sources, in one go."""
    return listed_by_dbt(
        ROOT, [selection for source in SOURCES for selection in _selections(found, source)]
    )


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
    lines = {name: task["line"].removeprefix(f"{BIN}/") for name, task in tasks.items()}
    assert lines["check_tables"] == f"firn verify {source}"
    assert lines["ingest_raw"] == f"firn ingest {source} --wait"
    assert lines["check_freshness"] == f"dbt source freshness --select source:{source}"
    assert all(lines[f"build_{layer}"].startswith("dbt build --select") for layer in LAYERS)
    assert {name: task["after"] for name, task in tasks.items()} == {
        "check_tables": [],
        "ingest_raw": ["check_tables"],
        "build_silver": ["ingest_raw"],
        "build_gold": ["build_silver"],
        "check_freshness": ["ingest_raw"],
    }
    retries = {name: task["retries"] for name, task in tasks.items()}
    assert retries == {name: 0 if name.startswith("check_") else 2 for name in tasks}


@pytest.mark.parametrize("source", SOURCES)
def test_what_is_made_from_a_source_is_built_once(
    found: dict[str, Any], listed: dict[str, set[str]], source: str
) -> None:
    silver, gold, made_from_it, seeds = (
        listed[selection] for selection in _selections(found, source)
    )
    assert silver | gold == made_from_it | seeds
    assert not silver & gold
    assert not any(re.search(r"^firn\.gold\.", name) for name in silver)
    assert any(re.search(r"^firn\.silver\.", name) for name in silver)


def _selections(found: dict[str, Any], source: str) -> tuple[str, str, str, str]:
    """Return what the tasks build as silver and as gold, what is made of a source, its seeds."""
    tasks = found["dags"][source]["commands"]
    silver, gold = (
        tasks[name]["line"].split("dbt build ")[1] for name in ("build_silver", "build_gold")
    )
    return (
        silver,
        gold,
        f"--select source:{source}+",
        f"--select @source:{source},resource_type:seed",
    )
