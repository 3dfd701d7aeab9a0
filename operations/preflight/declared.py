"""What a table has to look like, whoever declares it: raw declaration or dbt node -> one form."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ingestion.declarations import NewColumns, PartitionField, TableDeclaration
from ingestion.raw_tables.schema import RawShape
from lake.lake import Identifier
from lake.table_properties import PROPERTIES
from operations.preflight.types import spark_type

Node = Mapping[str, Any]
FORMAT_VERSION = "format-version"
REMADE_BY_EVERY_RUN = ("table", "view", "seed")
_TRANSFORM = re.compile(r"(\w+)\((?:(\d+), ?)?`?(\w+)`?\)")
_SINGULAR = {"date": "day", "date_hour": "hour"}


@dataclass(frozen=True)
class DeclaredColumn:
    """One column: its type as Spark writes it, and whether NULL is refused."""

    name: str
    data_type: str
    is_required: bool = False


@dataclass(frozen=True)
class Fixes:
    """The commands that fix a table: `make` it, `rebuild` it anew, let it `evolve` in place.

    Where `evolve` is empty, single statements do that.
    """

    make: str
    rebuild: str
    evolve: str = ""


@dataclass(frozen=True)
class DeclaredTable:
    """A table as it has to be.

    `is_made_on_demand` says that it may be missing; `is_complete` that every column is declared,
    `may_grow` that others are welcome too. Without `has_shape` only that the table can be opened
    matters. `policy` is the declared word for what to do about differences, `sources` are the
    source systems its rows come from, `dbt_name` is what dbt builds it by (empty: not by dbt).
    """

    identifier: Identifier
    dbt_name: str
    fixes: Fixes
    policy: str
    sources: frozenset[str] = frozenset()
    columns: tuple[DeclaredColumn, ...] = ()
    is_made_on_demand: bool = False
    is_complete: bool = False
    may_grow: bool = False
    has_shape: bool = True
    is_view: bool = False
    partition_by: tuple[str, ...] = ()
    properties: Mapping[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The table's name as people write it, such as silver.shop__orders."""
        return ".".join(self.identifier)

    @property
    def layer(self) -> str:
        """The layer its namespace belongs to: raw for raw_shop, otherwise the namespace itself."""
        namespace = self.identifier[0]
        return "raw" if namespace.startswith("raw_") else namespace


def of_raw(table: TableDeclaration) -> DeclaredTable:
    """Return what the declaration of a raw table asks for: the shape that ingestion gives it."""
    shape = RawShape.of(table)
    name = ".".join(shape.identifier)
    return DeclaredTable(
        shape.identifier,
        "",
        Fixes(
            make=f"firn ingest {table.label}, or empty: firn create {name}",
            rebuild=f"firn ingest {table.label} --full-refresh",
            evolve=f"firn ingest {table.label}",
        ),
        policy=str(table.new_columns),
        sources=frozenset({table.source}),
        columns=tuple(
            DeclaredColumn(c.name, str(c.data_type), c.is_required) for c in shape.columns
        ),
        is_complete=True,
        may_grow=table.new_columns is NewColumns.EVOLVE,
        partition_by=tuple(_partition_text(part) for part in shape.partition_by),
        properties=PROPERTIES,
    )


def of_source(source: Node) -> DeclaredTable:
    """Return what a dbt source that Firn does not land asks for: the columns with a data_type."""
    return DeclaredTable(
        (source["schema"], source["identifier"]),
        "",
        Fixes(
            make=f"make the table, or correct {source['original_file_path']}",
            rebuild=f"make the table as declared, or correct {source['original_file_path']}",
        ),
        policy="ignore",
        sources=frozenset({source["source_name"]}),
        columns=_columns(source),
        partition_by=(),
    )


def of_node(
    node: Node, sources: Iterable[str], *, is_replaced: bool = False, is_own: bool = True
) -> DeclaredTable:
    """Return what a dbt model, seed or snapshot asks for.

    A model that gives types to columns is taken to name all of them.
    `sources` are the source systems its rows come from; `is_replaced` says that the coming run
    makes the table anew whatever it looks like; `is_own` that no package brings it.
    """
    config = node["config"]
    properties = {k: str(v).lower() for k, v in (config.get("tblproperties") or {}).items()}
    identifier = node["schema"], node["alias"]
    kind = config.get("materialized")
    name = node["name"]
    columns = _columns(node)
    return DeclaredTable(
        identifier,
        name,
        Fixes(
            make=f"dbt build --select +{name}, or empty: firn create {'.'.join(identifier)}",
            rebuild=f"dbt build --full-refresh --select {name}",
        ),
        policy=config.get("on_schema_change") or "ignore",
        sources=frozenset(sources),
        columns=columns,
        is_complete=bool(columns) and node["resource_type"] == "model",
        has_shape=is_own and not is_replaced and kind not in REMADE_BY_EVERY_RUN,
        is_view=kind == "view",
        partition_by=_partitions(config.get("partition_by")),
        properties=properties,
    )


def of_system_table(
    identifier: Identifier, columns: Mapping[str, str], source: str
) -> DeclaredTable:
    """Return what a table that ingestion keeps for itself needs: its first column is required."""
    name = ".".join(identifier)
    return DeclaredTable(
        identifier,
        "",
        Fixes(make=f"firn create {name}", rebuild=f"drop table {name}; then firn create {name}"),
        policy="ignore",
        sources=frozenset({source}),
        is_made_on_demand=True,
        columns=tuple(
            DeclaredColumn(column, kind, is_required=number == 0)
            for number, (column, kind) in enumerate(columns.items())
        ),
        properties=PROPERTIES,
    )


def _columns(node: Node) -> tuple[DeclaredColumn, ...]:
    return tuple(
        DeclaredColumn(column["name"].lower(), spark_type(column["data_type"]))
        for column in node["columns"].values()
        if column.get("data_type")
    )


def _partition_text(part: PartitionField) -> str:
    if part.transform == "identity":
        return part.column
    count = f"{part.buckets}, " if part.transform == "bucket" else ""
    return f"{part.transform}({count}{part.column})"


def _partitions(declared: str | list[str] | None) -> tuple[str, ...]:
    """Return a model's partition_by in Iceberg's words: days(ts) is day(ts)."""
    parts = [declared] if isinstance(declared, str) else declared or []
    return tuple(_in_icebergs_words(part.strip().strip("`")) for part in parts)


def _in_icebergs_words(part: str) -> str:
    found = _TRANSFORM.fullmatch(part.lower())
    if found is None:
        return part
    transform, number, column = found.groups()
    transform = _SINGULAR.get(transform) or transform.removesuffix("s")
    return f"{transform}({number}, {column})" if number else f"{transform}({column})"
