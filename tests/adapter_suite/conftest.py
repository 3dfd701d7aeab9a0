"""What dbt's suite asks of an adapter's project: a target, and files that are Iceberg tables."""

import inspect
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from dbt.adapters.contracts.connection import Connection
from dbt.adapters.spark.impl import SparkAdapter
from dbt.tests.fixtures.project import TestProjInfo

from lake.lake import Lake
from lake.settings import Settings
from tests.adapter_suite.words import statements, translated
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
def spark_target(spark_parameters: dict[str, str]) -> dict[str, Any]:
    """Return a target on Firn's Spark."""
    return {
        "type": "spark",
        "method": "session",
        "host": "NA",
        "user": "firn",
        "threads": 4,
        "server_side_parameters": spark_parameters,
    }


@pytest.fixture(scope="class")
def dbt_profile_target(spark_target: dict[str, Any]) -> dict[str, Any]:
    """Return the target of every project in the suite."""
    return spark_target


@pytest.fixture(scope="class")
def dbt_project_yml(
    dbt_project_yml: dict[str, Any], project_root: str, repaired: bool, is_neutral: bool
) -> dict[str, Any]:
    """Let whatever a test's project makes be an Iceberg table, unless the test says otherwise."""
    for kind in KINDS:
        dbt_project_yml.setdefault(kind, {}).setdefault("+file_format", "iceberg")
    if is_neutral:  # the suite expects MERGE by default, as other adapters have it
        dbt_project_yml.setdefault("models", {}).setdefault("+incremental_strategy", "merge")
    project = Path(project_root)
    if repaired:
        dbt_project_yml["macro-paths"] = [*dbt_project_yml.get("macro-paths", ["macros"]), REPAIRS]
        shutil.copytree(ROOT / "macros" / "adapter", project / REPAIRS)
    (project / "dbt_project.yml").write_text(yaml.safe_dump(dbt_project_yml), encoding="utf-8")
    return dbt_project_yml


@pytest.fixture(scope="class")
def is_neutral(request: pytest.FixtureRequest) -> bool:
    """Whether a class has PostgreSQL's words translated."""
    return bool(getattr(request.cls, "neutral", False))


def _folder_of(suite_class: type) -> Path:
    """Return the folder of the suite's class that a class of ours is made from."""
    own = [base for base in suite_class.__mro__ if base.__module__.startswith("dbt.tests.adapter")]
    return Path(inspect.getfile(own[0])).parent


@pytest.fixture(scope="class")
def test_data_dir(request: pytest.FixtureRequest, test_data_dir: str, is_neutral: bool) -> str:
    """Return the folder of a test's scripts, beside the class that asks for them."""
    folder = _folder_of(request.cls) / "data" if is_neutral else Path()
    return str(folder) if folder.name and folder.exists() else test_data_dir


@pytest.fixture(scope="class")
def project(
    request: pytest.FixtureRequest, project: TestProjInfo, is_neutral: bool
) -> TestProjInfo:
    """Let a neutral class find the files that stand beside its base."""
    if is_neutral:
        project.test_dir = str(_folder_of(request.cls))
    return project


@pytest.fixture(scope="class")
def project_files(project_files: None, project_root: str, is_neutral: bool) -> None:
    """Translate the words of the files that a neutral class's project has."""
    for file in Path(project_root).rglob("*") if is_neutral else ():
        if file.suffix in (".sql", ".yml") and file.name != "dbt_project.yml":
            text = file.read_text(encoding="utf-8")
            file.write_text(translated(text), encoding="utf-8")


@pytest.fixture(scope="class", autouse=True)
def _scripts_for_spark(is_neutral: bool) -> Iterator[None]:
    """Run the scripts of neutral classes one statement after the other."""
    run_one = SparkAdapter.run_sql_for_tests

    def run_script(
        adapter: SparkAdapter, sql: str, fetch: str | None, connection: Connection
    ) -> object:
        found = None
        for statement in statements(sql):
            found = run_one(adapter, statement, fetch, connection)  # type: ignore[no-untyped-call]
        return found

    with pytest.MonkeyPatch.context() as patch:
        if is_neutral:
            patch.setattr(SparkAdapter, "run_sql_for_tests", run_script)
        yield
