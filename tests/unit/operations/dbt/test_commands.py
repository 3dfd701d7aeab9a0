"""A project is parsed once, then only when a file, the environment or an option asks for it."""

import os
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any, ClassVar

import pytest
from dbt.artifacts.resources.v1.components import InjectedCTE
from dbt.contracts.graph.nodes import ModelNode

from operations.dbt import commands
from operations.dbt.commands import KEPT_PROJECTS, DbtCommands, node_run


class Manifest(int):
    """The project as it was parsed the so-manieth time; nothing is in it."""

    nodes: ClassVar[dict[str, Any]] = {}


@dataclass
class Runner:
    """Notes dbt's commands, each with the manifest it was given; parsing gives a numbered one."""

    ran: list[tuple[str, Any]] = field(default_factory=list)
    can_parse: bool = True

    def __call__(self, manifest: Any = None, _: object = None) -> SimpleNamespace:  # noqa: ANN401
        """Return what runs one command."""

        def invoke(arguments: list[str]) -> SimpleNamespace:
            self.ran.append((" ".join(arguments), manifest))
            if arguments == ["parse"]:
                number = sum(command == "parse" for command, _ in self.ran)
                return SimpleNamespace(
                    success=self.can_parse, result=Manifest(number), exception="bad YAML"
                )
            return SimpleNamespace(success=True, result=None, exception=None)

        return SimpleNamespace(invoke=invoke)


@pytest.fixture
def runner(monkeypatch: pytest.MonkeyPatch) -> Runner:
    """Put a dbt that only notes its commands in the place of dbt's own."""
    runner = Runner()
    monkeypatch.setattr(commands, "_runner", runner)
    return runner


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Return a project of one file, which asks for one variable."""
    (tmp_path / "dbt_project.yml").write_text("name: firn\nversion: \"{{ env_var('ASKED') }}\"")
    return tmp_path


def test_it_is_parsed_again_only_when_a_file_changed(runner: Runner, project: Path) -> None:
    dbt = DbtCommands(lambda _: None)
    for _ in range(2):
        assert dbt.run(["run"], project, {}).success
    os.utime(project / "dbt_project.yml", (1, 1))
    assert dbt.run(["parse"], project, {}).success
    dbt.run(["run"], project, {})
    assert runner.ran == [("parse", None), ("run", 1), ("run", 1), ("parse", None), ("run", 2)]


def test_each_value_of_what_it_asks_for_has_its_own_and_the_oldest_is_dropped(
    runner: Runner, project: Path
) -> None:
    dbt = DbtCommands(lambda _: None)
    for value in ("a", "b", "a", "c", "a", "b"):
        dbt.run(["run"], project, {"ASKED": value})
    assert KEPT_PROJECTS == 2
    assert [manifest for command, manifest in runner.ran if command == "run"] == [1, 2, 1, 3, 1, 4]


def test_variables_that_it_does_not_ask_for_make_no_difference(
    runner: Runner, project: Path
) -> None:
    dbt = DbtCommands(lambda _: None)
    for value in ("a", "b"):
        dbt.run(["run"], project, {"ASKED": "1", "SHOP_DB": value})
    assert [manifest for command, manifest in runner.ran if command == "run"] == [1, 1]
    (project / "models").mkdir()
    (project / "models" / "a.sql").write_text('select \'{{ env_var("SHOP" ~ "_DB") }}\'')
    for value in ("a", "b"):
        dbt.run(["run"], project, {"ASKED": "1", "SHOP_DB": value})
    assert [manifest for command, manifest in runner.ran if command == "run"] == [1, 1, 2, 3]


def test_an_option_that_changes_parsing_uses_no_kept_project(runner: Runner, project: Path) -> None:
    dbt = DbtCommands(lambda _: None)
    dbt.run(["run"], project, {})
    dbt.run(["run", "--vars", "{a: 1}"], project, {})
    assert runner.ran[-1] == ("run --vars {a: 1}", None)


def test_what_was_compiled_is_compiled_again(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Dbt leaves the SQL of ephemeral models out of a model that is marked to have it."""
    model = object.__new__(ModelNode)
    model.compiled, model.extra_ctes_injected, model.extra_ctes = False, False, []
    manifest = SimpleNamespace(nodes={"model": model})
    seen = []

    def runner(given: Any = None, _: object = None) -> SimpleNamespace:  # noqa: ANN401
        def invoke(arguments: list[str]) -> SimpleNamespace:
            if given is not None:
                seen.append((model.compiled, model.extra_ctes_injected, model.extra_ctes))
                model.compiled, model.extra_ctes_injected = True, True
                model.extra_ctes = [InjectedCTE(id="step", sql="select 1")]
            return SimpleNamespace(success=True, result=manifest, exception=None)

        return SimpleNamespace(invoke=invoke)

    monkeypatch.setattr(commands, "_runner", runner)
    dbt = DbtCommands(lambda _: None)
    for _ in range(2):
        manifest.results = ()
        dbt.run(["run"], project, {})
    assert seen == [(False, False, [])] * 2


def test_a_project_that_cannot_be_parsed_is_an_outcome(runner: Runner, project: Path) -> None:
    runner.can_parse = False
    outcome = DbtCommands(lambda _: None).run(["run"], project, {})
    assert not outcome.success
    assert outcome.complaints == ("the project cannot be read: bad YAML",)
    assert [command for command, _ in runner.ran] == ["parse"]


def test_an_operation_without_a_node_is_named_by_its_id() -> None:
    result = SimpleNamespace(
        unique_id="operation.firn.run_query", status="success", message=None, timing=[]
    )
    run = node_run(result)
    assert (run.name, run.kind, run.status) == ("run_query", "operation", "success")
    assert run.unique_id == "operation.firn.run_query"
