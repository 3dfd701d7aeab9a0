"""Fields that nobody declared: an object or a row of texts -> what is kept in `_rescued`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ingestion.declarations import NewColumns
from ingestion.formats.base import BadFileError
from ingestion.formats.declaration import FormattedTable
from ingestion.formats.exact_json import write_json
from ingestion.personal_data import Tokeniser

SHOWN_NAMES = 10


class RescuedFields:
    """Whether files of one table have undeclared fields (`seen`), and their values as JSON.

    In a table with personal data each such value is a token.
    """

    def __init__(self, table: FormattedTable, tokeniser: Tokeniser | None) -> None:
        """Know the fields of `table`, also those that are declared never to be landed."""
        self._declared = _tree([column.origin for column in table.columns])
        self._tokeniser = tokeniser
        self._is_frozen = table.new_columns is NewColumns.FREEZE
        self.seen = False
        self.names: set[str] = set()

    def of_all(self, values: Iterable[Mapping[str, Any]]) -> list[str | None]:
        """Return the undeclared fields of each object as JSON, None where there are none.

        Raises BadFileError where the declaration forbids them.
        """
        rests = [self._rest(value, self._declared) for value in values]
        if self._is_frozen and any(rests):
            names = ", ".join(sorted(self.names)[:SHOWN_NAMES])
            raise BadFileError("undeclared_fields", f"fields not declared (freeze): {names}")
        return [write_json(rest) if rest else None for rest in rests]

    def is_any_in(self, value: Mapping[str, Any]) -> bool:
        """Whether an object has undeclared fields."""
        return _has_more(value, self._declared)

    def _rest(self, value: Mapping[str, Any], declared: Mapping[str, Any]) -> dict[str, Any]:
        rest: dict[str, Any] = {}
        for name, item in value.items():
            if name not in declared:
                self.names.add(name)
                rest[name] = self._kept(item)
            elif declared[name] and isinstance(item, Mapping):
                below = self._rest(item, declared[name])
                if below:
                    rest[name] = below
        return rest

    def _kept(self, item: object) -> object:
        if self._tokeniser is None or item is None:
            return item
        text = item if isinstance(item, str) else write_json(item, sort_keys=True)
        return self._tokeniser.token(text)


def _has_more(value: Mapping[str, Any], declared: Mapping[str, Any]) -> bool:
    return not value.keys() <= declared.keys() or any(
        _has_more(value[name], below)
        for name, below in declared.items()
        if below and isinstance(value.get(name), Mapping)
    )


def _tree(origins: list[tuple[str, ...]]) -> dict[str, Any]:
    """Return paths as nested names; a field that is declared whole has nothing below it."""
    tree: dict[str, Any] = {}
    for origin in origins:
        here = tree
        for part in origin:
            here = here.setdefault(part, {})
    return tree
