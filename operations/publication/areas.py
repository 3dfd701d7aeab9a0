"""Which gold tables of a run may be published: its nodes and dbt's graph -> areas and objections.

An area is published whole or not at all: everything of this run that its tables are made of, and
every test of that, has to be green.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from lake.lake import Identifier
from operations.dbt.outcome import FAILED
from operations.publication.graph import Graph

RED = (*FAILED, "skipped")
NOT_RUN = "was not run"
TESTS = ("test", "unit_test")
UNTESTED_VARIABLE = "FIRN_PUBLISH_UNTESTED"  # any value: publish tables whose tests were not run


@dataclass(frozen=True)
class EndedNode:
    """How a selected node ended; `reads` are the nodes it reads, `status` is dbt's own word."""

    unique_id: str
    name: str
    kind: str
    status: str
    reads: tuple[str, ...] = ()

    @property
    def is_red(self) -> bool:
        """Whether what is made of it must not be published."""
        return self.status in {*RED, NOT_RUN}


@dataclass(frozen=True)
class Area:
    """The published models of one folder that a run selected, and what speaks against them."""

    name: str
    models: tuple[str, ...]
    tables: tuple[Identifier, ...]
    objections: tuple[str, ...] = ()

    @property
    def is_green(self) -> bool:
        """Whether it may be published."""
        return not self.objections


def judge(graph: Graph, ended: Sequence[EndedNode], *, accept_untested: bool = False) -> list[Area]:
    """Return the areas of a run by name; `ended` are all nodes that it selected.

    With `accept_untested`, a table whose own tests were not run may be published all the same.
    """
    known = {node.unique_id: node for node in ended}
    areas = []
    for area in _areas(graph, known):
        red = _red_nodes(graph, area, known)
        untested = () if accept_untested else _untested(graph, area, known)
        areas.append(replace(area, objections=(*red, *untested)))
    return _with_held_upstreams(graph, areas)


def _areas(graph: Graph, known: Mapping[str, EndedNode]) -> Iterator[Area]:
    models = sorted(name for name in graph.published if name in known)
    for area in sorted({graph.area(model) for model in models}):
        own = tuple(model for model in models if graph.area(model) == area)
        yield Area(area, own, tuple(graph.published[model] for model in own))


def _red_nodes(graph: Graph, area: Area, known: Mapping[str, EndedNode]) -> Iterator[str]:
    inputs = graph.made_of(area.models)
    for node in known.values():
        concerned = set(node.reads) if node.kind in TESTS else {node.unique_id}
        if node.is_red and concerned & inputs:
            yield f"{node.kind.replace('_', ' ')} {node.name}: {node.status}"


def _untested(graph: Graph, area: Area, known: Mapping[str, EndedNode]) -> Iterator[str]:
    for model in area.models:
        missing = [test for test in graph.own_tests(model) if test not in known]
        if missing:
            name = ".".join(graph.published[model])
            yield f"{len(missing)} of the tests of {name} were not run"


def _with_held_upstreams(graph: Graph, areas: list[Area]) -> list[Area]:
    """Return the areas; one that reads an area which is not published is not published either."""
    while True:
        held = {m: area.name for area in areas if not area.is_green for m in area.models}
        further = {
            area.name: sorted({held[model] for model in graph.made_of(area.models) & held.keys()})
            for area in areas
            if area.is_green
        }
        if not any(further.values()):
            return areas
        areas = [
            replace(area, objections=(f"it reads {', '.join(names)}, not published",))
            if (names := further.get(area.name))
            else area
            for area in areas
        ]
