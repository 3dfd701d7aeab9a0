"""What a connector may ask of its table: the lake -> position, landed values, places."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ingestion.connectors.batches import Position
from ingestion.declarations import TableDeclaration
from lake.lake import Lake


@dataclass(frozen=True)
class LandedState:
    """What the lake holds of a table; it is opened when it is asked for."""

    lake: Lake
    table: TableDeclaration
    position: Position | None

    def landed_values(self, columns: Sequence[str]) -> Iterator[tuple[Any, ...]]:
        """Yield the distinct values that some columns have in the raw table, maybe repeatedly."""
        from ingestion.raw_tables.scan import distinct_values

        raw = self.lake.table(self.table.identifier)
        if raw is not None:
            yield from distinct_values(raw, columns)

    def quarantined_places(self) -> Iterator[Mapping[str, Any]]:
        """Yield the places of the table's rows in quarantine, resolved ones too."""
        from ingestion.quarantine.rows import QuarantinedRows

        yield from QuarantinedRows(self.lake, self.table).places()


class NoState:
    """What a load goes by that replaces all rows there are: nothing."""

    position: Position | None = None

    def landed_values(self, columns: Sequence[str]) -> Iterator[tuple[Any, ...]]:  # noqa: ARG002
        """Yield nothing."""
        return iter(())

    def quarantined_places(self) -> Iterator[Mapping[str, Any]]:
        """Yield nothing."""
        return iter(())
