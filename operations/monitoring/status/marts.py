"""What dbt's artefacts say of gold tables: manifest.json -> newest column, raw tables below."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from lake.errors import ConfigurationError
from lake.lake import Identifier
from lake.settings import Settings
from operations.dbt.manifest import gold_models, read_manifest


class CountsOnly(BaseModel):
    """A gold model's `config.meta.counts_only`: which rows of a raw table its rows are made of.

    `table` is a declared one (`shop.orders`), `where` an SQL expression over its columns as DuckDB
    has it, `called` what one such row is, in words.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    table: str
    where: str
    called: str


@dataclass(frozen=True)
class Mart:
    """A gold model: the column that says how new a row is, and the raw tables it is made from."""

    identifier: Identifier
    name: str
    newest: str | None = None
    raw: frozenset[Identifier] = frozenset()
    counts_only: CountsOnly | None = None


def read_marts(settings: Settings) -> dict[Identifier, Mart]:
    """Return the gold models by their table; none before dbt has read the project.

    Raises ConfigurationError for a `counts_only` that is none.
    """
    manifest = read_manifest(settings)
    marts = (_mart(node, manifest or {}) for node in gold_models(manifest))
    return {mart.identifier: mart for mart in marts}


def _mart(node: Mapping[str, Any], manifest: Mapping[str, Any]) -> Mart:
    meta = node["config"].get("meta") or {}
    headline = meta.get("headline") or {}
    declared = meta.get("counts_only")
    return Mart(
        (node["schema"], node["alias"]),
        node["name"],
        headline.get("newest"),
        frozenset(_raw_tables(node["unique_id"], manifest)),
        None if declared is None else _counts_only(node, declared),
    )


def _counts_only(node: Mapping[str, Any], declared: object) -> CountsOnly:
    try:
        return CountsOnly.model_validate(declared)
    except ValidationError as error:
        wrong = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
        raise ConfigurationError(
            f"{node['name']}: config.meta.counts_only: {wrong}",
            f"correct it beside {node['original_file_path']}: table, where and called",
        ) from None


def _raw_tables(unique_id: str, manifest: Mapping[str, Any]) -> Iterator[Identifier]:
    """Yield the sources that a model is made from, through all models between."""
    parents, sources = manifest["parent_map"], manifest["sources"]
    seen, waiting = {unique_id}, [unique_id]
    while waiting:
        for parent in parents.get(waiting.pop(), ()):
            if parent in sources:
                yield sources[parent]["schema"], sources[parent]["identifier"]
            elif parent not in seen:
                seen.add(parent)
                waiting.append(parent)
