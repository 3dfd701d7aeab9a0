"""Lets macros write gold to a branch and publish it -> `adapter.firn_begin_run`, `firn_publish`.

The macros of `macros/publication` use it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from dbt.adapters.spark.impl import SparkAdapter
from dbt.flags import get_flags
from dbt.plugins.manager import dbtPlugin

from dbt_firn.adapter_methods import (
    add_methods,
    lake_of,
    named_faults,
    published_lake_of,
    settings_of,
)
from dbt_firn.current_run import current_run, nodes_before, set_current_run

if TYPE_CHECKING:
    from lake.lake import Identifier, Lake
    from lake.settings import Settings
    from operations.publication.areas import EndedNode
    from operations.publication.graph import Graph
    from operations.publication.run import Run

TEST = "test"
_commands = [""]
BUILT = ("model", "seed", "snapshot", "test", "unit_test")


class Publication(dbtPlugin):
    """Gives dbt-spark's adapter the methods that the macros of `macros/publication` call."""

    def initialize(self) -> None:
        """Add the methods, once for all adapters."""
        add_methods(firn_begin_run, firn_is_published, firn_stage_table, firn_publish)
        # within `dbt retry`, macros see the command that is tried again
        _commands[:] = [get_flags().WHICH]  # type: ignore[no-untyped-call]


def firn_begin_run(
    adapter: SparkAdapter, graph: Mapping[str, Any], selected: Sequence[str], invocation_id: str
) -> Run | None:
    """Begin a run that writes the selected gold tables to its branch, and return it.

    `dbt retry` and `dbt test` go on from what the last refused run wrote, if that still follows
    from what is published; without it, `dbt test` begins none. Raises DbtRuntimeError, which dbt
    prints as it is, when the lake cannot be read or written.
    """
    from operations.publication.branches import resume
    from operations.publication.graph import Graph
    from operations.publication.refused import refused_before
    from operations.publication.run import begin_run, end_run

    set_current_run(None)
    settings, models = settings_of(adapter), Graph(graph["nodes"]).published
    chosen = [table for model, table in models.items() if model in selected]
    written: tuple[Identifier, ...] = ()
    with named_faults():
        lake = published_lake_of(adapter)
        refused = refused_before(settings, lake, _commands[-1])
        if refused is None and _commands[-1] == TEST:
            return None
        run = begin_run(settings, lake, invocation_id, adapter.config.target_name, chosen)
        if refused:
            written = resume(lake, models.values(), refused.invocation_id, invocation_id)
    if _commands[-1] == TEST and not written:
        end_run(settings, run)
        return None
    run = replace(run, tables=tuple({*run.tables, *written}))
    set_current_run(run, refused.nodes if refused and written else ())
    return run


def firn_is_published(adapter: SparkAdapter, schema: str, name: str) -> bool:
    """Whether readers see rows in a table. Raises DbtRuntimeError when the lake cannot be read."""
    with named_faults():
        stored = published_lake_of(adapter).stored((schema, name))
    return stored is not None and stored.snapshot_id is not None


def firn_stage_table(adapter: SparkAdapter, schema: str, name: str) -> None:
    """Make the run's branch of a table, if a run is under way and the table is there.

    Raises DbtRuntimeError when the lake cannot be read or written.
    """
    from operations.publication.branches import stage

    if run := current_run():
        with named_faults():
            stage(published_lake_of(adapter), (schema, name), run.branch)


def firn_publish(
    adapter: SparkAdapter, graph: Mapping[str, Any], selected: Sequence[str], results: Sequence[Any]
) -> str:
    """Publish what the run has built, as far as it is green; return what to tell people.

    Raises DbtRuntimeError when nothing could be published.
    """
    run = current_run()
    if run is None:
        return ""
    from operations.publication.areas import UNTESTED_VARIABLE, judge
    from operations.publication.graph import Graph
    from operations.publication.positions import source_positions
    from operations.publication.publish import RunEnd, publish
    from operations.publication.refused import keep_refused
    from operations.publication.report import lines_of
    from operations.publication.run import end_run

    known, settings = Graph(graph["nodes"]), settings_of(adapter)
    ended = list(_ended(known.nodes, selected, results, nodes_before()))
    accept = bool(settings.variable(UNTESTED_VARIABLE))
    areas = judge(known, ended, accept_untested=accept)
    try:
        with named_faults():
            models = [model for area in areas for model in area.models]
            sources = source_positions(lake_of(adapter), known, models)
            end = RunEnd(areas, _tests(ended), sources)
            lake = published_lake_of(adapter)
            result = publish(settings, lake, run, end)
            keep_refused(settings, run, ended if result.rejected else ())
            exported = _export(settings, lake, known, result.published)
    finally:
        set_current_run(None)
        end_run(settings, run)
    return "\n".join((*lines_of(result), *exported))


def _export(
    settings: Settings, lake: Lake, graph: Graph, published: Sequence[Identifier]
) -> Sequence[str]:
    """Run the exports that published models declare; return what became of them.

    One that fails does not fail the run.
    """
    declared = {
        table
        for model, table in graph.published.items()
        if table in published and graph.nodes[model]["config"].get("meta", {}).get("export")
    }
    if not declared:
        return ()
    from operations.exports.declared import lines_of, run_declared_exports

    return list(lines_of(run_declared_exports(settings, lake, declared)))


def _ended(
    nodes: Mapping[str, Any],
    selected: Sequence[str],
    results: Sequence[Any],
    before: Sequence[EndedNode],
) -> Iterator[EndedNode]:
    """Yield how nodes ended in this run, else in the one before that it goes on from."""
    from operations.publication.areas import NOT_RUN, EndedNode

    known = set()
    for result in results:
        node, kind = result.node, str(result.node.resource_type)
        if kind in BUILT:
            known.add(node.unique_id)
            reads = tuple(getattr(node.depends_on, "nodes", ()))  # a seed reads none
            yield EndedNode(node.unique_id, node.name, kind, str(result.status), reads)
    for ended in before:
        if ended.unique_id not in known:
            known.add(ended.unique_id)
            yield ended
    for name in selected:
        node = nodes.get(name)
        if node and name not in known and _is_run(node):
            reads = tuple(node["depends_on"].get("nodes", ()))
            yield EndedNode(name, node["name"], node["resource_type"], NOT_RUN, reads)


def _is_run(node: Mapping[str, Any]) -> bool:
    is_ephemeral = node["config"].get("materialized") == "ephemeral"
    return node["resource_type"] in BUILT and not is_ephemeral


def _tests(ended: Sequence[EndedNode]) -> dict[str, int]:
    from operations.publication.areas import TESTS

    return dict(Counter(node.status for node in ended if node.kind in TESTS))
