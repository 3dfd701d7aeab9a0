"""A topic of a broker, and the lake it is landed in, for one test."""

import json
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import yaml
from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient
from confluent_kafka.admin._config import ConfigResource
from confluent_kafka.admin._resource import ResourceType
from confluent_kafka.cimpl import NewPartitions, NewTopic

from tests.integration.ingestion.checker import Row
from tests.integration.ingestion.home import LakeHome

SOURCE = "clicks"
SECONDS = 30
COLUMNS = {"id": "bigint", "price": "decimal(10,2)"}


@dataclass(frozen=True)
class Topics(LakeHome):
    """A project folder with its FIRN_HOME, and a topic that it may land in the table `events`."""

    servers: str
    topic: str
    login: Mapping[str, str] = field(default_factory=dict)

    def set_up(self) -> None:
        """Make the project folder; no declarations and no topic yet."""
        self.make_project(CLICKS_KAFKA=self.servers)

    def declare(
        self,
        columns: dict[str, str] | None = None,
        maintenance: Mapping[str, object] | None = None,
        source: Mapping[str, object] | None = None,
        **ingestion: object,
    ) -> None:
        """Declare the table `events` of the topic; a type may be followed by `token`, or `as=json`.

        `source` goes to the ingestion block of the source.
        """
        block = {"topics": self.topic, "key": ["id"], **ingestion}
        declared: list[dict[str, Any]] = []
        for name, kind in (columns or COLUMNS).items():
            data_type, _, more = kind.partition(" ")
            key, is_set, text = more.partition("=")
            meta = {key: text} if is_set else {"personal_data": more}
            config = {"config": {"meta": meta}} if more else {}
            declared.append({"name": name, "data_type": data_type, **config})
        block_of_source = {"connector": "kafka", "connection": "CLICKS_KAFKA", **(source or {})}
        declaration = {
            "name": SOURCE,
            "schema": f"raw_{SOURCE}",
            "config": {"meta": {"ingestion": block_of_source}},
            "tables": [
                {
                    "name": "events",
                    "config": {"meta": {"ingestion": block, "maintenance": maintenance or {}}},
                    "columns": declared,
                }
            ],
        }
        file = self.folder / "models" / "raw" / f"{SOURCE}.yml"
        file.write_text(yaml.safe_dump({"sources": [declaration]}, sort_keys=False))

    # the broker

    @property
    def client(self) -> dict[str, Any]:
        """Properties of any client of the broker, which logs nothing."""
        return {"bootstrap.servers": self.servers, "log_level": 0, **self.login}

    @cached_property
    def admin(self) -> AdminClient:
        """A client that changes topics."""
        return AdminClient(self.client)

    def create(self, partitions: int = 1, name: str | None = None, **config: str) -> None:
        """Make the topic, or another one; names of settings have `_` for `.`."""
        settings = {key.replace("_", "."): value for key, value in config.items()}
        new = NewTopic(name or self.topic, num_partitions=partitions, config=settings)
        self.admin.create_topics([new])[new.topic].result()

    def delete(self) -> None:
        """Delete the topic, and wait until it is gone."""
        self.admin.delete_topics([self.topic])[self.topic].result()
        self.until(lambda: self.topic not in self.admin.list_topics(timeout=SECONDS).topics)

    def add_partitions(self, count: int) -> None:
        """Give the topic so many partitions in all."""
        self.admin.create_partitions([NewPartitions(self.topic, count)])[self.topic].result()

    def delete_before(self, partition: int, offset: int) -> None:
        """Let retention delete what stands before an offset."""
        place = TopicPartition(self.topic, partition, offset)
        for future in self.admin.delete_records([place]).values():
            future.result()

    def configure(self, **config: str) -> None:
        """Change settings of the topic; names have `_` for `.`."""
        resource = ConfigResource(ResourceType.TOPIC, self.topic)
        for key, value in config.items():
            resource.set_config(key.replace("_", "."), value)
        for future in self.admin.alter_configs([resource]).values():
            future.result()

    def produce(
        self, values: Iterable[object], partition: int = 0, name: str | None = None, **more: object
    ) -> None:
        """Write messages; what is neither bytes nor None is written as JSON."""
        producer = Producer({**self.client, "linger.ms": 5})
        for value in values:
            self._write(producer, value, partition, name or self.topic, more)
        assert producer.flush(SECONDS) == 0

    def produce_in_transaction(
        self, values: Iterable[object], partition: int = 0, *, commit: bool
    ) -> None:
        """Write messages in a transaction, which is committed or aborted."""
        producer = Producer({**self.client, "transactional.id": f"{self.topic}-writer"})
        producer.init_transactions(SECONDS)
        producer.begin_transaction()
        for value in values:
            self._write(producer, value, partition, self.topic, {})
        producer.flush(SECONDS)
        if commit:
            producer.commit_transaction(SECONDS)
        else:
            producer.abort_transaction(SECONDS)

    @staticmethod
    def _write(
        producer: Producer, value: object, partition: int, topic: str, more: dict[str, Any]
    ) -> None:
        is_plain = value is None or isinstance(value, bytes)
        data: Any = value if is_plain else json.dumps(value).encode()
        while True:
            try:
                producer.produce(topic, data, partition=partition, **more)
                break
            except BufferError:
                producer.poll(1)
        producer.poll(0)

    def ends(self, partition: int = 0) -> tuple[int, int]:
        """Return the first offset of a partition and the next to be written."""
        consumer = Consumer({**self.client, "group.id": "test"})
        try:
            first, end = consumer.get_watermark_offsets(TopicPartition(self.topic, partition))
            return int(first), int(end)
        finally:
            consumer.close()

    @staticmethod
    def until(is_so: Callable[[], bool]) -> None:
        """Wait until something is so."""
        end = time.monotonic() + SECONDS
        while not is_so():
            assert time.monotonic() < end, "it never came true"
            time.sleep(0.05)

    # the lake

    def rows(self, **options: str) -> list[Row]:
        """Return the rows of the raw table, read independently."""
        return self.lake.rows(f"raw_{SOURCE}.events", **options)

    def ids(self) -> list[int]:
        """Return the ids that have landed, in order, doubled ones too."""
        return sorted(row["id"] for row in self.rows(columns="id"))

    def quarantined(self) -> list[Row]:
        """Return the rows of quarantine, read independently."""
        return self.lake.rows(f"quarantine.{SOURCE}")


def events(numbers: Iterable[int]) -> Sequence[dict[str, Any]]:
    """Return an event for each number."""
    return [{"id": number, "price": number / 4} for number in numbers]
