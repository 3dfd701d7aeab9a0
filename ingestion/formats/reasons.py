"""Why a row or a file cannot be landed, as it may be shown: a reason -> the same, or less.

What a library says of a value, and what stands in a header, may be personal. Of a table with
personal data only a reason in `OwnWords` passes as it is; any other says rule, column and type.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from ingestion.formats.base import NOT_READABLE, NOT_REPRESENTABLE, OwnWords

if TYPE_CHECKING:
    from ingestion.declarations import ColumnDeclaration
    from ingestion.formats.declaration import FormattedTable

SHOWN_CHARACTERS = 200
QUOTED_CHARACTERS = 100
ENDS_OF_NAMES = (":", " ")
_BY_RULE = {
    NOT_READABLE: "it cannot be read",
    NOT_REPRESENTABLE: "a value is not of the type that its column is declared with",
    "wrong_header": "its header is not as declared",
    "wrong_type": "a column is not of the type it is declared with",
    "undeclared_fields": "it has fields that are not declared (freeze)",
}
_WHY_NOT_MORE = "; more is not said, the table has personal data"


def without_values(table: FormattedTable, rule: str, reason: str) -> str:
    """Return a reason that quotes nothing from outside, if the table has personal data."""
    if not table.has_personal_data or isinstance(reason, OwnWords):
        return reason
    column = _column(table, reason)
    if column is not None and rule == NOT_REPRESENTABLE:
        return f"{column.name}: the value is no {column.data_type}"
    return _BY_RULE.get(rule, f"it breaks the rule {rule}") + _WHY_NOT_MORE


def no_value(name: str, text: str, kind: object) -> str:
    """Say that a text is no value of the column that has a name and a type."""
    return f"{name}: {text[:QUOTED_CHARACTERS]!r} is no {kind}"


def shown_names(table: FormattedTable, names: Iterable[str]) -> str:
    """Return names of a file's fields; of a table with personal data the undeclared are counted.

    Where a header is missing, what stands in its place is a row.
    """
    found = list(names)
    if not table.has_personal_data:
        return ", ".join(found)[:SHOWN_CHARACTERS]
    declared = {".".join(column.origin) for column in table.columns}
    known = [name for name in found if name in declared]
    others = len(found) - len(known)
    return ", ".join([*known, f"{others} undeclared"] if others else known)


def _column(table: FormattedTable, reason: str) -> ColumnDeclaration | None:
    """Return the declared column that a reason begins with, None if it begins with none."""
    for column in table.landed_columns:
        for name in {column.name, ".".join(column.origin)}:
            if reason.startswith(name) and reason[len(name) :].startswith(ENDS_OF_NAMES):
                return column
    return None
