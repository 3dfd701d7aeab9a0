"""The contracts of layers in pyproject.toml, with one bad import each planted into a copy."""

import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.conventions.locks import ROOT

LINT = Path(sys.executable).parent / "lint-imports"
CONFIG = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"][
    "importlinter"
]
CONTRACTS = {contract["id"]: contract for contract in CONFIG["contracts"]}
PACKAGES = {
    ROOT / "dags" / "firn_dags" if name == "firn_dags" else ROOT / name
    for name in CONFIG["root_packages"]
}


@pytest.fixture(scope="module")
def pristine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of all packages and of the contracts."""
    copy = tmp_path_factory.mktemp("layers")
    only_python = shutil.ignore_patterns("data", "__pycache__", "*.sql", "*.json", "*.yml")
    for package in PACKAGES:
        shutil.copytree(package, copy / package.relative_to(ROOT), ignore=only_python)
    shutil.copy(ROOT / "pyproject.toml", copy)
    return copy


@pytest.fixture
def project(pristine: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(pristine, tmp_path / "project"))


def _lint(project: Path) -> tuple[int, str]:
    done = subprocess.run(
        [LINT, "--no-cache", "--no-logo"],
        cwd=project,
        env={"PYTHONPATH": f"{project}:{project / 'dags'}", "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def test_the_packages_keep_the_contracts(pristine: Path) -> None:
    code, said = _lint(pristine)
    assert code == 0, said
    assert f"Contracts: {len(CONTRACTS)} kept, 0 broken." in said


@pytest.mark.parametrize(
    ("contract", "modules", "found"),
    [
        ("layers", {"lake/planted": "ingestion.api"}, "lake.planted -> ingestion.api"),
        (
            "layers",
            {"ingestion/planted": "operations.runtime.java"},
            "ingestion.planted -> operations.runtime.java",
        ),
        ("layers", {"operations/planted": "dbt_firn"}, "operations.planted -> dbt_firn"),
        ("runners", {"lake/planted": "dbt.flags"}, "lake.planted -> dbt"),
        ("runners", {"ingestion/planted": "pyspark.sql"}, "ingestion.planted -> pyspark"),
        (
            "product",
            {"operations/planted": "sandbox.systems"},
            "operations.planted -> sandbox.systems",
        ),
        (
            "product",
            {"ingestion/planted": "benchmarks.figures"},
            "ingestion.planted -> benchmarks.figures",
        ),
        (
            "sandbox",
            {"sandbox/planted": "benchmarks.rounds"},
            "sandbox.planted -> benchmarks.rounds",
        ),
        (
            "independent-connectors",
            {"ingestion/connectors/files/planted": "ingestion.connectors.postgres.values"},
            "ingestion.connectors.files.planted -> ingestion.connectors.postgres.values",
        ),
        (
            "connectors",
            {"ingestion/planted": "ingestion.connectors.files.reader"},
            "ingestion.planted -> ingestion.connectors.files.reader",
        ),
        (
            "cycles",
            {"lake/planted": "lake.planted_too", "lake/planted_too": "lake.planted"},
            "No cycles are allowed in lake.",
        ),
    ],
)
def test_a_bad_import_is_named(
    project: Path, contract: str, modules: dict[str, str], found: str
) -> None:
    for module, imported in modules.items():
        (project / f"{module}.py").write_text(f"import {imported}\n", encoding="utf-8")
    code, said = _lint(project)
    assert code == 1
    assert found in said
    assert f"{CONTRACTS[contract]['name']} BROKEN" in said


def test_every_package_is_under_contract() -> None:
    tops = {
        path.parent for pattern in ("*", "dags/*") for path in ROOT.glob(f"{pattern}/__init__.py")
    }
    assert tops - {ROOT / "tests"} == PACKAGES
    connectors = {
        f"ingestion.connectors.{path.parent.name}"
        for path in (ROOT / "ingestion" / "connectors").glob("*/__init__.py")
    }
    assert set(CONTRACTS["independent-connectors"]["modules"]) == connectors
    assert set(CONTRACTS["connectors"]["protected_modules"]) == connectors
    assert set(CONTRACTS["cycles"]["ancestors"]) == set(CONFIG["root_packages"])
