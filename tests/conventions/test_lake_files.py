"""Only `lake/` knows which catalog the lake has and where its files lie."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("dags", "dbt_spark_repairs", "dbt_firn", "ingestion", "operations", "sandbox")
FILES = sorted(file for package in PACKAGES for file in (ROOT / package).rglob("*.py"))
# What pyiceberg and metadata files call the location of a file of the lake.
LOCATION = re.compile(r"location$|^manifest_(list|path)$|^manifest-list$|^file_path$")
LOCAL_CALLS = frozenset({"Path", "urlparse", "urlsplit", "open", "local_path"})
DATABASES = frozenset({"sqlite3", "sqlalchemy"})


def local_readings(source: str) -> Iterator[str]:
    """Yield what reads the lake as if it were files of this machine, with its line."""
    for node in ast.walk(ast.parse(source)):
        names: set[str] = set()
        if isinstance(node, ast.Import):
            names = {alias.name.split(".")[0] for alias in node.names} & DATABASES
        elif isinstance(node, ast.ImportFrom):
            names = {(node.module or "").split(".")[0]} & DATABASES
            names |= {alias.name for alias in node.names} & {"local_path"}
        elif isinstance(node, ast.Call) and _name(node.func) in LOCAL_CALLS:
            names = {found for argument in node.args if (found := _location(argument))}
        for name in names:
            yield f"line {getattr(node, 'lineno', 0)}: {name}"


def _location(node: ast.expr) -> str:
    """Return the name of a location that an expression reads, "" when there is none."""
    for part in ast.walk(node):
        name = _name(part)
        if LOCATION.search(name):
            return name
    return ""


def _name(node: ast.AST) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    return ""


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(ROOT)))
def test_nobody_else_opens_a_file_of_the_lake(file: Path) -> None:
    assert not list(local_readings(file.read_text(encoding="utf-8")))


@pytest.mark.parametrize(
    "violation",
    [
        "import sqlite3",
        "def f():\n    from sqlite3 import connect",
        "from sqlalchemy import create_engine",
        "from lake.lake import local_path",
        "Path(table.metadata_location).unlink()",
        "pathlib.Path(urlparse(location).path)",
        "open(snapshot.manifest_list)",
        "Path(snapshot['manifest-list']).read_bytes()",
        "Path(table.location().removeprefix('file://'))",
        "Path(entry.data_file.file_path)",
    ],
)
def test_a_planted_violation_is_found(violation: str) -> None:
    assert list(local_readings(violation))


def test_the_lake_knows_nothing_of_what_stands_on_it() -> None:
    above = {*PACKAGES, "firn_dags", "tests"}
    for file in sorted((ROOT / "lake").rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom):
                modules = {node.module or ""}
            elif isinstance(node, ast.Import):
                modules = {alias.name for alias in node.names}
            else:
                continue
            assert not {module.split(".")[0] for module in modules} & above, file
