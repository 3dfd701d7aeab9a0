"""Statements on the table `iceberg_tables` of JdbcCatalog and SqlCatalog -> pointers, changes.

The two agree on it (schema V1), so one database serves Spark and Python. A statement is written
with `?`; each database's `Execute` turns that into its own mark.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from lake.catalogs.base import CATALOG, Identifier, Pointer, PointerChange

_KEY = "catalog_name = ? and table_namespace = ? and table_name = ?"


class Cursor(Protocol):
    """What is left of a statement: the number of rows that it changed."""

    @property
    def rowcount(self) -> int:
        """How many rows were changed."""
        ...


Execute = Callable[[str, Sequence[object]], Cursor]


def select_pointers(identifier: Identifier | None = None) -> tuple[str, tuple[str, ...]]:
    """Return the query for one pointer, or for all, and its values."""
    if identifier is None:
        return "select * from iceberg_tables where catalog_name = ?", (CATALOG,)
    return f"select * from iceberg_tables where {_KEY}", (CATALOG, *identifier)


def pointers_of(rows: Sequence[Mapping[str, Any]]) -> dict[Identifier, Pointer]:
    """Return what rows of the table say; a table of schema V0 has no `iceberg_type`."""
    return {
        (row["table_namespace"], row["table_name"]): Pointer(
            row["metadata_location"],
            row["previous_metadata_location"],
            row.get("iceberg_type") == "VIEW",
        )
        for row in rows
    }


def apply_changes(execute: Execute, changes: Sequence[PointerChange]) -> list[Identifier]:
    """Make the changes within a transaction; return the tables that were not as expected.

    In the order of their names: two writers then wait for each other's rows, never in a circle.
    """
    ordered = sorted(changes, key=lambda change: change.identifier)
    return [change.identifier for change in ordered if not _apply(execute, change)]


def repair(execute: Execute, identifier: Identifier, known: Pointer, metadata: str | None) -> bool:
    """Name another metadata file in a row, or delete the row; False when it is not as known."""
    where, values = _as_known(identifier, known.metadata)
    if metadata is None:
        return execute(f"delete from iceberg_tables where {where}", values).rowcount == 1
    query = (
        "update iceberg_tables set metadata_location = ?, previous_metadata_location = null"
        f" where {where}"
    )
    return execute(query, (metadata, *values)).rowcount == 1


def _apply(execute: Execute, change: PointerChange) -> bool:
    if change.expected is None:
        query = (
            "insert into iceberg_tables (catalog_name, table_namespace, table_name,"
            " metadata_location, iceberg_type) values (?, ?, ?, ?, 'TABLE')"
            " on conflict (catalog_name, table_namespace, table_name) do nothing"
        )
        return execute(query, (CATALOG, *change.identifier, change.metadata)).rowcount == 1
    where, values = _as_known(change.identifier, change.expected)
    query = (
        "update iceberg_tables set metadata_location = ?, previous_metadata_location = ?"
        f" where {where}"
    )
    return execute(query, (change.metadata, change.expected, *values)).rowcount == 1


def _as_known(identifier: Identifier, metadata: str | None) -> tuple[str, tuple[str, ...]]:
    """Return the condition that a row is as it was read, and its values."""
    if metadata is None:
        return f"{_KEY} and metadata_location is null", (CATALOG, *identifier)
    return f"{_KEY} and metadata_location = ?", (CATALOG, *identifier, metadata)
