"""What of dbt's graph is published: nodes by unique id -> gold tables, what they are made of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from lake.lake import Identifier
from operations.dbt.manifest import GOLD

STORED = ("incremental", "table", "dynamic_table")
Node = Mapping[str, Any]


@dataclass(frozen=True)
class Graph:
    """dbt's nodes by unique id, as manifest.json has them and as dbt shows them to macros."""

    nodes: Mapping[str, Node]

    @cached_property
    def published(self) -> dict[str, Identifier]:
        """The models whose tables are published, and the table of each."""
        return {name: table_of(node) for name, node in self.nodes.items() if _is_published(node)}

    def area(self, model: str) -> str:
        """Return the area of a published model: the folder it lies in below `gold`."""
        folders = self.nodes[model]["fqn"][1:-1]
        return str(folders[1] if len(folders) > 1 else GOLD)

    def made_of(self, models: Iterable[str]) -> set[str]:
        """Return the models, seeds and snapshots that some models are made of, with themselves."""
        found: set[str] = set()
        waiting = list(models)
        while waiting:
            name = waiting.pop()
            if name in self.nodes and name not in found:
                found.add(name)
                waiting.extend(self.reads(name))
        return found

    def reads(self, name: str) -> list[str]:
        """Return what a node reads itself."""
        return list(self.nodes[name].get("depends_on", {}).get("nodes", ()))

    def own_tests(self, model: str) -> Iterator[str]:
        """Yield the tests declared at a model that read nothing but the model."""
        for name, node in self.nodes.items():
            if node.get("attached_node") == model and set(self.reads(name)) == {model}:
                yield name


def table_of(node: Node) -> Identifier:
    """Return the table of a model."""
    return node["schema"], node["alias"]


def _is_published(node: Node) -> bool:
    return (
        node["resource_type"] == "model"
        and node["schema"] == GOLD
        and node["config"].get("materialized") in STORED
    )
