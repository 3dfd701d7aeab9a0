"""Which tables a project declares, and which a run needs: dbt's graph -> declared tables."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from ingestion.declarations import SourceDeclaration, TableDeclaration
from lake.lake import Identifier
from operations.preflight.declared import (
    DeclaredTable,
    Node,
    of_node,
    of_raw,
    of_source,
    of_system_table,
)

LAYERS = ("raw", "quarantine", "silver", "gold")
TABLE_TYPES = ("model", "seed", "snapshot")


@dataclass(frozen=True)
class Project:
    """A project as dbt and ingestion read it: dbt's graph, and what is landed.

    The graph holds `nodes` and `sources` by unique id, as manifest.json does and as dbt shows it to
    macros. `name` tells the project's own nodes from those of packages, whose shape is the
    package's affair: they only have to be readable.
    """

    graph: Mapping[str, Mapping[str, Any]]
    landed: Sequence[SourceDeclaration]
    name: str

    def all_tables(self) -> list[DeclaredTable]:
        """Return every table, layer by layer, then by name."""
        from ingestion.quarantine.store import COLUMNS, quarantine_of

        raw = [of_raw(table) for table in self._raw.values()]
        rejected = [of_system_table(quarantine_of(s.name), COLUMNS, s.name) for s in self.landed]
        nodes = [self._of_node(name) for name, node in self._nodes.items() if _is_table(node)]
        return sorted([*raw, *rejected, *nodes], key=lambda table: (_rank(table), table.name))

    def needed_tables(
        self, selected: Iterable[str], *, full_refresh: bool
    ) -> Iterator[tuple[DeclaredTable, bool]]:
        """Yield the tables that a run needs, and whether the run itself makes each.

        Needed are the selected models, and what selected models and tests read directly.
        """
        chosen = [unique_id for unique_id in selected if unique_id in self._nodes]
        made = {unique_id for unique_id in chosen if _is_table(self._nodes[unique_id])}
        read = {upstream for unique_id in chosen for upstream in self._read_by(unique_id)}
        for unique_id in sorted(made | read):
            if unique_id in self._nodes:
                is_made = unique_id in made
                is_replaced = is_made and _is_refreshed(self._nodes[unique_id], full_refresh)
                yield self._of_node(unique_id, is_replaced=is_replaced), is_made
            elif unique_id in self.graph["sources"]:
                yield self._of_source(self.graph["sources"][unique_id]), False

    def with_upstreams(self, tables: Iterable[DeclaredTable]) -> list[DeclaredTable]:
        """Return these tables and all they are made from, layer by layer, then by name."""
        wanted = {table.identifier for table in tables}
        ids = [name for name, node in self._nodes.items() if _identifier(node) in wanted]
        known = {**self._nodes, **self.graph["sources"]}
        wanted |= {_identifier(known[name]) for name in self.upstream_of(ids) if name in known}
        return [table for table in self.all_tables() if table.identifier in wanted]

    def upstream_of(self, unique_ids: Iterable[str]) -> set[str]:
        """Return the unique ids of everything that these models are made from, and their own."""
        found: set[str] = set()
        waiting = list(unique_ids)
        while waiting:
            unique_id = waiting.pop()
            if unique_id not in found:
                found.add(unique_id)
                waiting += _upstreams(self._nodes.get(unique_id, {}))
        return found

    @property
    def _nodes(self) -> Mapping[str, Node]:
        return self.graph["nodes"]

    @cached_property
    def _raw(self) -> dict[str, TableDeclaration]:
        return {table.label: table for source in self.landed for table in source.tables}

    def _of_node(self, unique_id: str, *, is_replaced: bool = False) -> DeclaredTable:
        sources = self.graph["sources"]
        origins = {
            sources[upstream]["source_name"]
            for upstream in self.upstream_of([unique_id])
            if upstream in sources
        }
        node = self._nodes[unique_id]
        is_own = node["package_name"] == self.name
        return of_node(node, origins, is_replaced=is_replaced, is_own=is_own)

    def _of_source(self, source: Node) -> DeclaredTable:
        landed = self._raw.get(f"{source['source_name']}.{source['name']}")
        return of_raw(landed) if landed else of_source(source)

    def _read_by(self, unique_id: str) -> Iterator[str]:
        """Yield the tables that a node reads, looking through ephemeral models."""
        for upstream in _upstreams(self._nodes[unique_id]):
            if upstream in self._nodes and not _is_table(self._nodes[upstream]):
                yield from self._read_by(upstream)
            else:
                yield upstream


def _rank(table: DeclaredTable) -> int:
    return LAYERS.index(table.layer) if table.layer in LAYERS else len(LAYERS)


def _upstreams(node: Node) -> list[str]:
    return list((node.get("depends_on") or {}).get("nodes") or ())


def _identifier(node: Node) -> Identifier:
    return node["schema"], node["identifier"] if "identifier" in node else node["alias"]


def _is_table(node: Node) -> bool:
    is_ephemeral = node["config"].get("materialized") == "ephemeral"
    return node["resource_type"] in TABLE_TYPES and not is_ephemeral


def _is_refreshed(node: Node, full_refresh: bool) -> bool:
    """Whether a run makes the table anew: the model's own word goes before the command line's."""
    own = node["config"].get("full_refresh")
    return full_refresh if own is None else bool(own)
