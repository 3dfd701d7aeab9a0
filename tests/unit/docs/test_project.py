"""What is read of a manifest: sources with all their columns, models, seeds, exposures."""

from typing import Any

import pytest

from docs.site.project import Project, read_project
from lake.settings import Settings


def node(kind: str, name: str, path: list[str], **more: Any) -> dict[str, Any]:  # noqa: ANN401
    return {
        "unique_id": f"{kind}.firn.{name}",
        "resource_type": kind,
        "name": name,
        "alias": name,
        "schema": "gold",
        "fqn": ["firn", *path, name],
        "tags": [],
        "description": "One row\nper thing. ",
        "columns": {"a": {"name": "a", "data_type": "int", "description": "It."}},
        "config": {"materialized": "incremental", "unique_key": "a"},
        "depends_on": {"nodes": ["source.firn.shop.orders"]},
        "compiled_code": "select 1 as a",
        **more,
    }


ORDERS = {
    "unique_id": "source.firn.shop.orders",
    "source_name": "shop",
    "schema": "raw_shop",
    "identifier": "orders",
    "description": "Orders.",
    "columns": {"order_id": {"name": "order_id", "description": "Number of the order."}},
    "config": {"meta": {"ingestion": {"key": ["order_id"]}}},
}
EXPOSURE = {
    "name": "board",
    "label": None,
    "type": "dashboard",
    "description": "",
    "owner": {"name": "Sales", "email": None},
    "depends_on": {"nodes": ["model.firn.sales", "metric.firn.gone"]},
}
NODES = [
    node("model", "own", ["publication"], tags=["shop"]),
    node("model", "sales", ["gold", "shop"]),
    node("model", "shop__rejected", ["quarantine"], config={"materialized": "view"}),
    node("model", "step", ["intermediate", "shop"], config={"materialized": "ephemeral"}),
    node("seed", "lookup", [], tags=["bakery"], depends_on={"macros": []}, compiled_code=None),
    node("test", "unique", []),
]


@pytest.fixture(scope="module")
def project() -> Project:
    manifest = {
        "nodes": {each["unique_id"]: each for each in NODES},
        "sources": {"orders": ORDERS},
        "exposures": {"board": EXPOSURE},
    }
    return read_project(manifest, Settings.load().project_dir)


def test_tables_come_in_the_order_of_layers(project: Project) -> None:
    assert [(each.name, each.layer, each.system) for each in project.tables.values()] == [
        ("raw_shop.orders", "raw", "shop"),
        ("gold.lookup", "seeds", "bakery"),
        ("gold.step", "intermediate", "shop"),
        ("gold.sales", "gold", "shop"),
        ("gold.shop__rejected", "quarantine", "shop"),
        ("gold.own", "publication", "shop"),
    ]


def test_a_raw_table_has_the_columns_that_firn_adds(project: Project) -> None:
    orders = project.tables["source.firn.shop.orders"]
    columns = {each.name: each for each in orders.columns}
    assert columns["order_id"].data_type == "bigint"
    assert columns["order_id"].description == "Number of the order."
    assert columns["_ingested_at"].data_type == "timestamp"
    assert orders.unique_key == ("order_id",)


def test_a_model_has_its_query_and_what_it_reads(project: Project) -> None:
    sales = project.tables["model.firn.sales"]
    assert sales.description == "One row per thing."
    assert sales.sql == "select 1 as a"
    assert sales.reads == ("source.firn.shop.orders",)
    assert sales.unique_key == ("a",)
    assert not sales.is_ephemeral
    assert project.tables["model.firn.step"].is_ephemeral
    assert project.tables["seed.firn.lookup"].sql == ""


def test_an_exposure_reads_tables(project: Project) -> None:
    [board] = project.exposures
    assert (board.label, board.owner, board.tables) == ("board", "Sales", ("gold.sales",))
