"""What dbt's suite asks of an adapter's project: a target, and files that are Iceberg tables."""

import re
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from dbt.tests.fixtures.project import TestProjInfo
from dbt.tests.util import get_connection

import dbt_spark_repairs
from lake.lake import Lake
from lake.settings import Settings
from tests.adapter_suite.words import in_spark_words, statements
from tests.integration.adapter.plain_project import ANSI_SWITCH, ROOT

REPAIRS = "repairs"
KINDS = ("models", "seeds", "snapshots")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--repaired`: lift the repairs into every project."""
    parser.addoption("--repaired", action="store_true", help="with Firn's repairs")


def pytest_configure(config: pytest.Config) -> None:
    """Take the plugin away from dbt where the repairs are not asked for."""
    if not config.getoption("--repaired"):
        dbt_spark_repairs.plugins.clear()


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
def dbt_profile_target(spark_target: dict[str, Any]) -> dict[str, Any]:
    """Return the target of every project in the suite."""
    return spark_target


@pytest.fixture(scope="class")
def spark_target(spark_parameters: dict[str, str]) -> dict[str, Any]:
    """Return the target, for classes that replace the suite's fixture of it."""
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


@pytest.fixture(scope="class")
def project(project: TestProjInfo, request: pytest.FixtureRequest) -> TestProjInfo:
    """Translate PostgreSQL's words in files and statements, where the module asks for it."""
    project.test_dir = str(_folder_of_suite(request.cls))
    if request.module.__name__.endswith(".neutral_suite"):
        _translate_files(Path(project.project_root))
        setattr(project, "run_sql", _translating(project))  # noqa: B010 - a method
    return project


@pytest.fixture(scope="class")
def test_data_dir(request: pytest.FixtureRequest) -> str:
    """Return the folder of data beside the suite's own module of the class."""
    return str(_folder_of_suite(request.cls) / "data")


def _folder_of_suite(tested: type) -> Path:
    modules = [base.__module__ for base in tested.__mro__]
    module = next(name for name in modules if name.startswith("dbt.tests.adapter."))
    return Path(str(sys.modules[module].__file__)).parent


def _translate_files(root: Path) -> None:
    found = [file for kind in (*KINDS, "macros", "tests") for file in (root / kind).rglob("*")]
    for file in [*found, root / "dbt_project.yml"]:
        if file.suffix in (".sql", ".yml"):
            text = file.read_text(encoding="utf-8")
            file.write_text(in_spark_words(text), encoding="utf-8")


def _translating(project: TestProjInfo) -> Callable[..., object]:
    """Return `run_sql` for scripts of several statements; DROP SCHEMA goes through the adapter."""
    run_sql = project.run_sql

    def run(sql: str, fetch: str | None = None) -> object:
        found = None
        for statement in statements(sql):
            dropped = re.fullmatch(r"drop schema if exists (\S+) cascade", statement.strip())
            if dropped:
                with get_connection(project.adapter):
                    project.adapter.drop_schema(project.adapter.Relation.create(schema=dropped[1]))
            else:
                found = run_sql(statement, fetch)  # type: ignore[no-untyped-call]
        return found

    return run
