"""Commands and checks from entry points: there when named, never looked for otherwise."""

import importlib.metadata
import subprocess
import sys
from pathlib import Path
from typing import NoReturn

import pytest
import typer
from typer.testing import CliRunner

from lake.settings import Settings
from operations.cli import app as cli
from operations.cli import extensions
from operations.monitoring.doctor import examine

ROOT = Path(__file__).parents[4]


@pytest.fixture(autouse=True)
def _forget() -> None:
    extensions._extensions.cache_clear()
    extensions._extension.cache_clear()


def test_the_sandbox_adds_its_commands() -> None:
    command = typer.main.get_command(cli.app)
    context = command.make_context("firn", ["demo"])
    names = command.list_commands(context)  # type: ignore[attr-defined]
    assert names[0] == "setup"
    assert names[-2:] == ["demo", "sandbox"]
    said = CliRunner().invoke(cli.app, ["sandbox", "advance", "--help"])
    assert said.exit_code == 0
    assert "Let time pass in a source system" in said.output


def test_an_own_command_looks_for_no_entry_point(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(**_: str) -> NoReturn:
        raise AssertionError("entry points were looked up")

    monkeypatch.setattr(importlib.metadata, "entry_points", refuse)
    assert CliRunner().invoke(cli.app, ["ingest", "--help"]).exit_code == 0
    with pytest.raises(AssertionError, match="were looked up"):
        CliRunner().invoke(cli.app, ["demo", "--help"], catch_exceptions=False)


def test_a_name_that_nobody_has_is_named_with_the_nearest() -> None:
    ended = CliRunner().invoke(cli.app, ["demmo"])
    assert ended.exit_code == 2
    assert "No such command 'demmo'" in ended.output


def test_the_sandbox_adds_its_ports_to_the_checks(tmp_path: Path) -> None:
    findings = examine(Settings(project_dir=ROOT, home=tmp_path), connections=False)
    checks = [finding.check for finding in findings]
    assert checks.index("Catalog") < checks.index("Ports")
    assert checks[-2:] == ["Ports", "Ports"]


def test_the_command_line_does_without_the_sandbox() -> None:
    program = (
        "import sys; from operations.cli.app import app; import operations.monitoring.doctor;"
        "import operations.refresh.watch, operations.deploy.airflow;"
        "print(sorted(name for name in sys.modules if name.split('.')[0] == 'sandbox'))"
    )
    said = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert said.stdout.strip() == "[]"
