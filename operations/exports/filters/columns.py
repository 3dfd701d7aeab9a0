"""The columns that a filter names: a name and a table's schema -> the column."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

from lake.errors import ConfigurationError

if TYPE_CHECKING:
    from pyiceberg.schema import Schema
    from pyiceberg.types import NestedField


class Columns:
    """The columns of a table, by name as written, else whatever its case."""

    def __init__(self, table: str, schema: Schema) -> None:
        """Take the columns of a schema; `table` is its name, for messages."""
        self.table = table
        self._exact = {field.name: field for field in schema.fields}
        self._folded = {field.name.casefold(): field for field in schema.fields}

    def find(self, name: str) -> NestedField:
        """Return a column. Raises ConfigurationError with the nearest name when there is none."""
        found = self._exact.get(name) or self._folded.get(name.casefold())
        if found is not None:
            return found
        near = get_close_matches(name, self._exact, n=1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise ConfigurationError(
            f"the filter: {self.table} has no column {name!r}{hint}",
            f"choose from: {', '.join(self._exact)}",
        )

    def require_text(self, column: NestedField) -> None:
        """Raise ConfigurationError for a column that does not hold texts."""
        from pyiceberg import types

        if not isinstance(column.field_type, types.StringType):
            raise ConfigurationError(
                f"the filter: {self.table}.{column.name} is of type {column.field_type}; like is"
                " for texts",
                "compare it by =, <, between or in",
            )
