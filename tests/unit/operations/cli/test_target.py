"""`--target` on every command where dbt has it: before DBT_TARGET, and passed on to dbt."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from lake.settings import Settings
from operations.cli import app as cli
from operations.maintenance.run import Maintained
from operations.monitoring.show import NewestRows
from operations.monitoring.status.model import LakeStatus
from operations.monitoring.tables import TableState
from operations.preflight.create import Creation
from operations.runtime.environment import dbt_environment

ROOT = Path(__file__).parents[4]
NO_STATUS = LakeStatus(datetime.now(UTC), (), ())
NOTHING = TableState("gold", "sales", 0, None, None)
# What each command calls with its settings, and what that returns.
COMMANDS: dict[tuple[str, ...], tuple[str, object]] = {
    ("setup",): ("operations.runtime.setup.set_up", []),
    ("doctor",): ("operations.monitoring.doctor.examine", []),
    ("ingest",): ("ingestion.api.ingest", []),
    ("replay",): ("ingestion.loading.replay.replay", None),
    ("create",): ("operations.preflight.create.create_tables", Creation((), ())),
    ("verify",): ("operations.preflight.verify.verify_tables", []),
    ("restore", "gold.sales"): ("operations.preflight.restore.restore_table", "file"),
    ("restore", "gold.sales", "--forget"): ("operations.preflight.restore.forget_table", None),
    ("show", "gold.sales"): (
        "operations.monitoring.show.newest_rows",
        NewestRows(("id",), (), NOTHING),
    ),
    ("status",): ("operations.monitoring.status.status.lake_status", NO_STATUS),
    ("export", "--to", "exports"): ("operations.exports.export.export_tables", []),
    ("maintain",): ("operations.maintenance.run.maintain_lake", Maintained((), (), ())),
    ("watch", "telemetry"): ("operations.refresh.watch.watch", None),
    ("demo",): ("sandbox.demo.demo.run_demo", None),
}


@pytest.fixture(autouse=True)
def _project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FIRN_PROJECT_DIR", str(ROOT))
    monkeypatch.setenv("FIRN_HOME", str(tmp_path))
    monkeypatch.setenv("DBT_TARGET", "of_the_variable")


def target_of(command: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> str | None:
    """Run a command; return the target of the settings that its work is done with."""
    called, returned = COMMANDS[command[: len(command) - command.count("--target") * 2]]
    seen: list[Settings] = []

    def note(*arguments: Any, **_: Any) -> object:  # noqa: ANN401
        seen.extend(one for one in arguments if isinstance(one, Settings))
        return returned

    monkeypatch.setattr(called, note)
    ended = CliRunner().invoke(cli.app, command)
    assert ended.exit_code == 0, ended.output
    (settings,) = seen
    assert dbt_environment(settings)["DBT_TARGET"] == settings.target
    return settings.target


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_the_option_goes_before_the_variable(
    command: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert target_of((*command, "--target", "warm"), monkeypatch) == "warm"


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_the_variable_goes_before_the_profile(
    command: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert target_of(command, monkeypatch) == "of_the_variable"


def test_without_either_dbt_is_left_to_the_profile(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DBT_TARGET")
    assert "DBT_TARGET" not in dbt_environment(Settings.load())


def test_settings_without_a_target_do_not_take_one_from_here() -> None:
    """A lake that was opened by its profile's own target is built by dbt with the same."""
    settings = Settings(project_dir=ROOT, home=Settings.load().home)
    assert "DBT_TARGET" not in dbt_environment(settings)
