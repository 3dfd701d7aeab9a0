"""Which tables the loads of a source write to: its declaration -> names."""

from __future__ import annotations

from ingestion.declarations import SourceDeclaration
from ingestion.loading.load_history import IDENTIFIER as LOADS
from ingestion.quarantine.store import quarantine_of
from lake.lake import Identifier


def written_tables(source: SourceDeclaration) -> list[Identifier]:
    """Return the raw tables, the quarantine of the source, and the ledger of loads."""
    return [*(table.identifier for table in source.tables), quarantine_of(source.name), LOADS]
