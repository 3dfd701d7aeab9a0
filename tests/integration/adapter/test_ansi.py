"""ANSI SQL in each of Spark's modes: a value that does not fit is an error, never lost."""

import subprocess
import sys
from pathlib import Path

import pytest

from lake.lake import Lake
from lake.settings import Settings
from operations.runtime.environment import dbt_environment
from tests.integration.adapter.plain_project import ANSI_SWITCH, PROJECT, ROOT, PlainProject
from tests.integration.adapter.spark_server import CONNECT, THRIFT, spark_server
from tests.warm_dbt import DbtFailedError

pytestmark = pytest.mark.spark

NO_NUMBER = "select cast('abc' as int) as a"
TOO_LARGE = "select number + 1 as a from values (2147483647) as given (number)"
CONNECT_TARGET = """
method: session, host: NA, schema: silver,
server_side_parameters: {{spark.remote: "sc://127.0.0.1:{port}", {switch}: "{ansi}"}}
"""
THRIFT_TARGET = """
method: thrift, host: 127.0.0.1, port: {port}, user: dbt, schema: silver,
server_side_parameters: {{{switch}: "{ansi}"}}
"""


@pytest.mark.parametrize(
    ("sql", "error", "stored"),
    [(NO_NUMBER, "CAST_INVALID_INPUT", None), (TOO_LARGE, "ARITHMETIC_OVERFLOW", -(2**31))],
)
def test_in_the_process_of_dbt(
    project: PlainProject, sql: str, error: str, stored: int | None
) -> None:
    model = f"{{{{ config(materialized='table') }}}} {sql}"
    if not project.repaired:
        project.build("overflowing", model)
        assert project.rows("overflowing", "a") == [{"a": stored}]
        return
    with pytest.raises(DbtFailedError, match=error):
        project.build("overflowing", model)


def test_on_servers(tmp_path: Path) -> None:
    parameters = {
        key: str(value)
        for key, value in _lake_of(tmp_path).spark_parameters.items()
        if key != ANSI_SWITCH
    }
    settings = Settings(project_dir=tmp_path, home=tmp_path / "home")
    with spark_server(CONNECT, parameters, settings) as port:
        without = _said_of_a_cast(settings, CONNECT_TARGET, port, ansi=False)
        with_it = _said_of_a_cast(settings, CONNECT_TARGET, port, ansi=True)
    assert "PASS=1" in without
    assert "CAST_INVALID_INPUT" in with_it
    with spark_server(THRIFT, parameters, settings) as port:
        on_thrift = _said_of_a_cast(settings, THRIFT_TARGET, port, ansi=False)
    assert "CAST_INVALID_INPUT" in on_thrift


def _lake_of(folder: Path) -> Lake:
    """Lay out a project of one model, and return its lake by the settings of Firn's profile."""
    (folder / "home" / "lake").mkdir(parents=True)
    (folder / "dbt_project.yml").write_text(PROJECT)
    (folder / "models").mkdir()
    (folder / "models" / "cast.sql").write_text(
        f"{{{{ config(materialized='table') }}}} {NO_NUMBER}"
    )
    lake = Lake(Settings(project_dir=ROOT, home=folder / "home"))
    lake.catalog.create_namespace_if_not_exists("default")  # PyHive goes there first
    return lake


def _said_of_a_cast(settings: Settings, target: str, port: int, ansi: bool) -> str:
    """Run the model on a server by `dbt run`, and return what dbt printed."""
    output = target.format(port=port, switch=ANSI_SWITCH, ansi=str(ansi).lower())
    (settings.project_dir / "profiles").mkdir(exist_ok=True)
    (settings.project_dir / "profiles" / "profiles.yml").write_text(
        f"firn: {{target: server, outputs: {{server: {{type: spark, {output}}}}}}}"
    )
    dbt = Path(sys.executable).parent / "dbt"
    return subprocess.run(
        [dbt, "run"], cwd=settings.project_dir, env=dbt_environment(settings),
        capture_output=True, text=True, timeout=300, check=False,
    ).stdout  # fmt: skip
