"""Avro: messages by the schema they were written with -> JSON.

Decimals are the text of their digits, times ISO 8601, bytes base64, all else is as in JSON.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from confluent_kafka.schema_registry import Schema
from confluent_kafka.schema_registry.avro import AvroDeserializer

from ingestion.connectors.kafka.schemas.aliases import renamed
from ingestion.connectors.kafka.schemas.base import Body, Newest, Reader, no_subject
from ingestion.connectors.kafka.schemas.values import BinaryFields, value_as_json

if TYPE_CHECKING:
    from confluent_kafka.schema_registry import SchemaRegistryClient


class Avro:
    """Reads messages of Avro."""

    registry_type = "AVRO"

    def __init__(self, binary: BinaryFields) -> None:
        """Read texts as bytes where `binary` says so."""
        self._binary = binary

    def reader(
        self,
        client: SchemaRegistryClient,
        schema: Schema,
        indexes: Sequence[int],  # noqa: ARG002 - a schema of Avro has one
        newest: Newest,
    ) -> Reader:
        """Return what makes JSON of messages that were written by `schema`."""
        text = renamed(schema.schema_str or "", newest())
        body = Body()
        read = AvroDeserializer(
            client,
            Schema(text, self.registry_type, schema.references),
            conf={"subject.name.strategy": no_subject, "schema.id.deserializer": body},
        )

        def as_json(message: bytes) -> str:
            value = read(message)
            body.require_end()
            return value_as_json(self._binary.of(value))

        return as_json
