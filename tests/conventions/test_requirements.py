"""pyproject.toml agrees with the locks, with what the product imports, and with the changelog."""

import ast
import re
import sys
import tomllib
from datetime import date
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from tests.conventions.locks import ROOT, requirements_of

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PRODUCT = ("lake", "ingestion", "operations", "dashboard", "dbt_spark_repairs", "dbt_firn")
OURS = {"benchmarks", "firn_dags", "lake", "sandbox", "tests", *PRODUCT}


def _requirements(*groups: list[str]) -> set[Requirement]:
    return {Requirement(line) for group in groups for line in group}


def _names(requirements: set[Requirement]) -> set[str]:
    return {canonicalize_name(requirement.name) for requirement in requirements}


DIRECT = _requirements(PROJECT["project"]["dependencies"])
SANDBOX = _requirements(PROJECT["project"]["optional-dependencies"]["sandbox"])
BROUGHT_BY = packages_distributions()
BUILD = _requirements(PROJECT["build-system"]["requires"])


def _imported(package: str) -> dict[str, Path]:
    """The top names that a package's modules import, wherever in a module, each with one module."""
    found: dict[str, Path] = {}
    for path in sorted((ROOT / package).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                found |= {name.name.partition(".")[0]: path for name in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                found[node.module.partition(".")[0]] = path
    return found


def test_pyproject_and_the_lock_ask_for_the_same() -> None:
    locked = requirements_of(ROOT / "requirements" / "runtime.in")["runtime.in"]
    assert set(locked) == DIRECT | SANDBOX | BUILD


@pytest.mark.parametrize("package", [*PRODUCT, "sandbox"])
def test_what_is_imported_is_asked_for(package: str) -> None:
    asked = _names(DIRECT | SANDBOX if package == "sandbox" else DIRECT)
    missing = {
        name: str(path.relative_to(ROOT))
        for name, path in _imported(package).items()
        if name not in OURS | sys.stdlib_module_names
        and not asked & {canonicalize_name(found) for found in BROUGHT_BY.get(name, [])}
    }
    assert missing == {}


def test_the_wheel_has_every_package_of_the_product() -> None:
    wheel = PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
    assert {*PRODUCT, "sandbox"} == set(wheel)
    assert (ROOT / "LICENSE").read_text(encoding="utf-8").count("Apache License") > 1


def test_the_version_is_that_of_the_newest_release() -> None:
    heads = re.findall(
        r"^## (.*)$", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE
    )
    assert heads[0] == "[Unreleased]"
    releases = [
        re.fullmatch(r"\[(\d+\.\d+\.\d+)\] - (\d{4}-\d\d-\d\d)", head) for head in heads[1:]
    ]
    found = [
        (Version(release[1]), date.fromisoformat(release[2])) for release in releases if release
    ]
    assert len(found) == len(releases) >= 1, heads
    assert found == sorted(found, reverse=True)
    assert [day for _, day in found] == sorted((day for _, day in found), reverse=True)
    dbt = yaml.safe_load((ROOT / "dbt_project.yml").read_text(encoding="utf-8"))
    assert str(found[0][0]) == PROJECT["project"]["version"] == dbt["version"]
