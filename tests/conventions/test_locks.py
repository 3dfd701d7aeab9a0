"""The check of the locks in `make lint`, with faults planted into copies of them."""

import re
import shutil
from pathlib import Path

import pytest

from tests.conventions.locks import ROOT, problems


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(ROOT / "requirements", tmp_path / "requirements"))


def _replace(path: Path, pattern: str, by: str) -> None:
    text = path.read_text(encoding="utf-8")
    changed, times = re.subn(pattern, by, text, count=1, flags=re.MULTILINE)
    assert times == 1, f"{pattern} is not in {path.name}"
    path.write_text(changed, encoding="utf-8")


def test_the_locks_meet_what_was_asked_for(folder: Path) -> None:
    assert problems(folder) == []


@pytest.mark.parametrize(
    ("file", "pattern", "by", "found"),
    [
        ("dev.in", r"\Z", "httpx\n", ["dev.txt: does not have `httpx` of dev.in"]),
        (
            "runtime.in",
            r"^duckdb.*$",
            "duckdb>=99",
            ["dev.txt: does not have `duckdb>=99`", "runtime.txt: does not have `duckdb>=99`"],
        ),
        (
            "airflow.in",
            r"^apache-airflow==",
            "apache-airflow[celery]==",
            ["airflow.txt: does not have `apache-airflow[celery]=="],
        ),
        (
            "bench.in",
            r"^polars\n",
            "",
            ["bench.txt: polars is locked for bench.in, which does not name it"],
        ),
        (
            "bootstrap.txt",
            r"^uv==(\S+) \\\n(    --hash=.*\n)+",
            r"uv==\1 \\\n",
            ["bootstrap.txt: uv has no hashes"],
        ),
        (
            "dev.txt",
            r"^rich==\S+",
            "rich==15.0.1",
            ["dev.txt: rich differs from runtime.txt"],
        ),
        (
            "bench-dbt.txt",
            r"^agate==\S+",
            "agate==1.0",
            ["bench-dbt.txt: agate differs from runtime.txt"],
        ),
    ],
)
def test_a_difference_is_named(
    folder: Path, file: str, pattern: str, by: str, found: list[str]
) -> None:
    _replace(folder / file, pattern, by)
    said = problems(folder)
    assert len(said) == len(found)
    for line, beginning in zip(said, found, strict=True):
        assert line.startswith(beginning)
        assert line.endswith("; run `make lock`")


def test_a_missing_lock_is_named(folder: Path) -> None:
    (folder / "bench.txt").unlink()
    assert problems(folder) == ["bench.in: there is no bench.txt; run `make lock`"]
