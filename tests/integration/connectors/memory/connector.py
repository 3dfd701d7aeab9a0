"""The connector `memory`."""

from __future__ import annotations

from collections.abc import Mapping

from ingestion.connectors.base import (
    ConnectorContext,
    ConnectorType,
    DraftRequest,
    Remaining,
    TableState,
)
from ingestion.connectors.batches import Position
from ingestion.declarations.draft import Draft
from lake.settings import Settings
from lake.types import DataType
from tests.integration.connectors.memory.check import check_source
from tests.integration.connectors.memory.declaration import MODELS, MemorySource, MemoryTable
from tests.integration.connectors.memory.draft import draft_source
from tests.integration.connectors.memory.reader import MemoryReader, offset_of
from tests.integration.connectors.memory.remaining import remaining_rows
from tests.integration.connectors.memory.replay import MemoryReplayReader


class MemoryConnector(ConnectorType[MemorySource, MemoryTable]):
    """Rows of lists."""

    name = "memory"
    models = MODELS

    def connect(self, source: MemorySource, context: ConnectorContext) -> MemoryReader:  # noqa: ARG002
        """Return a session with the lists."""
        return MemoryReader(source)

    def check(self, source: MemorySource, context: ConnectorContext) -> str:  # noqa: ARG002
        """Say how many rows there are."""
        return check_source(source)

    def remaining(
        self,
        source: MemorySource,
        context: ConnectorContext,  # noqa: ARG002
        states: Mapping[str, TableState],
    ) -> Mapping[str, Remaining]:
        """Return how many rows wait."""
        return remaining_rows(source, states)

    def replay_reader(
        self,
        table: MemoryTable,
        context: ConnectorContext,  # noqa: ARG002
        evolved: Mapping[str, DataType],  # noqa: ARG002
    ) -> MemoryReplayReader:
        """Return the reader of a table's rows in quarantine."""
        return MemoryReplayReader(table)

    def describe(self, position: Position | None) -> str | None:
        """Say a position to people."""
        return None if position is None else f"row {offset_of(position)}"

    def draft(self, request: DraftRequest, settings: Settings) -> Draft:  # noqa: ARG002
        """Return a draft of the lists."""
        return draft_source(request)


CONNECTOR = MemoryConnector()
