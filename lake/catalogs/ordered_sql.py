"""pyiceberg's catalog in a database, with commits in order."""

from __future__ import annotations

from pyiceberg.catalog.sql import SqlCatalog
from pyiceberg.table import StagedTable, Table
from pyiceberg.table.update import TableRequirement, TableUpdate
from pyiceberg.typedef import Identifier

from lake.catalogs.ordered_commits import not_before


class OrderedSqlCatalog(SqlCatalog):
    """A catalog in a database; what is committed is never older than what was there."""

    def _update_and_stage_table(
        self,
        current_table: Table | None,
        table_identifier: Identifier,
        requirements: tuple[TableRequirement, ...],
        updates: tuple[TableUpdate, ...],
    ) -> StagedTable:
        staged = super()._update_and_stage_table(
            current_table, table_identifier, requirements, updates
        )
        if current_table:
            staged.metadata = not_before(current_table.metadata, staged.metadata)
        return staged
