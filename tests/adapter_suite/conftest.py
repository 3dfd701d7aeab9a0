"""What dbt's suite asks of an adapter's project: a target, and files that are Iceberg tables."""

import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from lake.lake import Lake
from lake.settings import Settings
from tests.integration.adapter.plain_project import ANSI_SWITCH, ROOT

REPAIRS = "repairs"
KINDS = ("models", "seeds", "snapshots")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--repaired`: lift the repairs into every project."""
    parser.addoption("--repaired", action="store_true", help="with Firn's repairs")


@pytest.fixture(scope="session")
def repaired(request: pytest.FixtureRequest) -> bool:
    """Whether the repairs are lifted in."""
    return bool(request.config.getoption("--repaired"))


@pytest.fixture(scope="session")
def spark_parameters(tmp_path_factory: pytest.TempPathFactory, repaired: bool) -> dict[str, str]:
    """Return the settings of Firn's Spark for a lake of this run's own."""
    home = tmp_path_factory.mktemp("suite")
    (home / "lake").mkdir()
    parameters = Lake(Settings(project_dir=ROOT, home=home)).spark_parameters
    return {
        name: str(value) for name, value in parameters.items() if repaired or name != ANSI_SWITCH
    }


@pytest.fixture(scope="class")
def dbt_profile_target(spark_parameters: dict[str, str]) -> dict[str, Any]:
    """Return the target of every project in the suite."""
    return {
        "type": "spark",
        "method": "session",
        "host": "NA",
        "user": "firn",
        "threads": 4,
        "server_side_parameters": spark_parameters,
    }


@pytest.fixture(scope="class")
def dbt_project_yml(
    dbt_project_yml: dict[str, Any], project_root: str, repaired: bool
) -> dict[str, Any]:
    """Let whatever a test's project makes be an Iceberg table, unless the test says otherwise."""
    for kind in KINDS:
        dbt_project_yml.setdefault(kind, {}).setdefault("+file_format", "iceberg")
    project = Path(project_root)
    if repaired:
        dbt_project_yml["macro-paths"] = [*dbt_project_yml.get("macro-paths", ["macros"]), REPAIRS]
        shutil.copytree(ROOT / "macros" / "adapter", project / REPAIRS)
    (project / "dbt_project.yml").write_text(yaml.safe_dump(dbt_project_yml), encoding="utf-8")
    return dbt_project_yml
