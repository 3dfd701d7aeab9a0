"""What is landed, declared per source: models/raw/*.yml -> frozen models, or all mistakes."""

from ingestion.declarations.model import (
    ColumnDeclaration,
    Encoding,
    FileFormat,
    FileSource,
    FileTable,
    LoadMode,
    NewColumns,
    PartitionField,
    PersonalData,
    PostgresSource,
    PostgresTable,
    SourceDeclaration,
    TableDeclaration,
)
from ingestion.declarations.reading import load_sources
from ingestion.declarations.selection import select_tables

__all__ = [
    "ColumnDeclaration",
    "Encoding",
    "FileFormat",
    "FileSource",
    "FileTable",
    "LoadMode",
    "NewColumns",
    "PartitionField",
    "PersonalData",
    "PostgresSource",
    "PostgresTable",
    "SourceDeclaration",
    "TableDeclaration",
    "load_sources",
    "select_tables",
]
