"""The lake as it is at one moment: the catalog's pointers, read once -> tables of one set."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lake.lake import Identifier, Lake, Pointer
from lake.metadata import metadata_missing, read_metadata
from operations.publication.book import IDENTIFIER as PUBLICATIONS
from operations.publication.book import State

if TYPE_CHECKING:
    from pyiceberg.table import Table


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


def read_moment(lake: Lake) -> Moment:
    """Read all pointers in one query; the book of publications is one of the tables.

    Raises EnvironmentFault when the catalog cannot be read.
    """
    pointers = lake.pointers()
    book = pointers.get(PUBLICATIONS)
    properties = read_metadata(lake.files, book.metadata) if book and book.metadata else {}
    return Moment(lake, pointers, State.of(properties.get("properties", {})).publication_id or None)
