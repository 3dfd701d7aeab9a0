"""Which tables a command is about: layers, sources and names of tables -> declared tables."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches

from lake.errors import ConfigurationError
from operations.preflight.declared import DeclaredTable
from operations.preflight.graph import LAYERS

ALL = "all"


def select_declared(tables: Sequence[DeclaredTable], names: Sequence[str]) -> list[DeclaredTable]:
    """Return the tables that `names` mean, in their order; no names, or `all`, mean every table.

    Layers (`silver`) add up, so do sources (`shop`); both together mean the tables that are in one
    of the layers and made from one of the sources. Beside those, a table is meant by its own name
    (`silver.shop__orders`) or, in raw, by that of its declaration (`shop.orders`).
    Raises ConfigurationError that lists every unknown name, with the closest known one.
    """
    layers = {table.layer for table in tables}
    sources = {source for table in tables for source in table.sources}
    by_name = {name for table in tables for name in _own_names(table)}
    known = {ALL, *LAYERS, *layers, *sources}
    if unknown := [name for name in names if name not in known | by_name]:
        said = "; ".join(_unknown(name, known | by_name) for name in unknown)
        in_order = [ALL, *LAYERS, *sorted(known - {ALL, *LAYERS})]
        raise ConfigurationError(
            said, f"choose from: {', '.join(in_order)}, or a table such as {min(by_name)}"
        )
    chosen_layers, chosen_sources = set(names) & {*LAYERS, *layers}, set(names) & sources
    is_wide = not names or ALL in names or chosen_layers or chosen_sources
    return [
        table
        for table in tables
        if _own_names(table) & set(names)
        or (
            is_wide
            and (not chosen_layers or table.layer in chosen_layers)
            and (not chosen_sources or table.sources & chosen_sources)
        )
    ]


def _own_names(table: DeclaredTable) -> set[str]:
    return {table.name, table.name.removeprefix("raw_")}


def _unknown(name: str, known: set[str]) -> str:
    near = get_close_matches(name, known, n=1)
    hint = f"; did you mean {near[0]!r}?" if near else ""
    return f"{name!r} is neither a layer nor a source nor a table{hint}"
