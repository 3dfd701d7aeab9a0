"""Which columns identify a row, by their names and by what samples hold."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import Any

from ingestion.declarations.checks import UNFIT_AS_KEY
from ingestion.formats.drafting.fields import Field
from lake.types import DataType

TRIED_TOGETHER = 8
UNLIKELY = ("timestamp", "date", "decimal", "boolean", "binary")


def likely_key(table: str, fields: Mapping[str, Field], types: Mapping[str, str]) -> list[str]:
    """Return the names of columns that no two rows of a file have alike, nothing where none are.

    One named like an id is tried first, then any one column, then two; of `fields` by their names.
    """
    fit = [name for name in fields if may_be_key(types[name]) and _is_complete([fields[name]])]
    own = (f"{table}_id", f"{table.rstrip('s')}_id", "id", "uuid", "guid", "key")
    named = [name for name in own if name in fit]
    named += [n for n in fit if n.endswith(("_id", "_uuid", "_key", "_no", "_number", "_code"))]
    single = [
        *dict.fromkeys(
            [*named, *(name for name in fit if DataType.parse(types[name]).name not in UNLIKELY)]
        )
    ]
    for name in single:
        if _is_unique([fields[name]]):
            return [name]
    for count in (2, 3):
        for names in itertools.combinations(
            [*dict.fromkeys([*named, *fit])][:TRIED_TOGETHER], count
        ):
            if _is_unique([fields[name] for name in names]):
                return sorted(names, key=list(fields).index)
    return []


def may_be_key(data_type: str) -> bool:
    """Whether values of a type may identify a row."""
    return DataType.parse(data_type).name not in UNFIT_AS_KEY


def _is_complete(fields: Sequence[Field]) -> bool:
    return all(value is not None for f in fields for values in f.values for value in values)


def _is_unique(fields: Sequence[Field]) -> bool:
    """Whether no two rows of a file are alike; a later file may have a row's next version."""
    for columns in zip(*(f.values for f in fields), strict=True):
        rows: list[tuple[Any, ...]] = list(zip(*columns, strict=True))
        if len({repr(row) for row in rows}) < len(rows):
            return False
    return any(values for values in fields[0].values)
