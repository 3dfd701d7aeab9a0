"""What is declared of rows in memory: YAML blocks -> a source and its tables."""

from __future__ import annotations

from typing import Literal

from ingestion.declarations import DeclarationModels, LoadMode, NewColumns
from ingestion.declarations.columns import RawColumn
from ingestion.declarations.model import (
    Declared,
    Key,
    SourceDeclaration,
    TableDeclaration,
    Variable,
)
from lake.types import DataType

PLACE = "_place"


class MemoryIngestion(Declared):
    """The `config.meta.ingestion` of a source."""

    connector: Literal["memory"]
    connection: Variable
    new_columns: Literal["rescue"] = "rescue"

    def declared(self) -> dict[str, object]:
        """Return what a MemorySource takes from here."""
        return {"connection": self.connection}


class MemoryTableIngestion(Declared):
    """The `config.meta.ingestion` of a table."""

    key: Key

    def declared(self, name: str, source: MemoryIngestion) -> dict[str, object]:  # noqa: ARG002
        """Return what a MemoryTable takes from here."""
        return {
            "load": LoadMode.APPEND,
            "key": self.key,
            "partition_by": (),
            "new_columns": NewColumns.RESCUE,
        }


class MemoryTable(TableDeclaration):
    """A raw table that is read from a list."""

    @property
    def connector_columns(self) -> tuple[RawColumn, ...]:
        """The place in the list that a row is from."""
        return (RawColumn(PLACE, DataType("bigint"), is_required=True),)


class MemorySource(SourceDeclaration):
    """Some lists."""

    tables: tuple[MemoryTable, ...]


MODELS = DeclarationModels(MemoryIngestion, MemoryTableIngestion, MemorySource, MemoryTable)
