"""A topic whose messages are written by confluent-kafka's own serializers."""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from confluent_kafka.schema_registry import Schema, SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroSerializer
from confluent_kafka.schema_registry.json_schema import JSONSerializer
from confluent_kafka.schema_registry.protobuf import ProtobufSerializer
from confluent_kafka.serialization import MessageField, SerializationContext
from hypothesis import HealthCheck, Phase, settings

from tests.integration.ingestion.checker import Row
from tests.integration.ingestion.home import TOKEN_KEY
from tests.integration.kafka.topics import Topics

# Of a property over real loads: a failing one is not made smaller, which would take many.
FEW_LOADS = settings(
    max_examples=5,
    deadline=None,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
TOPIC_SUBJECTS = {"subject.name.strategy.type": "TOPIC"}


@dataclass(frozen=True)
class RegistryTopics:
    """A topic, and the registry that its schemas go to."""

    topics: Topics
    url: str

    @property
    def variables(self) -> dict[str, str]:
        """The variables of the source."""
        return {
            "FIRN_TOKEN_KEY": TOKEN_KEY,
            "CLICKS_KAFKA": self.topics.servers,
            "CLICKS_REGISTRY": self.url,
        }

    @cached_property
    def client(self) -> SchemaRegistryClient:
        """A client of the registry."""
        return SchemaRegistryClient({"url": self.url})

    @property
    def subject(self) -> str:
        """What the schemas of the topic's values are registered as."""
        return f"{self.topics.topic}-value"

    def declare(self, columns: dict[str, str], form: str = "avro", **ingestion: Any) -> None:  # noqa: ANN401 - as Topics.declare
        """Declare the table `events` in a format of the registry."""
        self.topics.declare(
            columns, format=form, source={"schema_registry": "CLICKS_REGISTRY"}, **ingestion
        )

    def avro(self, schema: object, values: Iterable[object]) -> list[bytes]:
        """Return messages of Avro; the schema is registered."""
        write = AvroSerializer(self.client, json.dumps(schema), conf=TOPIC_SUBJECTS)
        return [self._written(write, value) for value in values]

    def json(self, schema: object, values: Iterable[object]) -> list[bytes]:
        """Return messages of JSON Schema; the schema is registered."""
        write = JSONSerializer(json.dumps(schema), self.client, conf=TOPIC_SUBJECTS)
        return [self._written(write, value) for value in values]

    def protobuf(self, values: Iterable[Any]) -> list[bytes]:
        """Return messages of Protobuf, all of one class; their schema is registered."""
        found = list(values)
        write = ProtobufSerializer(type(found[0]), self.client, conf=TOPIC_SUBJECTS)
        return [self._written(write, value) for value in found]

    def register(self, text: str, kind: str, ending: str = "") -> int:
        """Register a schema of the topic's values, or beside it, and return its number."""
        return self.client.register_schema(f"{self.subject}{ending}", Schema(text, kind))

    def land(self, messages: Iterable[bytes]) -> list[Row]:
        """Produce messages, land them, and return all rows by offset."""
        self.topics.produce(messages)
        result = self.topics.ingest()
        assert not result.is_all_set_aside, self.reasons()
        return self.rows()

    def rows(self) -> list[Row]:
        """Return all rows by offset."""
        return sorted(self.topics.rows(), key=lambda row: row["_kafka_offset"])

    def reasons(self) -> Mapping[int, str]:
        """Return why messages are in quarantine, by offset."""
        rows = self.topics.quarantined()
        return {int(json.loads(row["place"])["offset"]): row["reason"] for row in rows}

    def _written(self, write: Callable[..., bytes | None], value: object) -> bytes:
        context = SerializationContext(self.topics.topic, MessageField.VALUE)
        return write(value, context) or b""
