"""The tasks of a project: dbt's graph, what models declare, sources -> a plan."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from graphlib import CycleError, TopologicalSorter
from typing import Any

from ingestion.declarations.refresh import RefreshDeclaration, read_refreshes
from ingestion.sources import load_sources
from lake.errors import ConfigurationError
from lake.settings import Settings
from operations.dbt.manifest import parse_if_changed, read_manifest
from operations.refresh.tasks.state import StateFile
from operations.refresh.tasks.task import Plan, Task

Node = Mapping[str, Any]
SOURCE = "source:"  # begins the names of tasks that start by arrival, as dbt selects
REFRESHER = "refresh"
LONGEST_BUILD = timedelta(days=1)
WITHOUT_ROWS = frozenset({"view", "ephemeral"})


@dataclass(frozen=True)
class Project:
    """A project as dbt read it last: its tasks, and which models a test is about."""

    plan: Plan
    manifest: Mapping[str, Any]

    @property
    def tables(self) -> list[str]:
        """All tables that tasks write or read."""
        tasks = self.plan.tasks.values()
        wanted = {table for task in tasks for table in task.models}
        read = {up for table in wanted for up in self.plan.reads.get(table, ())}
        return sorted(wanted | read | {table for task in tasks for table in task.landed})

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


def read_project(
    settings: Settings, selection: Sequence[str] = (), watched: Iterable[str] = ()
) -> Project:
    """Return the tasks of the project as dbt parsed it last, or those among them that are selected.

    For each of the `watched` sources there is one more, which starts by arrival. Raises
    ConfigurationError for declarations that are wrong, for names of no task, and where dbt has
    never parsed the project.
    """
    graph = _graph(settings)
    arrivals = {task.name: task for task in map(graph.watched, watched)}
    reads = {**graph.reads, **{task.table: task.landed for task in arrivals.values()}}
    plan = Plan({**graph.tasks(), **arrivals}, reads)
    if unknown := [name for name in selection if name not in plan.tasks]:
        raise ConfigurationError(
            f"{', '.join(unknown)}: no such task",
            "choose from: " + (", ".join(plan.tasks) or "no model declares one"),
        )
    if selection:
        plan = Plan(_only(plan, set(selection)), reads)
    return Project(plan, graph.manifest)


def read_all_tasks(settings: Settings) -> Project:
    """Return the declared tasks, and that of each source that was ever watched, as they are now.

    Where a file of the project changed, dbt reads it first. Raises LoadError with what dbt said of
    it, ConfigurationError as above.
    """
    parse_if_changed(settings)
    known = StateFile(settings.home).read().tasks
    names = (name.removeprefix(SOURCE) for name in known if name.startswith(SOURCE))
    landed = {source.name for source in load_sources(settings.project_dir)}
    return read_project(settings, watched=[name for name in names if name in landed])


def runner_of(name: str) -> str:
    """Return what the process is known by that runs a task: its lock, its dbt."""
    return f"watch-{name.removeprefix(SOURCE)}" if name.startswith(SOURCE) else REFRESHER


def _graph(settings: Settings) -> _Graph:
    manifest = read_manifest(settings)
    if manifest is None:
        raise ConfigurationError(
            f"dbt has not parsed the project yet: no manifest in {settings.home}", "dbt parse"
        )
    declared = read_refreshes(settings.project_dir, manifest["nodes"].values())
    return _Graph(manifest, {given.model: given for given in declared})


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
        self.manifest = manifest
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

    def watched(self, source: str) -> Task:
        """Return the task that builds all downstream of a source when something arrives in it."""
        children, sources = self.manifest["child_map"], self.manifest["sources"]
        raw = [one for one, node in sources.items() if node["source_name"] == source]
        waiting, below = list(raw), set()
        while waiting:
            new = {child for child in children.get(waiting.pop(), ()) if child not in below}
            below |= new
            waiting += new
        order = TopologicalSorter({one: self._parents(one) for one in self._models}).static_order()
        models = (self._models[one] for one in order if one in below)
        name = f"{SOURCE}{source}"
        return Task(
            name,
            name,
            {_table(node): node["name"] for node in models if _has_rows(node)},
            timeout=LONGEST_BUILD,
            landed=tuple(_source_table(sources[one]) for one in raw),
        )

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
        parents = self.manifest["parent_map"].get(unique_id, ())
        return [parent for parent in parents if parent in self._models]

    def _tables_above(self, unique_id: str) -> Iterator[str]:
        """Yield the tables that a model reads, those of views instead of the views."""
        nodes, sources = self.manifest["nodes"], self.manifest["sources"]
        for parent in self.manifest["parent_map"].get(unique_id, ()):
            if parent in sources:
                yield _source_table(sources[parent])
            elif parent in nodes and _has_rows(nodes[parent]):
                yield _table(nodes[parent])
            elif parent in nodes:
                yield from self._tables_above(parent)


def _table(node: Node) -> str:
    return f"{node['schema']}.{node['alias']}"


def _source_table(source: Node) -> str:
    return f"{source['schema']}.{source['identifier']}"


def _has_rows(node: Node) -> bool:
    return node["config"].get("materialized") not in WITHOUT_ROWS
