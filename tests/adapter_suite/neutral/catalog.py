"""Documentation: Spark's types, tables with statistics, views without an owner, columns from 0."""

import getpass
from typing import Any

import pytest
from dbt.tests.adapter.basic import test_docs_generate as docs
from dbt.tests.adapter.basic import test_get_catalog_for_single_relation as single
from dbt.tests.adapter.basic.expected_catalog import (
    base_expected_catalog,
    expected_references_catalog,
    no_stats,
)
from dbt.tests.util import AnyInteger
from dbt_common.contracts.metadata import (
    CatalogTable,
    ColumnMetadata,
    StatsItem,
    TableMetadata,
)

TYPES = {
    "id_type": "bigint",
    "text_type": "string",
    "time_type": "timestamp",
    "view_type": "view",
    "table_type": "table",
}

NO_STATISTICS = no_stats()  # type: ignore[no-untyped-call]


def statistics(description: str | None = None) -> dict[str, dict[str, Any]]:
    """Return the statistics that a table has; `catalog.json` has null for an empty description."""
    known = {"label": "Has Stats?", "value": True, "include": False}
    has = {**NO_STATISTICS["has_stats"], **known}
    values = {
        name: {
            "id": name,
            "label": name,
            "value": AnyInteger(),
            "description": description,
            "include": True,
        }
        for name in ("bytes", "rows")
    }
    return {"has_stats": has, **values}


def in_spark(catalog: dict[str, Any]) -> dict[str, Any]:
    """Return what PostgreSQL's catalog would hold as Spark gives it."""
    for node in [*catalog["nodes"].values(), *catalog["sources"].values()]:
        if node["metadata"]["type"] == "view":
            node["metadata"]["owner"] = None
            node["stats"] = NO_STATISTICS
        node["columns"] = {
            name: {**column, "index": position}
            for position, (name, column) in enumerate(node["columns"].items())
        }
    return catalog


class BaseDocsGenerate(docs.BaseDocsGenerate):
    """Types, owners and statistics."""

    @pytest.fixture(scope="class")
    def expected_catalog(self, project: Any) -> dict[str, Any]:
        found = base_expected_catalog(  # type: ignore[no-untyped-call]
            project, role=getpass.getuser(), model_stats=statistics(), **TYPES
        )
        return in_spark(found)


class BaseDocsGenReferences(docs.BaseDocsGenReferences):
    """Types, owners and statistics."""

    @pytest.fixture(scope="class")
    def expected_catalog(self, project: Any) -> dict[str, Any]:
        found = expected_references_catalog(  # type: ignore[no-untyped-call]
            project,
            role=getpass.getuser(),
            model_stats=statistics(),
            bigint_type="bigint",
            **TYPES,
        )
        return in_spark(found)


class BaseGetCatalogForSingleRelation(single.BaseGetCatalogForSingleRelation):
    """What the class asks an adapter to say."""

    @pytest.fixture(scope="class")
    def expected_catalog_my_seed(self, project: Any) -> CatalogTable:
        return _entry(project, "my_seed", "table", getpass.getuser(), statistics(""))

    @pytest.fixture(scope="class")
    def expected_catalog_my_view_model(self, project: Any) -> CatalogTable:
        return _entry(project, "my_view_model", "view", None, NO_STATISTICS)


def _entry(
    project: Any, name: str, kind: str, owner: str | None, stats: dict[str, dict[str, Any]]
) -> CatalogTable:
    types = {"id": "bigint", "updated_at": "timestamp"}
    columns = ("id", "first_name", "email", "ip_address", "updated_at")
    return CatalogTable(
        metadata=TableMetadata(type=kind, schema=project.test_schema, name=name, owner=owner),
        columns={
            column: ColumnMetadata(type=types.get(column, "string"), index=index, name=column)
            for index, column in enumerate(columns)
        },
        stats={key: StatsItem(**item) for key, item in stats.items()},
    )
