"""dlt: a resource that consumes, as its Kafka source does -> filesystem -> an Iceberg table."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.clickstream_topic import COLUMNS, PARTITIONS, RAW, table_of, topic_of
from benchmarks.contest import Arena, Job, Landed, Stage, run
from benchmarks.contestants.topic_contestant import PeerOfTopics

TAKEN = 3000  # the batch of dlt's own Kafka source
CATALOG = "dlt"
KINDS = {"int": "bigint", "string": "text", "timestamp": "timestamp"}


class DltTopic(PeerOfTopics):
    """dlt with its defaults and declared columns."""

    name = "dlt"
    title = "dlt"

    def table(self, arena: Arena, stage: Stage) -> Landed | None:
        """Return the table in dlt's catalog."""
        return Landed(CATALOG, _catalog_file(arena.folder), (RAW, table_of(stage)))


def land(job: Job) -> None:
    """Drain the topic into a new table."""
    import dlt

    folder = Path(job.folder)
    dlt.config["iceberg_catalog.iceberg_catalog_name"] = CATALOG
    dlt.config["iceberg_catalog.iceberg_catalog_config"] = {
        "type": "sql",
        "uri": f"sqlite:///{_catalog_file(folder)}",
        "warehouse": f"file://{folder}/warehouse",
    }
    columns: dict[str, Any] = {name: {"data_type": KINDS.get(k)} for name, k in COLUMNS.items()}
    columns["price"] = {"data_type": "decimal", "precision": 10, "scale": 2}
    resource = dlt.resource(
        _messages(job),
        name=table_of(job.stage),
        columns=columns,
        table_format="iceberg",
        write_disposition="append",
    )
    pipeline = dlt.pipeline(
        pipeline_name="clickstream",
        pipelines_dir=str(folder / "pipelines"),
        destination=dlt.destinations.filesystem(bucket_url=f"file://{folder}/warehouse"),
        dataset_name=RAW,
    )
    print(pipeline.run(resource))


def _messages(job: Job) -> Iterator[list[dict[str, Any]]]:
    import orjson
    from confluent_kafka import Consumer, TopicPartition

    properties = {
        "bootstrap.servers": job.url,
        "group.id": "dlt",
        "enable.partition.eof": True,
        "enable.auto.commit": False,
    }
    consumer = Consumer(properties)
    topic = topic_of(job.stage)
    consumer.assign([TopicPartition(topic, number, 0) for number in range(PARTITIONS)])
    ended = 0
    while ended < PARTITIONS:
        found = consumer.consume(TAKEN, timeout=0.1)
        yield [orjson.loads(message.value()) for message in found if message.error() is None]
        ended += sum(message.error() is not None for message in found)
    consumer.close()


def _catalog_file(folder: Path) -> Path:
    return folder / "catalog.db"


if __name__ == "__main__":
    run(land)
