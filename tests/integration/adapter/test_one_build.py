"""Two `dbt` commands on one lake: the second waits until the first has ended, or refuses."""

import json
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from lake.locks import ProcessLock
from tests.integration.adapter.plain_project import PlainProject
from tests.warm_dbt import WarmDbt

pytestmark = pytest.mark.spark

DBT = Path(sys.executable).with_name("dbt")
SLOW = "{{ config(materialized='table') }} select java_method('java.lang.Thread', 'sleep', 12000L)"
DEADLINE_SECONDS = 180


@pytest.fixture
def project(tmp_path: Path, warm_dbt: WarmDbt) -> PlainProject:
    """Return a project without a Spark of its own."""
    return PlainProject(tmp_path / "project", warm_dbt, repaired=True)


def _start(project: PlainProject, *arguments: str, **variables: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [DBT, *arguments], env=project.environment | variables, cwd=project.folder,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip


def _ran(project: PlainProject) -> list[str]:
    """Return what the command ran that wrote the results last."""
    results = json.loads((project.target / "run_results.json").read_text())["results"]
    return [str(result["unique_id"]) for result in results]


def test_a_second_one_refuses_or_waits_for_the_first(project: PlainProject) -> None:
    """Fault two-builds: both succeed, and what the first one wrote is its own until it ends."""
    project.write("models/first.sql", SLOW)
    project.write("models/second.sql", "{{ config(materialized='table') }} select 2 as id")
    with ThreadPoolExecutor() as pool:
        first = pool.submit(project.dbt, "run", "--select", "first")
        manifest = project.target / "manifest.json"
        deadline = time.monotonic() + DEADLINE_SECONDS
        while not manifest.exists() and time.monotonic() < deadline:
            time.sleep(0.05)
        refused = _start(project, "run", "--select", "second", FIRN_NO_WAIT="true")
        said, _ = refused.communicate(timeout=DEADLINE_SECONDS)
        assert refused.returncode == 2
        assert "dbt is at work in this lake already, pid" in said
        assert "unset FIRN_NO_WAIT" in said
        second = _start(project, "run", "--select", "second")
        first.result()
        assert _ran(project) == ["model.plain.first"]
    said, _ = second.communicate(timeout=DEADLINE_SECONDS)
    assert second.returncode == 0, said
    assert "Waiting for the dbt that is at work in this lake: pid" in said
    assert _ran(project) == ["model.plain.second"]
    assert [project.snapshots_count(name) for name in ("first", "second")] == [1, 1]


def test_one_that_reads_does_not_wait(project: PlainProject) -> None:
    project.write("models/first.sql", "select 1 as id")
    lock = ProcessLock(project.target.parent, "build")
    assert lock.acquire(0)
    try:
        listed = _start(project, "list", FIRN_NO_WAIT="true")
        said, _ = listed.communicate(timeout=DEADLINE_SECONDS)
        assert listed.returncode == 0, said
        refused = _start(project, "seed", FIRN_NO_WAIT="true")
        said, _ = refused.communicate(timeout=DEADLINE_SECONDS)
        assert f"pid {os.getpid()} since" in said
    finally:
        lock.release()
