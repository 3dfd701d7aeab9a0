"""How far a Kafka source is ahead of its tables: positions + offsets in the broker -> lag."""

from __future__ import annotations

from collections.abc import Mapping

from ingestion.connectors.base import ConnectorContext, TableState
from ingestion.connectors.kafka.cluster import Cluster
from ingestion.connectors.kafka.declaration import KafkaSource, KafkaTable
from ingestion.connectors.kafka.plan import FoundTopic, plan
from ingestion.connectors.kafka.position import KafkaPosition
from ingestion.connectors.remaining import ANSWER_SECONDS, Remaining


def remaining_messages(
    source: KafkaSource, context: ConnectorContext, states: Mapping[str, TableState]
) -> dict[str, Remaining]:
    """Return the lag of each table in offsets, in sum and by partition.

    Markers of transactions and what compaction removed count, for a broker does not tell them
    apart. Raises FirnError when the broker does not answer or a topic is missing.
    """
    names = sorted({topic for table in source.tables for topic in table.topics})
    found = Cluster(source, context.settings, ANSWER_SECONDS).topics(names)
    return {table.name: _lag(table, states[table.name], found) for table in source.tables}


def _lag(table: KafkaTable, state: TableState, found: Mapping[str, FoundTopic]) -> Remaining:
    topics = {name: found[name] for name in table.topics}
    planned = plan(KafkaPosition.of(state.position), topics)
    lag = sum(planned.lag.values())
    notes = tuple(f"the broker has lost what was not read yet: {gap}" for gap in planned.gaps)
    return Remaining(f"lag {lag:,}", "messages", lag, planned.lag, notes=notes)
