"""Which gold tables are exported: names of tables and tags -> tables of the lake, their keys."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from lake.errors import ConfigurationError
from lake.lake import Identifier, Pointer
from lake.settings import Settings
from operations.dbt.manifest import GOLD, gold_models, key_of, read_manifest

FILE_NAME = re.compile(r"\w{1,200}", re.ASCII)


@dataclass(frozen=True)
class GoldTable:
    """A gold table that is in the lake: what its rows are sorted by, and its tags."""

    identifier: Identifier
    key: tuple[str, ...] = ()
    tags: frozenset[str] = frozenset()

    @property
    def name(self) -> str:
        """The table's name within gold."""
        return self.identifier[1]

    @property
    def label(self) -> str:
        """The table's name with that of its namespace."""
        return ".".join(self.identifier)


def select_tables(
    settings: Settings, names: Sequence[str], pointers: Mapping[Identifier, Pointer]
) -> list[GoldTable]:
    """Return the gold tables among `pointers` that `names` mean, by name; no names mean all.

    A name is that of a table (`sales_daily`, `gold.sales_daily`) or a tag of models (`shop`).
    Raises ConfigurationError that lists every unknown name, and for a table whose name is not fit
    to be that of a file.
    """
    tables = _gold_tables(settings, pointers)
    known = {name for table in tables for name in _names(table)}
    if unknown := [name for name in names if name not in known]:
        raise ConfigurationError(
            "; ".join(_unknown(name, known) for name in unknown),
            f"choose from: {', '.join(sorted(known)) or '(nothing yet; run dbt build)'}",
        )
    chosen = [table for table in tables if not names or _names(table) & set(names)]
    if wrong := [table.name for table in chosen if not FILE_NAME.fullmatch(table.name)]:
        raise ConfigurationError(
            f"the table {wrong[0]!r} cannot be exported: its name would be that of a file",
            "give it an alias of letters, digits and underscores",
        )
    return chosen


def _gold_tables(settings: Settings, pointers: Mapping[Identifier, Pointer]) -> list[GoldTable]:
    models = {
        (node["schema"], node["alias"]): GoldTable(
            (node["schema"], node["alias"]),
            key_of(node),
            frozenset(node["tags"]),
        )
        for node in gold_models(read_manifest(settings))
    }
    there = sorted(name for name, at in pointers.items() if name[0] == GOLD and not at.is_view)
    return [models.get(name, GoldTable(name)) for name in there]


def _names(table: GoldTable) -> set[str]:
    return {GOLD, table.name, table.label, *table.tags}


def _unknown(name: str, known: set[str]) -> str:
    near = get_close_matches(name, known, n=1)
    hint = f"; did you mean {near[0]!r}?" if near else ""
    return f"{name!r} is neither a gold table in the lake nor a tag of one{hint}"
