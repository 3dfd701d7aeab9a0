"""What is landed, declared per source: models/raw/*.yml -> frozen models, or all mistakes."""

from ingestion.declarations.model import (
    ColumnDeclaration,
    LoadMode,
    NewColumns,
    PartitionField,
    PersonalData,
    SourceDeclaration,
    TableDeclaration,
)
from ingestion.declarations.reading import load_sources
from ingestion.declarations.selection import select_tables

__all__ = [
    "ColumnDeclaration",
    "LoadMode",
    "NewColumns",
    "PartitionField",
    "PersonalData",
    "SourceDeclaration",
    "TableDeclaration",
    "load_sources",
    "select_tables",
]
