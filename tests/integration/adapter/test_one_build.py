"""Two `dbt` commands on one lake: the second waits until the first has ended, or refuses."""

import json
import os
import sqlite3
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
from pyiceberg.schema import Schema
from pyiceberg.types import LongType, NestedField

from lake.locks import ProcessLock
from tests.integration.adapter.plain_project import PlainProject
from tests.warm_dbt import WarmDbt

pytestmark = pytest.mark.spark

DBT = Path(sys.executable).with_name("dbt")
HELD = "{{ config(materialized='table', pre_hook='{{ wait_for_go() }}') }} select 1 as id"
# However long the second dbt takes to start, the first is there until the test lets it go on.
WAIT_FOR_GO = """
{% macro wait_for_go() %}
    {% if execute %}
        {% set state = namespace(is_held=true) %}
        {% for _ in range(600) %}
            {% if state.is_held %}
                {% do run_query("select java_method('java.lang.Thread', 'sleep', 300L)") %}
                {% set state.is_held = not run_query("show tables in silver like 'go'").rows %}
            {% endif %}
        {% endfor %}
    {% endif %}
    select 1
{% endmacro %}
"""
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


def _said_until_waiting(process: subprocess.Popen[str]) -> str:
    """Return what a command says until it waits, or ends."""
    said = ""
    assert process.stdout
    for line in process.stdout:
        said += line
        if "waiting " in line.lower():
            break
    return said


def _ran(project: PlainProject) -> list[str]:
    """Return what the command ran that wrote the results last."""
    results = json.loads((project.target / "run_results.json").read_text())["results"]
    return [str(result["unique_id"]) for result in results]


def test_a_second_one_refuses_or_waits_for_the_first(project: PlainProject) -> None:
    """Fault two-builds: both succeed, and what the first one wrote is its own until it ends."""
    project.write("models/first.sql", HELD)
    project.write("macros/wait_for_go.sql", WAIT_FOR_GO)
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
        assert "Waiting for the dbt that is at work in this lake: pid" in _said_until_waiting(
            second
        )
        project.catalog.create_table(("silver", "go"), Schema(NestedField(1, "id", LongType())))
        first.result()
        assert _ran(project) == ["model.plain.first"]
    said, _ = second.communicate(timeout=DEADLINE_SECONDS)
    assert second.returncode == 0, said
    assert _ran(project) == ["model.plain.second"]
    project.catalog.drop_table(("silver", "go"))
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


def test_a_catalog_that_is_locked_is_waited_for_with_a_note(project: PlainProject) -> None:
    """Fault catalog-locked: Spark would wait for it without a word."""
    project.write("models/one.sql", "{{ config(materialized='table') }} select 1 as id")
    project.dbt("run")
    file = project.folder / "home" / "lake" / "catalog.db"
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("begin immediate")
        waiting = _start(project, "run")
        said = _said_until_waiting(waiting)
        assert f"for the catalog {file}, which another process has locked" in said
        assert f"pid {os.getpid()}" in said
        other.execute("rollback")
    said, _ = waiting.communicate(timeout=DEADLINE_SECONDS)
    assert waiting.returncode == 0, said
    assert project.snapshots_count("one") == 2
