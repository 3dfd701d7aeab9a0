"""What a command is about: names such as `shop` or `shop.orders` -> declared tables by source."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches

from ingestion.declarations.model import SourceDeclaration
from lake.errors import ConfigurationError


def select_tables(
    sources: Sequence[SourceDeclaration], selection: Sequence[str]
) -> tuple[SourceDeclaration, ...]:
    """Return the sources with only the selected tables, in declared order; no selection means all.

    Raises ConfigurationError that lists every name which is not declared, with the closest one.
    """
    if not selection:
        return tuple(sources)
    labels = {table.label for source in sources for table in source.tables}
    names = labels | {source.name for source in sources}
    if unknown := [name for name in selection if name not in names]:
        raise ConfigurationError(
            "; ".join(_not_declared(name, names) for name in unknown),
            "declare it in models/raw/<source>.yml, or choose from: " + ", ".join(sorted(names)),
        )
    chosen = []
    for source in sources:
        tables = tuple(t for t in source.tables if {source.name, t.label} & set(selection))
        if tables:
            chosen.append(source.model_copy(update={"tables": tables}))
    return tuple(chosen)


def _not_declared(name: str, names: set[str]) -> str:
    near = get_close_matches(name, names, n=1)
    return f"{name!r} is not declared" + (f"; did you mean {near[0]!r}?" if near else "")
