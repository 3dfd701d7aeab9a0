"""Messages of a schema registry's format -> JSON: each schema is asked for once."""

from __future__ import annotations

import io
import struct
from typing import TYPE_CHECKING

from confluent_kafka.schema_registry.serde import SchemaId
from confluent_kafka.serialization import SerializationError

from ingestion.connectors.kafka.declaration import KafkaTable, MessageFormat
from ingestion.connectors.kafka.schemas.base import Reader, RegistryFormat, UndecodableError
from ingestion.connectors.kafka.schemas.registry import UNANSWERED, SchemaRegistry
from ingestion.connectors.kafka.schemas.values import BinaryFields
from lake.errors import FirnError

if TYPE_CHECKING:
    import pyarrow as pa

Schema = tuple[int, tuple[int, ...]]  # its number, and which message of it


class Decoder:
    """Makes JSON of the messages of one table."""

    def __init__(self, table: KafkaTable, registry: SchemaRegistry) -> None:
        """Decode messages in the format of `table` by the schemas of `registry`."""
        is_json = table.format is MessageFormat.JSON_SCHEMA
        self._binary = BinaryFields(() if is_json else table.landed_columns)
        self._format = _format(table.format, self._binary)
        self._registry = registry
        self._topics = table.topics
        self._readers: dict[Schema, Reader | UndecodableError] = {}

    def as_json(self, message: bytes) -> bytes:
        """Return the JSON of a message.

        Raises UndecodableError for what only this message is to blame for, FirnError where the
        registry does not answer.
        """
        schema = self._schema_of(message)
        reader = self._reader(schema)
        try:
            text = reader(message)
        except (FirnError, UndecodableError):
            raise
        except UNANSWERED as error:
            raise self._of_registry(schema, error) from None
        except Exception as error:  # noqa: BLE001 - whatever a body makes a library raise
            reason = f"its body does not decode by schema {schema[0]} ({type(error).__name__})"
            raise UndecodableError(reason, str(error)) from None
        return text if isinstance(text, bytes) else text.encode()

    def with_bytes(self, rows: pa.Table) -> pa.Table:
        """Return rows that were parsed from the JSON with the bytes of their columns of bytes."""
        return self._binary.decoded(rows)

    def _schema_of(self, message: bytes) -> Schema:
        found = SchemaId(self._format.registry_type)
        try:
            found.from_bytes(io.BytesIO(message))
        except (SerializationError, struct.error, EOFError):
            raise UndecodableError("it does not begin with the number of a schema") from None
        if found.id is None:
            raise UndecodableError("it names its schema by a GUID, not by a number")
        return found.id, tuple(found.message_indexes or ())

    def _reader(self, schema: Schema) -> Reader:
        if schema not in self._readers:
            try:
                self._readers[schema] = self._made(schema)
            except UndecodableError as error:
                self._readers[schema] = error
        reader = self._readers[schema]
        if isinstance(reader, UndecodableError):
            raise reader
        return reader

    def _made(self, schema: Schema) -> Reader:
        number, indexes = schema
        try:
            found = self._registry.schema(number)
        except UndecodableError:
            raise UndecodableError(f"the registry does not know schema {number}") from None
        kind = found.schema_type or "AVRO"
        if kind != self._format.registry_type:
            raise UndecodableError(f"schema {number} is {kind}, not {self._format.registry_type}")
        try:
            with self._registry.asked():
                return self._format.reader(
                    self._registry.client,
                    found,
                    indexes,
                    lambda: self._registry.newest_beside(number, self._topics),
                )
        except (FirnError, UndecodableError):
            raise
        except Exception as error:  # noqa: BLE001 - whatever a schema makes a library raise
            raise UndecodableError(f"schema {number} cannot be read: {error}") from None

    def _of_registry(self, schema: Schema, error: Exception) -> Exception:
        """Return what it means that a schema which this one refers to cannot be had."""
        try:
            with self._registry.asked():
                raise error
        except UndecodableError:
            missing = UndecodableError(f"schema {schema[0]} refers to one that does not exist")
            self._readers[schema] = missing
            return missing
        except FirnError as fault:
            return fault


def _format(chosen: MessageFormat, binary: BinaryFields) -> RegistryFormat:
    match chosen:
        case MessageFormat.AVRO:
            from ingestion.connectors.kafka.schemas.avro import Avro

            return Avro(binary)
        case MessageFormat.PROTOBUF:
            from ingestion.connectors.kafka.schemas.protobuf import Protobuf

            return Protobuf(binary)
        case _:
            from ingestion.connectors.kafka.schemas.json_schema import JsonSchema

            return JsonSchema()
