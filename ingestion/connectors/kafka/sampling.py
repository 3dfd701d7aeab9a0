"""Some messages of a topic: its partitions -> the values at their beginnings and ends."""

from __future__ import annotations

import time

from confluent_kafka import KafkaError, KafkaException, TopicPartition

from ingestion.connectors.kafka.cluster import Cluster
from ingestion.connectors.kafka.plan import FoundTopic

MESSAGES = 2000  # of a topic
LONGEST_TOTAL = 64 * 1024 * 1024
SECONDS = 30.0


def sampled(cluster: Cluster, name: str, topic: FoundTopic) -> list[bytes]:
    """Return values of messages, half of them the first of each partition, half the last.

    Messages without a value are left out. Raises FirnError where the broker does not answer.
    """
    share = max(1, MESSAGES // 2 // max(1, len(topic.partitions)))
    found: list[bytes] = []
    for number, offsets in sorted(topic.partitions.items()):
        first_end = min(offsets.first + share, offsets.end)
        last_start = max(offsets.end - share, first_end)
        for start, end in ((offsets.first, first_end), (last_start, offsets.end)):
            if start < end and sum(map(len, found)) < LONGEST_TOTAL:
                found += _values(cluster, TopicPartition(name, number, start), end)
    return found


def _values(cluster: Cluster, start: TopicPartition, end: int) -> list[bytes]:
    found: list[bytes] = []
    with cluster.consuming([start]) as consumer:
        give_up = time.monotonic() + SECONDS
        while time.monotonic() < give_up:
            message = consumer.poll(0.2)
            if message is None:
                continue
            if (error := message.error()) is not None:
                if error.code() == KafkaError._PARTITION_EOF:
                    return found
                raise KafkaException(error)
            offset = message.offset() or 0
            if offset < end and (value := message.value()) is not None:
                found.append(bytes(value))
            if offset + 1 >= end:
                return found
        raise cluster.fault()
