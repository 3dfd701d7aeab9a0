"""What is landed, declared per source: models/raw/*.yml -> frozen models, or all mistakes."""

from ingestion.declarations.model import (
    ColumnDeclaration,
    DeclarationModels,
    Infinity,
    LoadMode,
    NewColumns,
    PartitionField,
    PersonalData,
    SourceDeclaration,
    TableDeclaration,
)
from ingestion.declarations.selection import select_tables

__all__ = [
    "ColumnDeclaration",
    "DeclarationModels",
    "Infinity",
    "LoadMode",
    "NewColumns",
    "PartitionField",
    "PersonalData",
    "SourceDeclaration",
    "TableDeclaration",
    "select_tables",
]
