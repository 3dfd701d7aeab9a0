"""Looks at a Kafka source: declaration + broker -> a sentence."""

from __future__ import annotations

from ingestion.connectors.base import ConnectorContext
from ingestion.connectors.kafka.cluster import Cluster
from ingestion.connectors.kafka.declaration import KafkaSource


def check_source(source: KafkaSource, context: ConnectorContext) -> str:
    """Say what the broker holds. Raises FirnError when it does not answer or a topic is missing."""
    names = sorted({topic for table in source.tables for topic in table.topics})
    topics = Cluster(source, context.settings).topics(names)
    partitions = [offsets for topic in topics.values() for offsets in topic.partitions.values()]
    count = sum(offsets.end - offsets.first for offsets in partitions)
    return f"{len(topics)} topics of {len(partitions)} partitions, about {count:,} messages"
