"""Fields that nobody declared: an object or a row of texts -> what is kept in `_rescued`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ingestion.declarations import NewColumns
from ingestion.formats.base import BadFileError, OwnWords
from ingestion.formats.declaration import FormattedTable
from ingestion.formats.exact_json import write_json
from ingestion.personal_data import Tokeniser

SHOWN_NAMES = 10
FROZEN = "fields not declared (freeze)"


class RescuedFields:
    """Whether files of one table have undeclared fields (`seen`), and their values as JSON.

    In a table with personal data each such value is a token, and so is its name.
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
            raise BadFileError("undeclared_fields", OwnWords(f"{FROZEN}: {self.shown}"))
        return [write_json(rest) if rest else None for rest in rests]

    @property
    def shown(self) -> str:
        """The names seen so far, as they may be shown: of personal data how many there are."""
        if self._tokeniser is not None:
            return f"{len(self.names)}, whose names may be personal"
        return ", ".join(sorted(self.names)[:SHOWN_NAMES])

    @property
    def note(self) -> str | None:
        """What a person should know of them, None where there are none."""
        return f"undeclared fields kept in _rescued: {self.shown}" if self.names else None

    def is_any_in(self, value: Mapping[str, Any]) -> bool:
        """Whether an object has undeclared fields."""
        return _has_more(value, self._declared)

    def _rest(self, value: Mapping[str, Any], declared: Mapping[str, Any]) -> dict[str, Any]:
        rest: dict[str, Any] = {}
        for name, item in value.items():
            if name not in declared:
                self.names.add(name)
                rest[self._name(name)] = self._kept(item)
            elif declared[name] and isinstance(item, Mapping):
                below = self._rest(item, declared[name])
                if below:
                    rest[name] = below
        return rest

    def _name(self, name: str) -> str:
        return name if self._tokeniser is None else self._tokeniser.name_token(name)

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
