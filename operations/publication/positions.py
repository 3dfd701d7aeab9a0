"""What a publication rests on: dbt's graph + the commits of models -> positions in raw tables."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from lake.lake import Lake
from lake.stream_offsets import stream_offsets
from operations.publication.graph import STORED, Graph, table_of

RAW = "raw_"


def source_positions(
    lake: Lake, graph: Graph, models: Iterable[str]
) -> Mapping[str, Mapping[str, str]]:
    """Return by raw table the snapshot up to which each model has read it, by the model's table.

    Of all that `models` are made of. `lake` is seen as the run sees it. Raises EnvironmentFault.
    """
    found: dict[str, dict[str, str]] = {}
    for name in sorted(graph.made_of(models)):
        node = graph.nodes[name]
        if node["config"].get("materialized") in STORED:
            reader = table_of(node)
            for table, position in stream_offsets(lake, reader).get("streams", {}).items():
                if table.startswith(RAW):
                    found.setdefault(table, {})[".".join(reader)] = str(position["snapshot"])
    return found
