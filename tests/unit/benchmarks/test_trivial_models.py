"""Whether a run of dbt may count: its own results, of this run and no other."""

import json
from pathlib import Path

from benchmarks.contest import Stage
from benchmarks.dbt_trivial import CONTESTANTS
from benchmarks.files_lineitem import CONTESTANTS as FILE_CONTESTANTS
from benchmarks.kafka_events import CONTESTANTS as TOPIC_CONTESTANTS
from benchmarks.postgres_lineitem import CONTESTANTS as LANDING_CONTESTANTS
from benchmarks.trivial_models import built_names, model_names, results_complaint


def _leave_results(target: Path, statuses: dict[str, str]) -> None:
    results = [
        {"unique_id": f"model.trivial.{name}", "status": status}
        for name, status in statuses.items()
    ]
    operation = {"unique_id": "operation.firn.firn-on-run-start-0", "status": "success"}
    (target / "run_results.json").write_text(json.dumps({"results": [operation, *results]}))


def test_the_one_model_is_one_of_its_project() -> None:
    assert set(built_names(Stage.ONE)) < set(model_names(Stage.ONE))
    assert len(model_names(Stage.ONE)) == 100
    assert len(built_names(Stage.MANY)) == 20


def test_results_count_once(tmp_path: Path) -> None:
    _leave_results(tmp_path, dict.fromkeys(built_names(Stage.MANY), "success"))
    assert results_complaint(tmp_path, Stage.MANY) == ""
    assert results_complaint(tmp_path, Stage.MANY) == "dbt left no results"


def test_a_model_that_failed_or_is_missing_is_a_complaint(tmp_path: Path) -> None:
    _leave_results(tmp_path, dict.fromkeys(built_names(Stage.ONE), "error"))
    assert "error" in results_complaint(tmp_path, Stage.ONE)
    _leave_results(tmp_path, {})
    assert "{} built" in results_complaint(tmp_path, Stage.ONE)


def test_each_benchmark_has_stages_of_its_own() -> None:
    benchmarks = [
        {stage for contestant in contestants for stage in contestant.stages}
        for contestants in (LANDING_CONTESTANTS, FILE_CONTESTANTS, TOPIC_CONTESTANTS, CONTESTANTS)
    ]
    assert sorted(stage for stages in benchmarks for stage in stages) == sorted(Stage)
