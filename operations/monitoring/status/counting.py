"""Counts that metadata mostly gives: bounds of files -> rows since a moment, the newest value.

A file is opened only where its bounds lie on both sides, or are not there, and only a column.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from lake.columns import query_files, quoted
from lake.statistics import DATE, TIMES, TIMESTAMP, FileStatistics, Newest, TableStatistics
from lake.storage import LakeFiles

READ_ROWS = 5_000_000  # files of more rows in all are not opened


@dataclass(frozen=True)
class CountedTable:
    """A table of the lake by its statistics, and the files to open where those do not say it."""

    files: LakeFiles
    statistics: TableStatistics

    def time_kind(self, column: str | None) -> str | None:
        """Return which kind of time a column holds, None for none, or where there is no column."""
        kind = self.statistics.columns.get(column or "", (0, ""))[1]
        return kind if kind in TIMES else None

    def rows_since(self, column: str, moment: datetime) -> int | None:
        """Return how many rows have a time of `column` at or after a moment.

        None where that would need files to be opened that are too large, or have lost rows.
        """
        if self.time_kind(column) is None:
            return None
        limit = self.limit(column, moment)
        count, unclear = 0, []
        for file in self.files_since(column, moment):
            bounds = self.statistics.bounds(file, column)
            if bounds is not None and bounds.least >= limit:
                count += file.rows - file.deleted
            else:
                unclear.append(file)
        query = f"select count(*) from rows where {self.is_since(column, moment)}"
        return self._counted(count, unclear, column, query)

    def limit(self, column: str, moment: datetime) -> datetime | date:
        """Return a moment as a column has it: a date, a time without a zone, or a time."""
        kind = self.time_kind(column)
        if kind == DATE:
            return moment.date()
        return moment.replace(tzinfo=None) if kind == TIMESTAMP else moment

    def is_since(self, column: str, moment: datetime) -> str:
        """Return the SQL of whether a row's time is at or after a moment."""
        return f"{quoted(column)} >= {_literal(self.limit(column, moment))}"

    def files_since(self, column: str, moment: datetime) -> list[FileStatistics]:
        """Return the files that may hold rows at or after a moment."""
        limit = self.limit(column, moment)
        found = []
        for file in self.statistics.files:
            bounds = self.statistics.bounds(file, column)
            if bounds is None or (bounds.greatest is not None and bounds.greatest >= limit):
                found.append(file)
        return found

    def newest(self, column: str | None) -> Newest:
        """Return the greatest time of a column; nothing for a column that holds no times."""
        if column is None or self.time_kind(column) is None:
            return Newest()
        known = self.statistics.newest(column)
        if known is not None:
            return known
        unknown = [f for f in self.statistics.files if self.statistics.bounds(f, column) is None]
        if not self.may_open(unknown):
            return Newest(is_exact=False)
        [(read,)] = self.query(unknown, [column], f"select max({quoted(column)}) from rows")
        bounds = [self.statistics.bounds(f, column) for f in self.statistics.files]
        values = [b.greatest for b in bounds if b and b.greatest is not None]
        return Newest(max([*values, *([] if read is None else [read])], default=None))

    def query(
        self, chosen: Sequence[FileStatistics], columns: Sequence[str], query: str
    ) -> list[Any]:
        """Return what an SQL query says of `rows`, some columns of some files."""
        return query_files(self.files, chosen, columns, query)

    def may_open(self, chosen: Sequence[FileStatistics]) -> bool:
        """Whether files are small enough to be opened, and hold no rows that were deleted."""
        has_deletes = not self.statistics.is_exact or any(file.deleted for file in chosen)
        return not has_deletes and sum(file.rows for file in chosen) <= READ_ROWS

    def _counted(
        self, count: int, unclear: Sequence[FileStatistics], column: str, query: str
    ) -> int | None:
        if not unclear:
            return count
        if not self.may_open(unclear):
            return None
        [(read,)] = self.query(unclear, [column], query)
        return count + int(read)


def _literal(moment: datetime | date) -> str:
    """Return a date or a time as SQL has it."""
    if not isinstance(moment, datetime):
        return f"date '{moment.isoformat()}'"
    return f"{'timestamptz' if moment.tzinfo else 'timestamp'} '{moment.isoformat(sep=' ')}'"
