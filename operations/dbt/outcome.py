"""How a dbt command ended: what the process that ran it tells the watcher."""

from __future__ import annotations

from dataclasses import dataclass


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


@dataclass(frozen=True)
class Outcome:
    """How a dbt command ended: its nodes, and in seconds what it took beside and with parsing."""

    success: bool
    nodes: tuple[NodeRun, ...]
    complaints: tuple[str, ...]
    parse_seconds: float
    started: float
    ended: float

    def count(self, kind: str, *statuses: str) -> int:
        """How many nodes of a kind ended in one of the statuses."""
        return sum(node.kind == kind and node.status in statuses for node in self.nodes)

    @property
    def tables(self) -> list[str]:
        """The tables of its models."""
        return [node.table for node in self.nodes if node.table]
