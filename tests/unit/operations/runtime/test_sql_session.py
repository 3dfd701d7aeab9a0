"""What is said of a target that no SQL can be run with, before or without any Spark."""

from pathlib import Path

import pytest
import yaml

from lake.errors import ConfigurationError, EnvironmentFault
from lake.processes import free_port
from lake.settings import Settings
from operations.runtime.spark import Spark
from operations.runtime.sql_engine import StatementError
from operations.runtime.sql_session import open_session


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Return a project whose targets cannot be used."""
    remote = {"spark.remote": f"sc://127.0.0.1:{free_port()}"}
    thrift = {"method": "thrift", "host": "127.0.0.1", "port": 1, "use_ssl": True}
    outputs = {
        "odbc": {"method": "odbc", "server_side_parameters": {}},
        "nobody": {"method": "session", "server_side_parameters": remote},
        "ssl": {**thrift, "server_side_parameters": {}},
    }
    (tmp_path / "profiles").mkdir()
    (tmp_path / "dbt_project.yml").write_text("name: firn")
    profile = {"firn": {"target": "nobody", "outputs": outputs}}
    (tmp_path / "profiles" / "profiles.yml").write_text(yaml.safe_dump(profile))
    return tmp_path


def settings_of(project: Path, target: str) -> Settings:
    return Settings(project_dir=project, home=project / "home", target=target)


def test_a_method_that_is_not_supported_is_named_with_those_that_are(project: Path) -> None:
    with pytest.raises(ConfigurationError, match="'odbc'.*\n.*session, thrift"):
        open_session(settings_of(project, "odbc"))


def test_options_of_thrift_that_are_not_supported_are_named(project: Path) -> None:
    with pytest.raises(ConfigurationError, match="by Thrift with use_ssl"):
        open_session(settings_of(project, "ssl"))


def test_a_server_that_is_not_there_is_missed_at_once(project: Path) -> None:
    with pytest.raises(EnvironmentFault, match="no Spark listens at sc://.*\n.*firn spark start"):
        open_session(settings_of(project, "nobody"))


@pytest.mark.parametrize(
    ("target", "message"), [("nobody", "no Spark listens"), ("missing", "no target missing")]
)
def test_the_process_that_runs_statements_takes_the_target_over(
    project: Path, target: str, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DBT_TARGET", "odbc")
    with (
        Spark(settings_of(project, target)) as spark,
        pytest.raises(StatementError, match=message) as failed,
    ):
        spark.sql("select 1")
    assert failed.value.fix
