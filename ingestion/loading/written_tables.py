"""Which tables the loads of a source write to: its declaration -> names."""

from __future__ import annotations

from ingestion.declarations import SourceDeclaration, TableDeclaration
from ingestion.loading.load_history import IDENTIFIER as LOADS
from ingestion.quarantine.store import quarantine_of
from lake.lake import Identifier


def tables_of_load(table: TableDeclaration) -> list[Identifier]:
    """Return the tables that a load of one table reads and writes: its own and the quarantine."""
    return [table.identifier, quarantine_of(table.source)]


def written_tables(source: SourceDeclaration) -> list[Identifier]:
    """Return the raw tables, the quarantine of the source, and the ledger of loads."""
    return [*(table.identifier for table in source.tables), quarantine_of(source.name), LOADS]
