"""The projects: 20 models, and 100 of which one is built -> files; tables -> right or not.

Contestants that are no part of Firn run in another environment: the standard library only.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from benchmarks.contest import Stage

SCHEMA = "silver"
MODEL = "{{ config(materialized='table', file_format='iceberg') }}\nselect 1 as id\n"
SIZES = {Stage.MANY: 20, Stage.ONE: 100}
CHOSEN = "one_57"


def model_names(stage: Stage) -> list[str]:
    """Return all models of a stage's project."""
    return [f"{stage.name.lower()}_{number}" for number in range(SIZES[stage])]


def built_names(stage: Stage) -> list[str]:
    """Return the models that a stage builds."""
    return [CHOSEN] if stage is Stage.ONE else model_names(stage)


def selection(stage: Stage) -> Sequence[str]:
    """Return dbt's arguments that choose what a stage builds."""
    return ("--select", CHOSEN) if stage is Stage.ONE else ()


def write_models(folder: Path, stage: Stage) -> None:
    """Write a stage's models into a project folder."""
    models = folder / "models" / "trivial"
    models.mkdir(parents=True)
    for name in model_names(stage):
        (models / f"{name}.sql").write_text(MODEL, encoding="utf-8")


def results_complaint(target: Path, stage: Stage) -> str:
    """Return what dbt's own results of the run say otherwise than that all models were built."""
    path = target / "run_results.json"
    if not path.exists():
        return "dbt left no results"
    results = json.loads(path.read_text(encoding="utf-8"))["results"]
    path.unlink()  # so that no run is judged by the results of another
    built = {
        result["unique_id"].split(".")[-1]: result["status"]
        for result in results
        if result["unique_id"].startswith("model.")
    }
    expected = dict.fromkeys(built_names(stage), "success")
    return "" if built == expected else f"{built} built, {expected} expected"
