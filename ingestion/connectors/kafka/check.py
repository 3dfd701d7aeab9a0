"""Looks at a Kafka source: declaration + broker and schema registry -> a sentence."""

from __future__ import annotations

from ingestion.connectors.base import ConnectorContext
from ingestion.connectors.kafka.cluster import Cluster
from ingestion.connectors.kafka.declaration import KafkaSource
from ingestion.connectors.kafka.schemas import registry_of


def check_source(source: KafkaSource, context: ConnectorContext) -> str:
    """Say what the broker holds, and what schemas the registry does.

    Raises FirnError when one of them does not answer or a topic is missing.
    """
    names = sorted({topic for table in source.tables for topic in table.topics})
    topics = Cluster(source, context.settings).topics(names)
    partitions = [offsets for topic in topics.values() for offsets in topic.partitions.values()]
    count = sum(offsets.end - offsets.first for offsets in partitions)
    found = f"{len(topics)} topics of {len(partitions)} partitions, about {count:,} messages"
    registry = registry_of(source.name, source.schema_registry, context.settings)
    if registry is None:
        return found
    types = registry.types()
    registry.close()
    return f"{found}; the schema registry answers, with schemas of {', '.join(types)}"
