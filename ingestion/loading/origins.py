"""Files that a table's rows are of: those of a load with a new key must be all that there were."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ingestion.declarations import TableDeclaration
from ingestion.results import IngestOptions
from lake.errors import DataLossError

if TYPE_CHECKING:
    import pyarrow as pa

    from ingestion.connectors.base import TableState


class Origins:
    """What a load has read of the files that the table's rows are of.

    It is only looked at when all tokens are made anew: whoever asks for that gives up no rows.
    """

    def __init__(self, table: TableDeclaration, options: IngestOptions) -> None:
        """Remember nothing yet."""
        self._label = table.label
        is_looked_at = options.new_key and not options.accept_gap
        self._column = table.origin_column if is_looked_at else None
        self._read: set[str] = set()

    def note(self, rows: pa.Table) -> None:
        """Remember which files some rows are of."""
        if self._column:
            self._read.update(rows.column(self._column).unique().to_pylist())

    def require_all(self, landed: TableState) -> None:
        """Raise DataLossError if rows have landed of files that were not read again."""
        if self._column is None:
            return
        known = {value for (value,) in landed.landed_values([self._column])}
        if gone := known - self._read:
            raise DataLossError(
                f"{self._label}: its rows are of {len(known)} files, {len(gone)} of them are gone,"
                " so their tokens cannot be made anew",
                "put them back where they were, or give their rows up:"
                f" firn rotate-key {self._label} --accept-gap",
            )
