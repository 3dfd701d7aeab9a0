"""How a dbt command ended: what the process that ran it tells whoever asked for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

FAILED = ("error", "fail", "runtime error", "partial success")


@dataclass(frozen=True)
class NodeRun:
    """What became of one node: model, test or hook; times are seconds of the system's clock.

    `table` is where a model's rows are, such as gold.current_state.
    """

    name: str
    kind: str
    status: str
    message: str
    started: float
    ended: float
    table: str = ""
    unique_id: str = ""

    @property
    def has_failed(self) -> bool:
        """Whether it ended badly."""
        return self.status in FAILED


@dataclass(frozen=True)
class Outcome:
    """How a dbt command ended: its nodes, and in seconds what it took beside and with parsing."""

    success: bool
    nodes: tuple[NodeRun, ...]
    complaints: tuple[str, ...]
    parse_seconds: float
    started: float
    ended: float

    @classmethod
    def of_message(cls, given: dict[str, Any]) -> Self:
        """Return the outcome that was sent as JSON: `dataclasses.asdict` of one."""
        nodes = tuple(NodeRun(**node) for node in given["nodes"])
        return cls(**{**given, "nodes": nodes, "complaints": tuple(given["complaints"])})

    def count(self, kind: str, *statuses: str) -> int:
        """How many nodes of a kind ended in one of the statuses."""
        return sum(node.kind == kind and node.status in statuses for node in self.nodes)

    @property
    def statuses(self) -> dict[str, str]:
        """The status of each node by its unique id."""
        return {node.unique_id: node.status for node in self.nodes}

    @property
    def tables(self) -> list[str]:
        """The tables of its models."""
        return [node.table for node in self.nodes if node.table]
