"""Which tables a project declares, a run needs, and a command means."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ingestion.sources import load_sources
from lake.errors import ConfigurationError
from operations.preflight.declared import DeclaredTable
from operations.preflight.graph import Project
from operations.preflight.selection import select_declared

SOURCES = """
sources:
  - name: shop
    schema: raw_shop
    config: {meta: {ingestion: {connector: postgres, connection: URL, schema: shop}}}
    tables:
      - name: orders
        config:
          meta:
            ingestion:
              {load: full, key: [id], partition_by: ["bucket(4, id)", at], new_columns: evolve}
        columns:
          - {name: id, data_type: int}
          - {name: at, data_type: date}
"""


def _node(name: str, reads: list[str], **config: object) -> dict[str, Any]:
    schema = config.pop("schema", "silver")
    resource_type = config.pop("resource_type", "model")
    return {
        "name": name,
        "unique_id": f"model.firn.{name}",
        "package_name": "firn",
        "schema": schema,
        "alias": name,
        "resource_type": resource_type,
        "config": {"materialized": "incremental", **config},
        "depends_on": {"nodes": reads},
        "columns": {"ID": {"name": "ID", "data_type": "INTEGER"}, "x": {"name": "x"}},
    }


def _source(source: str, name: str) -> dict[str, Any]:
    return {
        "source_name": source,
        "name": name,
        "schema": f"raw_{source}",
        "identifier": name,
        "original_file_path": f"models/raw/{source}.yml",
        "columns": {},
    }


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """Return a project of two sources, one of them landed by others."""
    (tmp_path / "models" / "raw").mkdir(parents=True)
    (tmp_path / "models" / "raw" / "shop.yml").write_text(SOURCES)
    orders, bills = "source.firn.shop.orders", "source.firn.bank.bills"
    nodes = {
        "model.firn.z_orders": _node(
            "z_orders", [orders], partition_by=["days(at)", "bucket(8, id)", "`who`"]
        ),
        "model.firn.between": _node("between", ["model.firn.z_orders"], materialized="ephemeral"),
        "model.firn.sales": _node(
            "sales",
            ["model.firn.between", bills],
            schema="gold",
            tblproperties={"format-version": 3, "write.x": True},
            on_schema_change="fail",
        ),
        "model.firn.kept": _node("kept", [orders], full_refresh=False),
        "model.firn.shown": _node("shown", [], materialized="view", schema="gold"),
        "test.firn.t": _node("t", ["model.firn.sales"], resource_type="test"),
    }
    sources = {orders: _source("shop", "orders"), bills: _source("bank", "bills")}
    return Project({"nodes": nodes, "sources": sources}, load_sources(tmp_path), "firn")


def _needed(
    project: Project, *names: str, full_refresh: bool = False
) -> dict[str, tuple[DeclaredTable, bool]]:
    return {
        table.name: (table, is_made)
        for table, is_made in project.needed_tables(names, full_refresh=full_refresh)
    }


def test_a_raw_table_is_declared_as_ingestion_makes_it(project: Project) -> None:
    raw, _ = _needed(project, "model.firn.z_orders")["raw_shop.orders"]
    assert [(c.name, c.is_required) for c in raw.columns] == [
        ("id", True),
        ("at", False),
        ("_ingested_at", True),
        ("_load_id", True),
        ("_is_deleted", True),
        ("_rescued", False),
    ]
    assert raw.partition_by == ("bucket(4, id)", "at")
    assert raw.properties["commit.retry.num-retries"] == "0"
    assert (raw.policy, raw.may_grow) == ("evolve", True)


def test_a_model_is_declared_by_its_node(project: Project) -> None:
    needed = _needed(project, "model.firn.z_orders", "model.firn.sales")
    silver, gold = needed["silver.z_orders"][0], needed["gold.sales"][0]
    assert silver.partition_by == ("day(at)", "bucket(8, id)", "who")
    assert [(c.name, c.data_type) for c in gold.columns] == [("id", "int")]
    assert gold.properties == {"format-version": "3", "write.x": "true"}
    assert gold.policy == "fail"
    assert gold.sources == {"shop", "bank"}


def test_a_model_of_a_package_only_has_to_be_readable(project: Project) -> None:
    own = _needed(project, "model.firn.sales")["gold.sales"][0]
    of_package = replace(project, name="other")
    foreign = _needed(of_package, "model.firn.sales")["gold.sales"][0]
    assert (own.has_shape, foreign.has_shape) == (True, False)


def test_a_run_needs_what_it_makes_and_what_that_reads_directly(project: Project) -> None:
    needed = _needed(project, "model.firn.sales")
    assert {name: is_made for name, (_, is_made) in needed.items()} == {
        "gold.sales": True,
        "silver.z_orders": False,
        "raw_bank.bills": False,
    }
    assert set(_needed(project, "test.firn.t")) == {"gold.sales"}
    assert not _needed(project, "test.firn.t")["gold.sales"][1]
    assert _needed(project, "unit_test.firn.u") == {}


def test_what_the_run_makes_anew_has_no_shape_to_keep(project: Project) -> None:
    names = ("model.firn.sales", "model.firn.kept", "model.firn.shown")
    needed = _needed(project, *names, full_refresh=True)
    assert {name: table.has_shape for name, (table, _) in needed.items()} == {
        "gold.sales": False,
        "silver.kept": True,
        "gold.shown": False,
        "silver.z_orders": True,
        "raw_bank.bills": True,
        "raw_shop.orders": True,
    }


def test_tables_stand_by_layer_and_name(project: Project) -> None:
    assert [table.name for table in project.all_tables()] == [
        "raw_shop.orders",
        "quarantine.shop",
        "silver.kept",
        "silver.z_orders",
        "gold.sales",
        "gold.shown",
    ]


def test_a_table_brings_what_it_is_made_from(project: Project) -> None:
    sales = [table for table in project.all_tables() if table.name == "gold.sales"]
    names = [table.name for table in project.with_upstreams(sales)]
    assert names == ["raw_shop.orders", "silver.z_orders", "gold.sales"]


@pytest.mark.parametrize(
    ("names", "meant"),
    [
        ([], ["raw_shop.orders", "quarantine.shop", "kept", "z_orders", "sales", "shown"]),
        (["all"], ["raw_shop.orders", "quarantine.shop", "kept", "z_orders", "sales", "shown"]),
        (["raw"], ["raw_shop.orders"]),
        (["gold", "shop"], ["sales"]),
        (["gold", "quarantine"], ["quarantine.shop", "sales", "shown"]),
        (["shop"], ["raw_shop.orders", "quarantine.shop", "kept", "z_orders", "sales"]),
        (["bank"], ["sales"]),
        (["shop.orders", "gold.shown"], ["raw_shop.orders", "shown"]),
        (["raw", "gold.shown"], ["raw_shop.orders", "shown"]),
    ],
)
def test_layers_sources_and_tables_are_names(
    project: Project, names: list[str], meant: list[str]
) -> None:
    chosen = select_declared(project.all_tables(), names)
    assert [t.name.removeprefix("silver.").removeprefix("gold.") for t in chosen] == meant


def test_unknown_names_are_reported_together_with_what_is_allowed(project: Project) -> None:
    with pytest.raises(ConfigurationError) as wrong:
        select_declared(project.all_tables(), ["sliver", "shop", "nothing_like_it"])
    assert "'sliver' is neither a layer nor a source nor a table; did you mean 'silver'?" in str(
        wrong.value
    )
    assert "'nothing_like_it'" in str(wrong.value)
    assert "all, raw, quarantine, silver, gold, bank, shop" in wrong.value.fix
