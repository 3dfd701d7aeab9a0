"""What a build means for the tasks in it: dbt's nodes -> outcomes."""

import pytest

from operations.dbt.outcome import NodeRun
from operations.dbt.outcome import Outcome as Build
from operations.refresh.history import Outcome
from operations.refresh.tasks.project import Project
from operations.refresh.tasks.results import Result, results_of
from operations.refresh.tasks.task import Plan, Task

BASE = Task("base", "gold.base", {"silver.rows": "rows", "gold.base": "base"})
MART = Task("mart", "gold.mart", {"gold.mart": "mart"}, upstream=("base",))
NODES = {
    f"model.firn.{name}": {"name": name, "resource_type": "model"}
    for name in ("rows", "base", "mart")
}
TEST = "test.firn.unique_base"
MANIFEST = {"nodes": {**NODES, TEST: {"resource_type": "test", "attached_node": "model.firn.base"}}}
PROJECT = Project(Plan({"base": BASE, "mart": MART}), MANIFEST)


def node(name: str, status: str, kind: str = "model", message: str = "") -> NodeRun:
    unique_id = TEST if kind == "test" else f"{kind}.firn.{name}"
    return NodeRun(name, kind, status, message, 10.0, 12.0, f"gold.{name}", unique_id)


def outcomes(*nodes: NodeRun, complaints: tuple[str, ...] = ()) -> dict[str, Outcome | None]:
    build = Build(False, nodes, complaints, 0, 8.0, 20.0)
    return {name: r.outcome for name, r in results_of(PROJECT, [BASE, MART], build, {}).items()}


def test_each_task_waits_for_its_own_model() -> None:
    build = Build(True, (node("base", "success"),), (), 0, 8.0, 20.0)
    assert results_of(PROJECT, [BASE], build, {})["base"].seconds == 4.0


@pytest.mark.parametrize(
    "failed",
    [
        node("base", "error", message="no such column"),
        node("rows", "error"),
        node("unique_base", "fail", "test"),
    ],
)
def test_a_task_fails_with_its_model_what_is_built_for_it_and_their_tests(failed: NodeRun) -> None:
    others = [node("base", "success")] if failed.kind == "test" else []
    found = outcomes(failed, *others, node("mart", "skipped"))
    assert found == {"base": Outcome.FAILED, "mart": Outcome.SKIPPED}


def test_a_build_without_results_does_not_say_whose_fault_it_was() -> None:
    assert outcomes(complaints=("died",)) == {"base": None, "mart": None}
    build = Build(False, (), ("died",), 0, 8.0, 20.0)
    assert results_of(PROJECT, [BASE], build, {})["base"].outcome is Outcome.FAILED


def test_who_was_late_has_failed_and_nobody_else() -> None:
    build = Build(False, (), ("died",), 0, 8.0, 20.0)
    found = results_of(PROJECT, [BASE, MART], build, {"mart": "ran longer than 1 minute"})
    assert found["mart"] == Result(Outcome.FAILED, "ran longer than 1 minute", 12.0)
    assert found["base"].outcome is None
