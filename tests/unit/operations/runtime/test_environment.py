"""Which variables make dbt read a project again: another place for the lake does not."""

from pathlib import Path

import pytest

from lake.settings import Settings
from operations.runtime.environment import dbt_environment, parsing_variables

HERE = Settings(project_dir=Path("/project"), home=Path("/here"))


def test_a_lake_elsewhere_is_parsed_alike() -> None:
    elsewhere = HERE.model_copy(update={"home": Path("/elsewhere")})
    assert dbt_environment(elsewhere) != dbt_environment(HERE)
    assert _parsed(elsewhere) == _parsed(HERE)


def test_another_project_target_or_variable_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    before = _parsed(HERE)
    assert _parsed(HERE.model_copy(update={"project_dir": Path("/other")})) != before
    assert _parsed(HERE.model_copy(update={"target": "warm"})) != before
    monkeypatch.setenv("READ_BY_A_MODEL", "1")
    assert _parsed(HERE) != before


def test_of_other_variables_only_those_that_the_project_asks_for_count(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("ASKED", "OTHER", "DBT_FAIL_FAST", "FIRN_HOME"):
        monkeypatch.setenv(name, "1")
    read = parsing_variables(dbt_environment(HERE), {"ASKED", "FIRN_HOME"})
    assert {"ASKED", "DBT_FAIL_FAST"} <= read.keys()
    assert not {"OTHER", "FIRN_HOME"} & read.keys()


def _parsed(settings: Settings) -> dict[str, str]:
    return parsing_variables(dbt_environment(settings))
