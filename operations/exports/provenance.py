"""The lake as it is at one moment: the catalog's pointers, read once -> tables of one set."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lake.errors import EnvironmentFault
from lake.lake import Identifier, Lake, Pointer
from lake.metadata import metadata_missing

if TYPE_CHECKING:
    from pyiceberg.table import Table

PUBLICATIONS = ("ops", "publications")
PUBLICATION = "firn.publication"


@dataclass(frozen=True)
class Moment:
    """Which metadata file each table had at one moment, and which publication that was."""

    lake: Lake
    pointers: Mapping[Identifier, Pointer]
    publication: int | None

    def table(self, identifier: Identifier) -> Table:
        """Open a table as it was then. Raises EnvironmentFault when its files are gone."""
        pointer = self.pointers.get(identifier)
        if pointer is None or pointer.metadata is None:
            raise metadata_missing(identifier)
        return self.lake.table_at(identifier, pointer.metadata)


def published_id(lake: Lake) -> int | None:
    """Return the number of the newest publication, None where nothing was ever published.

    Raises EnvironmentFault when the catalog cannot be read, or the number is none.
    """
    stored = lake.stored(PUBLICATIONS)
    found = stored.properties.get(PUBLICATION) if stored else None
    if found is not None and not found.isdecimal():
        raise EnvironmentFault(
            f"{'.'.join(PUBLICATIONS)}: the property {PUBLICATION} is {found!r}, not a number",
            f"firn verify {'.'.join(PUBLICATIONS)}",
        )
    return None if found is None else int(found)


def read_moment(lake: Lake) -> Moment:
    """Read all pointers in one query, together with the publication that they belong to.

    Raises EnvironmentFault when the catalog cannot be read.
    """
    publication = published_id(lake)
    while True:
        pointers = lake.pointers()
        after = published_id(lake)
        if after == publication:
            return Moment(lake, pointers, publication)
        publication = after  # published meanwhile: the pointers may be of either
