"""JSON by a JSON Schema: messages -> the JSON they hold, if it is what the schema says."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from confluent_kafka.schema_registry.json_schema import JSONDeserializer

from ingestion.connectors.kafka.schemas.base import Newest, Reader, no_subject

if TYPE_CHECKING:
    from confluent_kafka.schema_registry import Schema, SchemaRegistryClient


class JsonSchema:
    """Reads messages of JSON, as they are written: no number is read and written anew."""

    registry_type = "JSON"

    def reader(
        self,
        client: SchemaRegistryClient,
        schema: Schema,  # noqa: ARG002 - the deserializer asks for it by itself
        indexes: Sequence[int],  # noqa: ARG002 - a JSON Schema has one
        newest: Newest,  # noqa: ARG002 - fields have no aliases
    ) -> Reader:
        """Return what gives the JSON of messages that were written by `schema`."""
        bodies: list[bytes] = []

        def decode(body: bytes) -> Any:  # noqa: ANN401
            bodies[:] = [body]
            return json.loads(body)

        read = JSONDeserializer(
            None,
            schema_registry_client=client,
            conf={"subject.name.strategy": no_subject},
            json_decode=decode,
        )

        def as_json(message: bytes) -> bytes:
            read(message)
            return bodies[0]

        return as_json
