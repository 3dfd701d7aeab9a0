"""What the site says of the project: dbt's manifest -> tables with columns, and exposures."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ingestion.raw_tables.schema import RawShape
from ingestion.sources import load_sources

LAYERS = ("raw", "seeds", "silver", "intermediate", "gold", "quarantine")
Node = Mapping[str, Any]


@dataclass(frozen=True)
class Column:
    """A column as it is declared."""

    name: str
    data_type: str
    description: str = ""


@dataclass(frozen=True)
class Table:
    """A table of the lake, or an ephemeral model, which is part of what reads it.

    `name` is schema and alias, as compiled SQL names it; `sql` is empty for what dbt does not make
    of other tables; `reads` has the unique ids of what it depends on.
    """

    unique_id: str
    name: str
    layer: str
    system: str
    description: str
    columns: tuple[Column, ...]
    sql: str = ""
    is_ephemeral: bool = False
    unique_key: tuple[str, ...] = ()
    reads: tuple[str, ...] = ()


@dataclass(frozen=True)
class Exposure:
    """What reads gold: a dashboard, an analysis, a program; `tables` by name."""

    name: str
    label: str
    kind: str
    description: str
    owner: str
    tables: tuple[str, ...]


@dataclass(frozen=True)
class Project:
    """All tables by their unique ids, in the order of layers, and all exposures."""

    tables: Mapping[str, Table]
    exposures: tuple[Exposure, ...]


def read_project(manifest: Mapping[str, Any], project_dir: Path) -> Project:
    """Return what a manifest with compiled SQL and the declarations of `project_dir` say.

    Raises ConfigurationError for declarations with mistakes.
    """
    found = [*_raw_tables(manifest, project_dir), *_tables(manifest)]
    found.sort(key=lambda table: (_position(table.layer), table.name))
    tables = {table.unique_id: table for table in found}
    exposures = sorted(manifest["exposures"].values(), key=lambda node: str(node["name"]))
    return Project(tables, tuple(_exposure(node, tables) for node in exposures))


def _raw_tables(manifest: Mapping[str, Any], project_dir: Path) -> Iterator[Table]:
    """Yield the declared tables with all their columns, those that Firn adds too."""
    shapes = {
        table.identifier: RawShape.of(table)
        for source in load_sources(project_dir)
        for table in source.tables
    }
    for node in manifest["sources"].values():
        shape = shapes.get((node["schema"], node["identifier"]))
        means = {each["name"]: _text(each) for each in node["columns"].values()}
        columns = tuple(
            Column(each.name, str(each.data_type), means.get(each.name, ""))
            for each in (shape.columns if shape else ())  # ops and quarantine have none here
        )
        name = f"{node['schema']}.{node['identifier']}"
        key = tuple(node["config"]["meta"].get("ingestion", {}).get("key", ()))
        layer = "raw" if shape else node["schema"]
        yield Table(
            node["unique_id"], name, layer, node["source_name"], _text(node), columns,
            unique_key=key,
        )  # fmt: skip


def _tables(manifest: Mapping[str, Any]) -> Iterator[Table]:
    for node in manifest["nodes"].values():
        if node["resource_type"] in {"model", "seed"}:
            key = node["config"].get("unique_key") or ()
            yield Table(
                unique_id=node["unique_id"],
                name=f"{node['schema']}.{node['alias']}",
                layer="seeds" if node["resource_type"] == "seed" else node["fqn"][1],
                system=_system(node),
                description=_text(node),
                columns=tuple(
                    Column(each["name"], each.get("data_type") or "", _text(each))
                    for each in node["columns"].values()
                ),
                sql=node.get("compiled_code") or "",
                is_ephemeral=node["config"]["materialized"] == "ephemeral",
                unique_key=(key,) if isinstance(key, str) else tuple(key),
                reads=tuple(node["depends_on"].get("nodes", ())),
            )


def _position(layer: str) -> int:
    """Return where a layer stands; a folder of somebody's own comes last."""
    return LAYERS.index(layer) if layer in LAYERS else len(LAYERS)


def _system(node: Node) -> str:
    """Return the folder a model is in; of what lies in none, its tag or the start of its name."""
    path = node["fqn"]
    if len(path) > 3:
        return str(path[2])
    return str(node["tags"][0] if node["tags"] else node["name"].partition("__")[0])


def _exposure(node: Node, tables: Mapping[str, Table]) -> Exposure:
    read = [tables[each].name for each in node["depends_on"]["nodes"] if each in tables]
    return Exposure(
        name=node["name"],
        label=node["label"] or node["name"],
        kind=node["type"],
        description=_text(node),
        owner=node["owner"]["name"] or "",
        tables=tuple(sorted(read)),
    )


def _text(node: Node) -> str:
    return " ".join((node["description"] or "").split())
