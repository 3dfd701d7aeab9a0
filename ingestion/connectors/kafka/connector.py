"""The connector `kafka`: messages of topics, each of them landed once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from ingestion.connectors.base import (
    ConnectorContext,
    ConnectorType,
    DraftRequest,
    Remaining,
    TableState,
)
from ingestion.connectors.batches import Position
from ingestion.connectors.kafka.declaration import MODELS, KafkaSource, KafkaTable
from ingestion.connectors.kafka.position import KafkaPosition
from ingestion.declarations.draft import Draft
from lake.settings import Settings
from lake.types import DataType

if TYPE_CHECKING:
    from ingestion.connectors.kafka.reader import KafkaReader
    from ingestion.connectors.kafka.replay import KafkaReplayReader


class KafkaConnector(ConnectorType[KafkaSource, KafkaTable]):
    """Topics of Kafka brokers; how far they are read stands in the table alone."""

    name = "kafka"
    models = MODELS

    def connect(self, source: KafkaSource, context: ConnectorContext) -> KafkaReader:
        """Return a session with a broker; nothing is connected yet. Raises ConfigurationError."""
        from ingestion.connectors.kafka.reader import KafkaReader

        return KafkaReader(source, context)

    def check(self, source: KafkaSource, context: ConnectorContext) -> str:
        """Say what the broker holds. Raises FirnError when it does not answer as declared."""
        from ingestion.connectors.kafka.check import check_source

        return check_source(source, context)

    def remaining(
        self, source: KafkaSource, context: ConnectorContext, states: Mapping[str, TableState]
    ) -> Mapping[str, Remaining]:
        """Return the lag of each table. Raises FirnError when the broker does not answer."""
        from ingestion.connectors.kafka.remaining import remaining_messages

        return remaining_messages(source, context, states)

    def replay_reader(
        self,
        table: KafkaTable,
        context: ConnectorContext,
        evolved: Mapping[str, DataType],  # noqa: ARG002 - topics land declared columns only
    ) -> KafkaReplayReader:
        """Return the reader of a table's messages in quarantine."""
        from ingestion.connectors.kafka.replay import KafkaReplayReader

        return KafkaReplayReader(table, context)

    def describe(self, position: Position | None) -> str | None:
        """Say a position to people: the next offset of each partition."""
        return str(KafkaPosition.of(position)) or None

    def draft(self, request: DraftRequest, settings: Settings) -> Draft:
        """Return a draft for the messages of topics (`options["from_topics"]`)."""
        from ingestion.connectors.kafka.draft import draft_source

        return draft_source(request, settings)


CONNECTOR = KafkaConnector()
