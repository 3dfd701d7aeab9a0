"""Protobuf: messages by the schema they were written with -> JSON.

Fields have the names of the schema. Whole numbers are numbers, bytes base64, enums names, the
well-known types what Protobuf's own JSON makes of them, wrappers the values that they wrap. A
field that does not say whether it is there has its default value; of others, those that are not
there are left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from confluent_kafka.schema_registry.protobuf import ProtobufDeserializer
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.json_format import MessageToDict
from google.protobuf.message import Message
from google.protobuf.unknown_fields import UnknownFieldSet

from ingestion.connectors.kafka.schemas.base import Newest, Reader, UndecodableError, no_subject
from ingestion.connectors.kafka.schemas.protobuf_compiler import message_class
from ingestion.connectors.kafka.schemas.values import BinaryFields, value_as_json

if TYPE_CHECKING:
    from confluent_kafka.schema_registry import Schema, SchemaRegistryClient

_KNOWN = "google.protobuf."
WRAPPERS = {
    f"{_KNOWN}{kind}Value"
    for kind in ("Bool", "Bytes", "Double", "Float", "Int32", "Int64", "String", "UInt32", "UInt64")
}
WELL_KNOWN = {
    f"{_KNOWN}{kind}"
    for kind in ("Duration", "FieldMask", "ListValue", "Struct", "Timestamp", "Value")
}
DECIMAL = "confluent.type.Decimal"


class Protobuf:
    """Reads messages of Protobuf."""

    registry_type = "PROTOBUF"

    def __init__(self, binary: BinaryFields) -> None:
        """Read texts as bytes where `binary` says so."""
        self._binary = binary

    def reader(
        self,
        client: SchemaRegistryClient,
        schema: Schema,
        indexes: Sequence[int],
        newest: Newest,  # noqa: ARG002 - fields have no aliases
    ) -> Reader:
        """Return what makes JSON of the messages of `schema` that `indexes` lead to.

        Raises UndecodableError.
        """
        read = ProtobufDeserializer(
            message_class(client, schema, indexes),
            conf={"subject.name.strategy": no_subject, "use.deprecated.format": False},
        )

        def as_json(message: bytes) -> str:
            return value_as_json(self._binary.of(_value(read(message))))

        return as_json


def _value(message: Any) -> Any:  # noqa: ANN401
    """Return what a message holds. Raises UndecodableError for fields that it should not have."""
    name = message.DESCRIPTOR.full_name
    if name in WRAPPERS:
        return message.value
    if name in WELL_KNOWN:
        return MessageToDict(message)
    if unknown := [field.field_number for field in UnknownFieldSet(message)]:
        raise UndecodableError(f"its schema has no field {unknown[0]} in {name}")
    if name == DECIMAL:
        whole = int.from_bytes(message.value, "big", signed=True)
        return Decimal(f"{whole}E{-message.scale}")
    extensions = (field for field, _ in message.ListFields() if field.is_extension)
    values = {field.name: _field(message, field) for field in _present(message)}
    return values | {f"[{f.full_name}]": _many(f, message.Extensions[f]) for f in extensions}


def _present(message: Message) -> list[FieldDescriptor]:
    return [
        field
        for field in message.DESCRIPTOR.fields
        if not field.has_presence or message.HasField(field.name) or field.has_default_value
    ]


def _field(message: Message, field: FieldDescriptor) -> Any:  # noqa: ANN401
    return _many(field, getattr(message, field.name))


def _many(field: FieldDescriptor, value: Any) -> Any:  # noqa: ANN401
    if not field.is_repeated:
        return _one(field, value)
    kind = field.message_type
    if kind is not None and kind.GetOptions().map_entry:
        of = kind.fields_by_name["value"]
        return {_key(key): _one(of, item) for key, item in value.items()}
    return [_one(field, item) for item in value]


def _one(field: FieldDescriptor, value: Any) -> Any:  # noqa: ANN401
    if field.message_type is not None:
        return _value(value)
    if field.enum_type is not None:
        named = field.enum_type.values_by_number.get(value)
        return value if named is None else named.name
    return value


def _key(key: object) -> str:
    return str(key).lower() if isinstance(key, bool) else str(key)
