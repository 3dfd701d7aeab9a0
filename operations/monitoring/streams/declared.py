"""Which models read which tables by streams: dbt's manifest -> pairs, for models never run.

How far a model has read stands in its own commits; of one that was never built only dbt knows.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from lake.lake import Identifier

READERS = frozenset({"incremental", "dynamic_table"})
PASSED_THROUGH = frozenset({"ephemeral", "view"})
Nodes = Mapping[str, Mapping[str, Any]]


def declared_streams(manifest: Mapping[str, Any]) -> Iterator[tuple[Identifier, Identifier]]:
    """Yield consumer and source of each stream that the project's own models have."""
    project = manifest["metadata"]["project_name"]
    known: Nodes = {**manifest["nodes"], **manifest["sources"]}
    for node in manifest["nodes"].values():
        if node["package_name"] == project and _kind(node) in READERS:
            for unique_id in sorted(_inputs(node, known)):
                yield _identifier(node), _identifier(known[unique_id])


def _inputs(node: Mapping[str, Any], known: Nodes) -> set[str]:
    """Return the raw tables and tables of models that a model reads, by itself or by a view."""
    found: set[str] = set()
    for unique_id in node["depends_on"]["nodes"]:
        upstream = known.get(unique_id, {})
        if upstream.get("resource_type") == "source" or _kind(upstream) in READERS:
            found.add(unique_id)
        elif _kind(upstream) in PASSED_THROUGH:
            found |= _inputs(upstream, known)
    return found


def _kind(node: Mapping[str, Any]) -> str | None:
    """Return how a model is materialized, None for what is no model."""
    is_model = node.get("resource_type") == "model"
    return str(node["config"].get("materialized")) if is_model else None


def _identifier(node: Mapping[str, Any]) -> Identifier:
    return str(node["schema"]), str(node.get("alias") or node.get("identifier"))
