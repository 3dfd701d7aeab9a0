"""Reads the topics of one source table by table: request -> plan -> a reading of it."""

from __future__ import annotations

from ingestion.connectors.base import ConnectorContext, ReadRequest
from ingestion.connectors.kafka.cluster import Cluster
from ingestion.connectors.kafka.declaration import KafkaSource, KafkaTable
from ingestion.connectors.kafka.messages import MessageRows
from ingestion.connectors.kafka.plan import plan
from ingestion.connectors.kafka.position import KafkaPosition
from ingestion.connectors.kafka.reading import KafkaReading
from ingestion.connectors.kafka.schemas import decoder_of, registry_of
from lake.errors import DataLossError

SHOWN_GAPS = 20


class KafkaReader:
    """A session with one source's broker; use it in a `with` block."""

    def __init__(self, source: KafkaSource, context: ConnectorContext) -> None:
        """Prepare to read `source`; nothing is connected yet. Raises ConfigurationError."""
        self._source = source
        self._cluster = Cluster(source, context.settings)
        self._registry = registry_of(source.name, source.schema_registry, context.settings)
        self._tokeniser = context.tokeniser

    def __enter__(self) -> KafkaReader:
        """Return the reader itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the connections to the broker and to the registry."""
        self._cluster.close()
        if self._registry is not None:
            self._registry.close()

    def prepare(self) -> None:
        """Look whether all topics are there, and whether the schema registry answers.

        Raises ConfigurationError, EnvironmentFault.
        """
        if self._registry is not None:
            self._registry.types()
        self._cluster.ids(sorted({t for table in self._source.tables for t in table.topics}))

    def read(self, request: ReadRequest[KafkaTable]) -> KafkaReading:
        """Return what is new in a table's topics, up to where they end now.

        Raises DataLossError for what the broker lost before it was read, unless that is accepted.
        """
        table = request.table
        stored = KafkaPosition.of(request.state.position)
        replaced = KafkaPosition.of(request.replaced) if request.replaced else None
        planned = plan(stored, self._cluster.topics(table.topics), replaced)
        if planned.gaps and not request.accept_gap:
            lost = [str(gap) for gap in planned.gaps[:SHOWN_GAPS]]
            more = len(planned.gaps) - len(lost)
            lost += [f"and {more} partitions more"] if more else []
            option = "--full-refresh --accept-gap" if replaced else "--accept-gap"
            raise DataLossError(
                f"{table.label}: the broker has lost what was not read yet: {'; '.join(lost)}",
                f"if it is gone for good: firn ingest {table.label} {option}, which goes on behind"
                " it and writes that to ops.gaps",
            )
        tokeniser = self._tokeniser() if table.has_personal_data else None
        rows = MessageRows(table, tokeniser, decoder_of(table, self._registry))
        return KafkaReading(self._cluster, planned, request, rows)
