"""The contracts of layers in pyproject.toml, with bad imports planted into a copy."""

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


# contract, module that is planted, what it imports, what lint-imports says about it
PLANTED = [
    ("layers", "lake.up", "ingestion.api", "lake.up -> ingestion.api"),
    (
        "layers",
        "ingestion.up",
        "operations.runtime.java",
        "ingestion.up -> operations.runtime.java",
    ),
    ("layers", "operations.up", "dbt_firn", "operations.up -> dbt_firn"),
    ("layers", "operations.page", "dashboard.site", "operations.page -> dashboard.site"),
    ("layers", "dashboard.dag", "firn_dags.commands", "dashboard.dag -> firn_dags.commands"),
    ("runners", "lake.models", "dbt.flags", "lake.models -> dbt"),
    ("runners", "ingestion.session", "pyspark.sql", "ingestion.session -> pyspark"),
    ("product", "operations.shop", "sandbox.systems", "operations.shop -> sandbox.systems"),
    ("product", "ingestion.bench", "benchmarks.figures", "ingestion.bench -> benchmarks.figures"),
    ("product", "operations.leaf", "docs.site.build", "operations.leaf -> docs"),
    ("sandbox", "sandbox.bench", "benchmarks.rounds", "sandbox.bench -> benchmarks.rounds"),
    (
        "independent-connectors",
        "ingestion.connectors.files.peer",
        "ingestion.connectors.postgres.values",
        "ingestion.connectors.files.peer -> ingestion.connectors.postgres.values",
    ),
    (
        "connectors",
        "ingestion.direct",
        "ingestion.connectors.files.reader",
        "ingestion.direct -> ingestion.connectors.files.reader",
    ),
    ("cycles", "lake.one", "lake.other", "No cycles are allowed in lake."),
    ("cycles", "lake.other", "lake.one", "No cycles are allowed in lake."),
]


def _copy(to: Path) -> Path:
    only_python = shutil.ignore_patterns("data", "__pycache__", "*.sql", "*.json", "*.yml")
    for package in PACKAGES:
        shutil.copytree(package, to / package.relative_to(ROOT), ignore=only_python)
    shutil.copy(ROOT / "pyproject.toml", to)
    return to


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


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> tuple[int, str]:
    """What the contracts say of a copy of all packages."""
    return _lint(_copy(tmp_path_factory.mktemp("kept")))


@pytest.fixture(scope="module")
def broken(tmp_path_factory: pytest.TempPathFactory) -> tuple[int, str]:
    """What they say of a copy with all bad imports planted."""
    project = _copy(tmp_path_factory.mktemp("broken"))
    for _, module, imported, _ in PLANTED:
        file = project / f"{module.replace('.', '/')}.py"
        assert not file.exists()
        file.write_text(f"import {imported}\n", encoding="utf-8")
    return _lint(project)


def test_the_packages_keep_the_contracts(kept: tuple[int, str]) -> None:
    code, said = kept
    assert code == 0, said
    assert f"Contracts: {len(CONTRACTS)} kept, 0 broken." in said


@pytest.mark.parametrize(
    ("contract", "found"),
    [(contract, found) for contract, _, _, found in PLANTED],
    ids=[module for _, module, _, _ in PLANTED],
)
def test_a_bad_import_is_named(
    kept: tuple[int, str], broken: tuple[int, str], contract: str, found: str
) -> None:
    code, said = broken
    assert code == 1
    assert found in said
    assert f"{CONTRACTS[contract]['name']} BROKEN" in said
    assert found not in kept[1]


def test_a_fault_is_planted_for_every_contract() -> None:
    assert {contract for contract, _, _, _ in PLANTED} == set(CONTRACTS)


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
