"""What a format of a schema registry is: a schema -> a reader of the messages that name it."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from confluent_kafka.schema_registry import Schema, SchemaRegistryClient
    from confluent_kafka.schema_registry.serde import SchemaId

Reader = Callable[[bytes], str | bytes]


class UndecodableError(Exception):
    """A message that cannot be decoded: `reason` says why, `detail` may quote its values."""

    def __init__(self, reason: str, detail: str = "") -> None:
        """Keep both."""
        super().__init__(reason, detail)
        self.reason = reason
        self.detail = detail


class RegistryFormat(Protocol):
    """A format whose messages begin with the number of their schema."""

    registry_type: str

    def reader(
        self, client: SchemaRegistryClient, schema: Schema, indexes: Sequence[int], newest: Newest
    ) -> Reader:
        """Return what makes JSON of messages that were written by `schema`.

        `indexes` say which message of a schema they are, where it has several, and `newest` gives
        the schema that is registered last beside it. Raises UndecodableError.
        """


class Newest(Protocol):
    """Gives the texts of the newest schemas of the subjects that a schema belongs to."""

    def __call__(self) -> Sequence[str]:
        """Return the texts; none where the registry does not say. Raises FirnError."""


class Body:
    """Finds the body of a message for a deserializer, which may leave some of it unread."""

    def __init__(self) -> None:
        """Nothing is read yet."""
        self._stream = io.BytesIO()

    def __call__(self, data: bytes, context: Any, schema_id: SchemaId) -> io.BytesIO:  # noqa: ANN401
        """Return the body of `data`, with `schema_id` being set."""
        from confluent_kafka.schema_registry import prefix_schema_id_deserializer

        self._stream = prefix_schema_id_deserializer(data, context, schema_id)
        return self._stream

    def require_end(self) -> None:
        """Raise UndecodableError when a part of the body was not read: it is of another schema."""
        if left := len(self._stream.read()):
            raise UndecodableError(f"{left} bytes are left over after the last field")


def no_subject(*_: object) -> None:
    """Name no subject: messages say by number which schema they have."""
