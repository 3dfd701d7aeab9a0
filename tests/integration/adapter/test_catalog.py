"""`catalog.json`: what dbt's documentation shows of tables and views."""

import json
from typing import Any

import pytest

from tests.integration.adapter.plain_project import PlainProject

pytestmark = pytest.mark.spark

PROPERTIES = """
models:
  - name: documented
    description: "What it's for: \\"sales\\""
    config: {persist_docs: {relation: true, columns: true}}
    columns:
      - {name: amount, description: In euros}
"""


def test_comments_statistics_and_owners(project: PlainProject) -> None:
    project.write("models/documented.yml", PROPERTIES)
    table = "{{ config(materialized='table') }} select 1 as id, 2.5BD as amount"
    project.build("documented", table)
    project.build(
        "seen", "{{ config(materialized='view') }} select id from {{ ref('documented') }}"
    )
    project.dbt("docs", "generate", "--no-compile", "--select", "documented", "seen")
    nodes = json.loads((project.target / "catalog.json").read_text("utf-8"))["nodes"]
    documented = nodes["model.plain.documented"]
    assert documented["metadata"]["comment"] == 'What it\'s for: "sales"'
    assert _columns(documented) == [("id", "int", None), ("amount", "decimal(2,1)", "In euros")]
    assert documented["stats"]["rows"]["value"] == 1
    if not project.repaired:  # the plugin is in either project, the listing of views is a macro
        assert list(nodes) == ["model.plain.documented"]
        return
    seen = nodes["model.plain.seen"]
    assert (seen["metadata"]["comment"], seen["metadata"]["owner"]) == (None, None)
    assert _columns(seen) == [("id", "int", None)]


def _columns(node: dict[str, Any]) -> list[tuple[str, str, str | None]]:
    return [(name, column["type"], column["comment"]) for name, column in node["columns"].items()]
