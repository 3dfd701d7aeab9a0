"""What readers see of gold now: catalog and metadata files -> snapshot and rows of each table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lake.branches import head_of
from lake.lake import Lake
from lake.snapshots import rows_in
from operations.dbt.manifest import GOLD
from operations.publication.book import PublishedTable


def published_tables(lake: Lake) -> dict[str, PublishedTable]:
    """Return what readers see of every gold table. Raises EnvironmentFault."""
    tables = sorted(
        table
        for table, pointer in lake.pointers().items()
        if table[0] == GOLD and not pointer.is_view
    )
    return {".".join(table): published_table(lake.metadata(table) or {}) for table in tables}


def published_table(metadata: Mapping[str, Any], branch: str | None = None) -> PublishedTable:
    """Return the snapshot and rows that a table has for readers, or on a branch."""
    head = head_of(metadata, branch)
    found = (s for s in metadata.get("snapshots", ()) if s["snapshot-id"] == head)
    return PublishedTable(head, rows_in(next(found, {})))
