"""What all pages have: a name, parts to choose from, and what a part is drawn with."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dashboard.reading.conditions import Condition
from dashboard.reading.view import EmptyTableError, LakeView
from lake.settings import Settings

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True)
class Visit:
    """What a part is drawn with: the lake at one moment, the visitor's time zone, the settings."""

    lake: LakeView
    zone: str
    settings: Settings
    source: str | None = None

    def read(self, table: str, columns: Sequence[str], where: Sequence[Condition] = ()) -> pa.Table:
        """Return columns of a table as `LakeView.read` does.

        Raises EmptyTableError where the table holds no rows at all.
        """
        rows = self.lake.read(table, columns, where)
        if rows.num_rows == 0 and self.lake.is_empty(table):
            source = self.source or "<source>"
            raise EmptyTableError(
                f"{table} is built and holds no rows",
                f"firn ingest {source}, then dbt build --select source:{source}+",
            )
        return rows


Part = Callable[[Visit], None]


@dataclass(frozen=True)
class Page:
    """A page: `source` is the declared source that its tables are made from, if it is one.

    `parts` are what can be chosen on it, by name; each draws its filters and panels. A part named
    in `live` is drawn again by itself.
    """

    name: str
    title: str
    about: str
    parts: Mapping[str, Part]
    source: str | None = None
    live: frozenset[str] = frozenset()
