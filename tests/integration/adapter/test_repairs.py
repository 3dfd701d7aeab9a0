"""Each repair in `macros/adapter`: the damage that dbt-spark does without it, and none with it.

A test without the repair that begins to pass says that upstream has mended the defect, and that the
repair can go.
"""

import json

import pytest

from tests.integration.adapter.conftest import MakeProject
from tests.integration.adapter.plain_project import PlainProject
from tests.warm_dbt import DbtFailedError

pytestmark = pytest.mark.spark

LARGEST = 9_007_199_254_740_993  # one more than a double can tell apart
SEED = f"""id,amount,note
1,{LARGEST},plain
2,-5,
3,1000,a\\nb \\\\ c
"""
APOSTROPHE = "id,note\n1,it's\n"
DESCRIBED = """
models:
  - name: described
    config: {materialized: table, persist_docs: {relation: true, columns: true}}
    columns:
      - {name: a, description: First's comment}
      - {name: b, description: Second}
      - {name: c, description: Third}
"""
STRICT_SEED = """
seeds:
  - name: counts
    config: {column_types: {number: int}}
"""


def _seeded(project: PlainProject) -> dict[int, tuple[int, str | None]]:
    project.write("seeds/values.csv", SEED)
    project.dbt("seed")
    return {row["id"]: (row["amount"], row["note"]) for row in project.rows("values", "id")}


def test_a_seed_changes_its_values_without_the_repair(make_project: MakeProject) -> None:
    found = _seeded(make_project(False))
    assert found[1][0] == LARGEST - 1
    assert found[2] == (-5, "None")
    assert found[3][1] != "a\\nb \\\\ c"


def test_a_seed_keeps_its_values_with_the_repair(make_project: MakeProject) -> None:
    found = _seeded(make_project(True))
    assert found == {1: (LARGEST, "plain"), 2: (-5, None), 3: (1000, "a\\nb \\\\ c")}


@pytest.mark.parametrize("repaired", [False, True])
def test_an_apostrophe_in_a_seed(make_project: MakeProject, repaired: bool) -> None:
    project = make_project(repaired)
    project.write("seeds/notes.csv", APOSTROPHE)
    if not repaired:
        with pytest.raises(DbtFailedError):
            project.dbt("seed")
        return
    project.dbt("seed")
    assert project.rows("notes", "id") == [{"id": 1, "note": "it's"}]


@pytest.mark.parametrize("repaired", [False, True])
def test_a_value_that_its_column_cannot_hold(make_project: MakeProject, repaired: bool) -> None:
    project = make_project(repaired)
    project.write("seeds/counts.csv", "number\n12\ntwelve\n")
    project.write("seeds/counts.yml", STRICT_SEED)
    if not repaired:
        project.dbt("seed")
        assert project.rows("counts", "number") == [{"number": 12}, {"number": None}]
        return
    with pytest.raises(DbtFailedError, match="number cannot hold 'twelve' as int"):
        project.dbt("seed")


@pytest.mark.parametrize(("repaired", "versions"), [(False, 4), (True, 2)])
def test_comments_of_columns_cost_versions(
    make_project: MakeProject, repaired: bool, versions: int
) -> None:
    project = make_project(repaired)
    project.write("models/described.sql", "select 1 as a, 2 as b, 3 as c")
    project.write("models/described.yml", DESCRIBED)
    project.dbt("run")
    assert project.versions_count("described") == versions
    assert _comments(project) == {"a": "First's comment", "b": "Second", "c": "Third"}


@pytest.mark.parametrize("repaired", [False, True])
def test_a_comment_that_ends_with_a_backslash(make_project: MakeProject, repaired: bool) -> None:
    project = make_project(repaired)
    project.write("models/described.sql", "select 1 as a, 2 as b, 3 as c")
    project.write("models/described.yml", DESCRIBED.replace("Second", "Path \\"))
    if not repaired:
        with pytest.raises(DbtFailedError):
            project.dbt("run")
        return
    project.dbt("run")
    assert _comments(project)["b"] == "Path \\"


def _comments(project: PlainProject) -> dict[str, str | None]:
    return {field.name: field.doc for field in project.table("described").schema().fields}


@pytest.mark.parametrize("repaired", [False, True])
def test_a_view_that_becomes_a_table(make_project: MakeProject, repaired: bool) -> None:
    project = make_project(repaired)
    project.write("models/turning.sql", "{{ config(materialized='view') }} select 1 as a")
    project.dbt("run")
    project.write("models/turning.sql", "{{ config(materialized='table') }} select 2 as a")
    if not repaired:
        with pytest.raises(DbtFailedError, match="already exists"):
            project.dbt("run")
        return
    project.dbt("run")
    assert project.rows("turning", "a") == [{"a": 2}]
    project.write("models/turning.sql", "{{ config(materialized='view') }} select 3 as a")
    project.dbt("run")
    project.dbt("docs", "generate")
    assert "turning" in _documented(project)


def _documented(project: PlainProject) -> set[str]:
    """Return the names of all relations that dbt's catalog shows."""
    catalog = json.loads((project.target / "catalog.json").read_text(encoding="utf-8"))
    return {node["metadata"]["name"] for node in catalog["nodes"].values()}
