"""The tasks of a project: dbt's graph and what models declare -> a plan."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from graphlib import CycleError, TopologicalSorter
from typing import Any

from ingestion.declarations.refresh import RefreshDeclaration, read_refreshes
from lake.errors import ConfigurationError
from lake.settings import Settings
from operations.dbt.manifest import read_manifest
from operations.refresh.tasks.task import Plan, Task

Node = Mapping[str, Any]
WITHOUT_ROWS = frozenset({"view", "ephemeral"})


@dataclass(frozen=True)
class Project:
    """A project as dbt read it last: its tasks, and which models a test is about."""

    plan: Plan
    manifest: Mapping[str, Any]

    @property
    def tables(self) -> list[str]:
        """All tables that tasks write or read."""
        reads = self.plan.reads
        wanted = {table for task in self.plan.tasks.values() for table in task.models}
        return sorted(wanted | {read for table in wanted for read in reads.get(table, ())})

    def blamed_models(self, unique_id: str) -> tuple[str, ...]:
        """Return the names of the models that are at fault when a node fails: itself, or tested."""
        nodes = self.manifest["nodes"]
        node = nodes.get(unique_id, {})
        if node.get("resource_type") != "test":
            return (str(node.get("name", unique_id.rsplit(".", maxsplit=1)[-1])),)
        about = (
            [node["attached_node"]] if node.get("attached_node") else node["depends_on"]["nodes"]
        )
        return tuple(nodes[one]["name"] for one in about if one in nodes)


def read_project(settings: Settings, selection: Sequence[str] = ()) -> Project:
    """Return the tasks of the project as dbt parsed it last, or those among them that are selected.

    Raises ConfigurationError for declarations that are wrong, for names of no task, and where dbt
    has never parsed the project.
    """
    manifest = read_manifest(settings)
    if manifest is None:
        raise ConfigurationError(
            f"dbt has not parsed the project yet: no manifest in {settings.home}", "dbt parse"
        )
    declared = read_refreshes(settings.project_dir, manifest["nodes"].values())
    graph = _Graph(manifest, {given.model: given for given in declared})
    plan = Plan(graph.tasks(), graph.reads)
    if unknown := [name for name in selection if name not in plan.tasks]:
        raise ConfigurationError(
            f"{', '.join(unknown)}: no such task",
            "choose from: " + (", ".join(plan.tasks) or "no model declares one"),
        )
    if selection:
        plan = Plan(_only(plan, set(selection)), graph.reads)
    return Project(plan, manifest)


def _only(plan: Plan, names: set[str]) -> dict[str, Task]:
    """Return these tasks; others are no longer theirs to wait for."""
    kept = {}
    for name in (name for name in plan.tasks if name in names):
        task = plan.tasks[name]
        upstream = tuple(up for up in task.upstream if up in names)
        after = tuple(up for up in task.after if up in names)
        waits_for = [*task.after, *([task.finalize] if task.finalize else [])]
        if waits_for and not set(waits_for) & names:
            raise ConfigurationError(
                f"{name} runs after {', '.join(waits_for)}, not selected",
                f"select that too, or run it by hand: firn tasks run {name}",
            )
        kept[name] = Task(**{**task.__dict__, "upstream": upstream, "after": after})
    return kept


class _Graph:
    """The models of a manifest, and the tasks among them."""

    def __init__(
        self, manifest: Mapping[str, Any], declared: Mapping[str, RefreshDeclaration]
    ) -> None:
        self._manifest = manifest
        self._declared = declared
        self._models = {
            unique_id: node
            for unique_id, node in manifest["nodes"].items()
            if node["resource_type"] == "model"
        }
        self._ids = {node["name"]: unique_id for unique_id, node in self._models.items()}

    def tasks(self) -> dict[str, Task]:
        """Return the tasks, those first that others read or run after."""
        found = {name: self._task(given) for name, given in self._declared.items()}
        waits = {
            name: {*task.upstream, *task.after, *([task.finalize] if task.finalize else [])}
            for name, task in found.items()
        }
        try:
            return {name: found[name] for name in TopologicalSorter(waits).static_order()}
        except CycleError as error:
            raise ConfigurationError(
                f"tasks wait for each other: {' -> '.join(error.args[1])}",
                "take one of them out of the circle: what it reads, or its after or finalize",
            ) from None

    @cached_property
    def reads(self) -> dict[str, tuple[str, ...]]:
        """The tables that each model's table is made from."""
        return {
            _table(node): tuple(dict.fromkeys(self._tables_above(unique_id)))
            for unique_id, node in self._models.items()
            if _has_rows(node)
        }

    def _task(self, given: RefreshDeclaration) -> Task:
        built, upstream = self._built_for(self._ids[given.model])
        models = {_table(self._models[one]): self._models[one]["name"] for one in built}
        block = given.block
        return Task(
            given.model,
            _table(self._models[self._ids[given.model]]),
            models,
            upstream,
            every=block.every,
            needs_data=block.when is not None,
            after=block.after,
            finalize=block.finalize,
            target_lag=block.target_lag,
            timeout=block.timeout,
            suspend_after_failures=block.suspend_after_failures,
            is_scheduled=given.is_scheduled,
            fills_at_once=given.fills_at_once,
            unused_keys=given.unused_keys,
        )

    def _built_for(self, unique_id: str) -> tuple[list[str], tuple[str, ...]]:
        """Return the models with rows to build for a task, in order, and the tasks they read."""
        above: dict[str, set[str]] = {}
        upstream: dict[str, None] = {}
        waiting = [unique_id]
        while waiting:
            one = waiting.pop()
            if one in above:
                continue
            above[one] = set()
            for parent in self._parents(one):
                if self._models[parent]["name"] in self._declared:
                    upstream[self._models[parent]["name"]] = None
                else:
                    above[one].add(parent)
                    waiting.append(parent)
        order = TopologicalSorter(above).static_order()
        return [one for one in order if _has_rows(self._models[one])], tuple(upstream)

    def _parents(self, unique_id: str) -> list[str]:
        parents = self._manifest["parent_map"].get(unique_id, ())
        return [parent for parent in parents if parent in self._models]

    def _tables_above(self, unique_id: str) -> Iterator[str]:
        """Yield the tables that a model reads, those of views instead of the views."""
        nodes, sources = self._manifest["nodes"], self._manifest["sources"]
        for parent in self._manifest["parent_map"].get(unique_id, ()):
            if parent in sources:
                yield f"{sources[parent]['schema']}.{sources[parent]['identifier']}"
            elif parent in nodes and _has_rows(nodes[parent]):
                yield _table(nodes[parent])
            elif parent in nodes:
                yield from self._tables_above(parent)


def _table(node: Node) -> str:
    return f"{node['schema']}.{node['alias']}"


def _has_rows(node: Node) -> bool:
    return node["config"].get("materialized") not in WITHOUT_ROWS
