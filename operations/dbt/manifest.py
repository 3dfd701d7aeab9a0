"""What dbt wrote of the project last: manifest.json -> its gold models, readers of a table."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from tenacity import Retrying, retry_if_exception_type, stop_after_delay, wait_fixed

from lake.errors import ConfigurationError
from lake.lake import Identifier
from lake.settings import Settings
from operations.dbt.project_files import newest_change
from operations.dbt.runner import MANIFEST, follow_dbt

GOLD = "gold"
WRITTEN_WITHIN_SECONDS = 10.0
UNSTORED = frozenset({"view", "ephemeral"})
Node = Mapping[str, Any]


def read_manifest(settings: Settings) -> dict[str, Any] | None:
    """Return the manifest, None before dbt has read the project.

    dbt writes it in place: one that is being written is read again until it is whole. Raises
    ConfigurationError when it does not become so, or may not be read.
    """
    file = settings.home / MANIFEST
    whole = Retrying(
        retry=retry_if_exception_type(ValueError),
        stop=stop_after_delay(WRITTEN_WITHIN_SECONDS),
        wait=wait_fixed(0.1),
        reraise=True,
    )
    try:
        found: dict[str, Any] = whole(lambda: json.loads(file.read_bytes()))
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise ConfigurationError(f"{file} cannot be read: {error}", "dbt parse") from None
    return found


def parse_if_changed(settings: Settings) -> None:
    """Let dbt read the project again where a file of it is newer than what dbt wrote last.

    Raises LoadError with what dbt said of it.
    """
    manifest = settings.home / MANIFEST
    is_current = manifest.exists() and manifest.stat().st_mtime >= newest_change(
        settings.project_dir
    )
    if not is_current:
        follow_dbt(settings, ["parse"])


def gold_models(manifest: Mapping[str, Any] | None) -> Iterator[Node]:
    """Yield the models that are tables in gold, by name."""
    nodes = manifest["nodes"].values() if manifest else ()
    for node in sorted(nodes, key=lambda node: str(node["name"])):
        is_table = _kind(node) not in UNSTORED
        if node["resource_type"] == "model" and node["schema"] == GOLD and is_table:
            yield node


def key_of(model: Node) -> tuple[str, ...]:
    """Return the columns of a model's unique key, none where it declares none."""
    declared = model["config"].get("unique_key")
    return (declared,) if isinstance(declared, str) else tuple(declared or ())


def readers_in(manifest: Mapping[str, Any], table: Identifier) -> Iterator[Identifier]:
    """Yield the tables that are made of a raw table, by a model that reads it itself.

    What an ephemeral model reads, the models read that take it in. A view has no rows of its own.
    """
    nodes: Mapping[str, Node] = manifest["nodes"]
    sources = {
        unique_id
        for unique_id, source in manifest["sources"].items()
        if (source["schema"], source["identifier"]) == table
    }
    for node in nodes.values():
        is_table = node["resource_type"] in {"model", "snapshot"} and _kind(node) not in UNSTORED
        if is_table and sources & set(_read_by(nodes, node)):
            yield node["schema"], node["alias"]


def _read_by(nodes: Mapping[str, Node], node: Node) -> Iterator[str]:
    for unique_id in node["depends_on"]["nodes"]:
        yield unique_id
        if unique_id in nodes and _kind(nodes[unique_id]) == "ephemeral":
            yield from _read_by(nodes, nodes[unique_id])


def _kind(node: Node) -> str:
    return str(node["config"].get("materialized"))
