"""Statements on the table `iceberg_tables` of JdbcCatalog and SqlCatalog -> pointers, changes.

The two agree on it (schema V1), so one database serves Spark and Python. A statement is written
with `?`; each database's `Execute` turns that into its own mark.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from lake.catalogs import drop_log
from lake.catalogs.base import (
    CATALOG,
    Identifier,
    MetadataChange,
    Pointer,
    PointerChange,
    PointerConflictError,
)

if TYPE_CHECKING:
    from pyiceberg.catalog import Catalog

_KEY = "catalog_name = ? and table_namespace = ? and table_name = ?"


class Cursor(Protocol):
    """What is left of a statement: the number of rows that it changed."""

    @property
    def rowcount(self) -> int:
        """How many rows were changed."""
        ...


Execute = Callable[[str, Sequence[object]], Cursor]


class DatabaseCatalog(ABC):
    """A catalog that is a table of pointers in a database; a kind of database is a subclass."""

    writes_metadata = False
    has_drop_log = True
    file: Path | None = None

    @property
    @abstractmethod
    def label(self) -> str:
        """Where the catalog is, for messages; never a secret."""

    @abstractmethod
    def open(self, properties: Mapping[str, str]) -> Catalog:
        """Return the pyiceberg catalog, its tables made when missing."""

    @abstractmethod
    def copy_to(self, file: Path) -> bool:
        """Write a copy of the catalog to a file; False where its server has to be backed up."""

    @abstractmethod
    def _rows(self, query: str, values: Sequence[object]) -> list[dict[str, Any]]:
        """Return the rows of a query by column, none where there is no catalog yet."""

    @abstractmethod
    def _transaction(self) -> AbstractContextManager[Execute]:
        """Give what runs statements of one transaction, which a raised error takes back."""

    def pointers(self) -> dict[Identifier, Pointer]:
        """Return the pointers of all tables and views in one query; none without a catalog yet."""
        return pointers_of(self._rows(*select_pointers()))

    def pointer(self, identifier: Identifier) -> Pointer | None:
        """Return one table's or view's pointer, None when the catalog has no such name."""
        return pointers_of(self._rows(*select_pointers(identifier))).get(identifier)

    def require_writable(self) -> None:  # noqa: B027 - a server says it of a commit
        """Return: nothing is known before a commit."""

    def require_transactions(self) -> None:  # noqa: B027 - a database has them
        """Return: every database commits several rows at once."""

    def commit(self, changes: Sequence[MetadataChange]) -> None:
        """Name the files that were written, all or none. Raises PointerConflictError."""
        self.compare_and_set(
            [PointerChange(one.identifier, one.expected, one.written) for one in changes]
        )

    def compare_and_set(self, changes: Sequence[PointerChange]) -> None:
        """Make all changes in one transaction, or none. Raises PointerConflictError."""
        with self._transaction() as execute:
            moved = apply_changes(execute, changes)
            if moved:
                raise PointerConflictError(self.label, moved)

    @property
    @abstractmethod
    def _log_statements(self) -> Sequence[str]:
        """The statements that make the log of drops and what writes to it, where they are not."""

    def drops(self) -> frozenset[str] | None:
        """Return the newest metadata files of what was dropped, None where no log was begun."""
        return drop_log.believed(self._rows(drop_log.SELECT, ()))

    def begin_drop_log(self, kept: Collection[str] = ()) -> None:
        """Log every drop from now on, and take these metadata files for dropped."""
        with self._transaction() as execute:
            for statement in self._log_statements:
                execute(statement, ())
            for location in (drop_log.BEGINNING, *kept):
                execute(drop_log.KEEP, (location,))

    def register(
        self, identifier: Identifier, known: Pointer | None, metadata: str, *, is_view: bool
    ) -> bool:
        """Add a row that names a metadata file, or let the row that is known name it."""
        with self._transaction() as execute:
            if known is not None:
                return repair(execute, identifier, known, metadata)
            return _add(execute, identifier, metadata, "VIEW" if is_view else "TABLE")

    def repair(self, identifier: Identifier, known: Pointer, metadata: str | None) -> bool:
        """Point a damaged table's row elsewhere or take it away, if it is still as known."""
        with self._transaction() as execute:
            return repair(execute, identifier, known, metadata)


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
        return _add(execute, change.identifier, change.metadata, "TABLE")
    where, values = _as_known(change.identifier, change.expected)
    query = (
        "update iceberg_tables set metadata_location = ?, previous_metadata_location = ?"
        f" where {where}"
    )
    return execute(query, (change.metadata, change.expected, *values)).rowcount == 1


def _add(execute: Execute, identifier: Identifier, metadata: str, kind: str) -> bool:
    query = (
        "insert into iceberg_tables (catalog_name, table_namespace, table_name,"
        " metadata_location, iceberg_type) values (?, ?, ?, ?, ?)"
        " on conflict (catalog_name, table_namespace, table_name) do nothing"
    )
    return execute(query, (CATALOG, *identifier, metadata, kind)).rowcount == 1


def _as_known(identifier: Identifier, metadata: str | None) -> tuple[str, tuple[str, ...]]:
    """Return the condition that a row is as it was read, and its values."""
    if metadata is None:
        return f"{_KEY} and metadata_location is null", (CATALOG, *identifier)
    return f"{_KEY} and metadata_location = ?", (CATALOG, *identifier, metadata)
