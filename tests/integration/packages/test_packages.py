"""A package in Firn's own project: its models, tests, hooks and operations do what they say."""

import re
import shutil

import pytest
import yaml

from tests.integration.adapter.plain_project import ROOT, PlainProject
from tests.integration.packages.audit_package import FILES
from tests.warm_dbt import DbtFailedError, WarmDbt

pytestmark = pytest.mark.spark

ORDERS = """
models:
  - name: orders
    data_tests:
      - expression_is_true: {arguments: {expression: amount > 0}}
      - audit.expression_is_true: {arguments: {expression: amount > 0}}
    columns:
      - name: amount
        data_tests:
          - audit.has_column_of_type: {arguments: {type: bigint}}
"""
OVERRIDE = """
{% macro default__label() %}{{ return('of the project') }}{% endmacro %}
"""
ORDER = "{{ config(materialized='table', schema='silver') }} select 1 as id, %s as amount"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory, warm_dbt: WarmDbt) -> PlainProject:
    """Return Firn's project and macros, the package, and one model in place of Firn's own."""
    folder = tmp_path_factory.mktemp("packages") / "project"
    project = PlainProject(folder, warm_dbt, repaired=True)
    declared = yaml.safe_load((ROOT / "dbt_project.yml").read_text(encoding="utf-8"))
    declared["models"]["audit"] = {"+schema": "audit"}
    declared["dispatch"] = [{"macro_namespace": "audit", "search_order": ["firn", "audit"]}]
    project.write("dbt_project.yml", yaml.safe_dump(declared))
    shutil.copytree(ROOT / "macros", folder / "macros", dirs_exist_ok=True)
    for path, text in FILES.items():
        project.write(f"dbt_packages/audit/{path}", text)
    project.write("macros/audit.sql", OVERRIDE)
    project.write("models/orders.yml", ORDERS)
    project.write("models/orders.sql", ORDER % "cast(5 as bigint)")
    project.dbt("build")
    return project


def _rows(project: PlainProject, name: str, order_by: str) -> list[tuple[object, ...]]:
    return [tuple(row.values()) for row in project.rows(name, order_by, "audit")]


def test_models_land_in_the_schema_that_the_project_says(project: PlainProject) -> None:
    tables = {name for _, name in project.catalog.list_tables("audit")}
    assert tables >= {"run_results", "resources", "daily"}
    assert project.catalog.table_exists("silver.orders")
    assert "results_of_models" not in tables  # a view


def test_the_graph_is_inserted_in_batches(project: PlainProject) -> None:
    assert _rows(project, "resources", "name") == [
        ("daily", "audit"),
        ("orders", "silver"),
        ("resources", "audit"),
        ("results_of_models", "audit"),
        ("run_results", "audit"),
    ]


def test_results_are_uploaded_and_kept(project: PlainProject) -> None:
    """The package declares other types than its table has, which is no affair of pre-flight."""
    before = _rows(project, "run_results", "result_id")
    assert ("model.firn.orders", "success") in {row[:2] for row in before}
    assert len({row[0] for row in before}) == len(before) == 5 + 3
    project.dbt("run", "--full-refresh", "--select", "audit")
    assert len(_rows(project, "run_results", "result_id")) == len(before) + 4


def test_an_incremental_model_is_merged(project: PlainProject) -> None:
    project.dbt("run", "--full-refresh", "--select", "daily")
    assert _rows(project, "daily", "day") == [(1, 1)]
    project.dbt("run", "--select", "daily")
    assert _rows(project, "daily", "day") == [(1, 2), (2, 1)]


def test_an_operation_describes_a_model(project: PlainProject) -> None:
    """The columns of `ref`, and a macro that the project overrides by its search order."""
    project.dbt("run-operation", "audit.write_yaml", "--args", "{model_name: orders}")
    [[text]] = _rows(project, "written", "text")
    assert str(text).split(";") == [
        "- name: orders",
        "  label: of the project",
        '  - {"name": "id", "data_type": "int"}',
        '  - {"name": "amount", "data_type": "bigint"}',
    ]


def test_tests_of_one_name_are_told_apart(project: PlainProject) -> None:
    """`expression_is_true` is Firn's, `audit.expression_is_true` the package's; all three fail."""
    project.write("models/orders.sql", ORDER % "-5")
    with pytest.raises(DbtFailedError) as failure:
        project.dbt("build", "--select", "orders")
    failed = set(re.findall(r"test\.firn\.(\w+?)_orders", str(failure.value)))
    assert failed == {
        "audit_expression_is_true",
        "audit_has_column_of_type",
        "expression_is_true",
    }
