"""Namespaces of the catalog: made where they are missing, whoever else makes them meanwhile."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyiceberg.catalog import Catalog


def ensure_namespace(catalog: Catalog, name: str) -> None:
    """Make a namespace unless it is there.

    A SQL catalog looks first and inserts then; where another process does the same in between, its
    database refuses the later one.
    """
    from sqlalchemy.exc import IntegrityError

    try:
        catalog.create_namespace_if_not_exists(name)
    except IntegrityError:
        if not catalog.namespace_exists(name):
            raise
