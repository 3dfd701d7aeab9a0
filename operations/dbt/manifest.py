"""What dbt wrote of the project last: manifest.json -> its gold models."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from lake.settings import Settings

GOLD = "gold"
Node = Mapping[str, Any]


def read_manifest(settings: Settings) -> dict[str, Any] | None:
    """Return the manifest, None before dbt has read the project."""
    try:
        found: dict[str, Any] = json.loads((settings.home / "target/manifest.json").read_bytes())
    except (OSError, ValueError):
        return None
    return found


def gold_models(manifest: Mapping[str, Any] | None) -> Iterator[Node]:
    """Yield the models that are tables in gold, by name."""
    nodes = manifest["nodes"].values() if manifest else ()
    for node in sorted(nodes, key=lambda node: str(node["name"])):
        is_table = node["config"].get("materialized") not in {"view", "ephemeral"}
        if node["resource_type"] == "model" and node["schema"] == GOLD and is_table:
            yield node
