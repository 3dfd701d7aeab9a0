"""Names for what has none that can be declared: any names -> different ones in snake_case."""

from __future__ import annotations

import re
from collections.abc import Iterable

from ingestion.declarations.model import IDENTIFIER

LONGEST_NAME = 63
_WORDS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


def is_own_name(name: str) -> bool:
    """Whether a name can be declared as it is; those that begin with _ are kept for Firn's own."""
    return IDENTIFIER.fullmatch(name) is not None and not name.startswith("_")


def declared_names(names: Iterable[str], kind: str) -> dict[str, str]:
    """Return each name with the identifier to declare it by: itself where that is possible.

    Others become snake_case: `createdAt` is created_at, `größe` grosse. `kind`, such as column,
    begins what would begin with a digit or be empty. A number tells apart what would be the same.
    """
    ordered = sorted(dict.fromkeys(names), key=lambda name: not is_own_name(name))
    found: dict[str, str] = {}
    taken: set[str] = set()
    for name in ordered:
        found[name] = name if is_own_name(name) else _free(_snake_cased(name, kind), taken)
        taken.add(found[name])
    return found


def _snake_cased(name: str, kind: str) -> str:
    from slugify import slugify

    words = slugify(name, separator="_", lowercase=False)
    cased = _WORDS.sub("_", words).lower()
    return cased if cased[:1].isalpha() else "_".join(filter(None, (kind, cased)))


def _free(name: str, taken: set[str]) -> str:
    """Return `name`, or the first of name_2, name_3 … that is not taken."""
    tried, number = name[:LONGEST_NAME], 1
    while tried in taken:
        number += 1
        suffix = f"_{number}"
        tried = name[: LONGEST_NAME - len(suffix)] + suffix
    return tried
