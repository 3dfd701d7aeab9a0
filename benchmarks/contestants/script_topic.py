"""A script: confluent-kafka -> orjson -> an Arrow table -> pyiceberg's append, once profiled.

As an engineer would write it who knows all four: messages are consumed by the thousand, columns
made at once and in their types, batches large, offsets committed after the rows. A profile showed
that it mostly waited, so it has the property of librdkafka that ends that.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from benchmarks.clickstream_topic import PARTITIONS, RAW, table_of, topic_of
from benchmarks.contest import Job, run
from benchmarks.contestants.file_contestant import peers_catalog
from benchmarks.contestants.topic_contestant import PeerOfTopics

if TYPE_CHECKING:
    import pyarrow as pa

TAKEN = 10_000
BATCH = 500_000
TUNED = {"fetch.queue.backoff.ms": 5}  # a second by default: it would wait most of the time


class ScriptTopic(PeerOfTopics):
    """Consume, parse, append; batch by batch."""

    name = "script"
    title = "the script, tuned"


def land(job: Job, properties: Mapping[str, int]) -> None:
    """Drain the topic into a new table; `properties` are given to librdkafka beside the others."""
    import orjson
    import pyarrow as pa
    from confluent_kafka import Consumer, TopicPartition

    schema = pa.schema(
        [
            *((name, pa.string()) for name in ("event_id", "event_type")),
            ("event_timestamp", pa.timestamp("us", tz="UTC")),
            *((name, pa.string()) for name in ("user_id", "session_id", "product_id", "category")),
            ("price", pa.decimal128(10, 2)),
            ("quantity", pa.int32()),
            ("device", pa.string()),
        ]
    )
    catalog = peers_catalog(job)
    catalog.create_namespace_if_not_exists(RAW)
    table = catalog.create_table((RAW, table_of(job.stage)), schema=schema)
    consumer = Consumer(
        {
            "bootstrap.servers": job.url,
            "group.id": "script",
            "enable.partition.eof": True,
            "enable.auto.commit": False,
            **properties,
        }
    )
    topic = topic_of(job.stage)
    consumer.assign([TopicPartition(topic, number, 0) for number in range(PARTITIONS)])
    events: list[dict[str, Any]] = []
    ended = 0
    while ended < PARTITIONS:
        for message in consumer.consume(TAKEN, timeout=0.1):
            if message.error() is None:
                events.append(orjson.loads(message.value()))
            else:
                ended += 1
        if len(events) >= BATCH:
            table.append(typed(events, schema))
            consumer.commit(asynchronous=False)
            events = []
    if events:
        table.append(typed(events, schema))
        consumer.commit(asynchronous=False)
    consumer.close()


def typed(events: list[dict[str, Any]], schema: pa.Schema) -> pa.Table:
    """Return events as a table: times are parsed and amounts made decimals by Arrow."""
    import pyarrow as pa

    read_as = {"event_timestamp": pa.string(), "price": pa.float64()}
    columns = []
    for field in schema:
        values = [event.get(field.name) for event in events]
        columns.append(pa.array(values, read_as.get(field.name, field.type)).cast(field.type))
    return pa.Table.from_arrays(columns, schema=schema)


if __name__ == "__main__":
    run(partial(land, properties=TUNED))
