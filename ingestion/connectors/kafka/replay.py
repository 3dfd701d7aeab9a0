"""Rows of quarantine -> read as they were consumed, by the declaration as it is now."""

from __future__ import annotations

import base64
from collections.abc import Collection, Iterator, Sequence
from functools import cached_property
from typing import Any

import pyarrow as pa

from ingestion.connectors.base import ROW_ID, ConnectorContext, Cursor
from ingestion.connectors.batches import Batch, Position, QuarantinedRow, Rejection
from ingestion.connectors.kafka.declaration import OFFSET, PARTITION, TOPIC, KafkaTable
from ingestion.connectors.kafka.messages import TOMBSTONE, MessageRows, message_of
from ingestion.connectors.kafka.schemas import decoder_of, registry_of
from ingestion.formats.rows import BYTES

NOT_KEPT = "; not all of the message was kept, so it cannot be replayed"


class KafkaReplayReader:
    """Reads each message with the topic, partition, offset, time, key and headers it had."""

    origin_columns: tuple[str, ...] = (TOPIC, PARTITION, OFFSET)

    def __init__(self, table: KafkaTable, context: ConnectorContext) -> None:
        """Read for `table`; a tokeniser is asked for if it has personal data."""
        self._table = table
        self._context = context

    def origin(self, row: QuarantinedRow) -> tuple[Any, ...]:
        """Return the topic, partition and offset of a message."""
        place = row.place
        return place["topic"], int(str(place["partition"])), int(str(place["offset"]))

    def reached(self, position: Position | None) -> Cursor | None:  # noqa: ARG002
        """Return None: topics have no cursor."""
        return None

    def read(
        self,
        rows: Sequence[QuarantinedRow],
        names: Collection[str] = (),  # noqa: ARG002 - whole messages are read
    ) -> Iterator[Batch]:
        """Yield what of the messages can be landed, typed, and what cannot, with the reason."""
        for row in rows:
            value = _value(row)
            if value is None:
                why = "" if row.rule == TOMBSTONE else NOT_KEPT
                reason = f"{row.reason.removesuffix(NOT_KEPT)}{why}"
                yield _rejected(row, row.rule, reason)
                continue
            (batch,) = self._messages.batches(message_of(row.place, value))
            for rejection in batch.rejections:
                yield _rejected(row, rejection.rule, rejection.reason)
            if batch.rows.num_rows:
                yield Batch(batch.rows.append_column(ROW_ID, pa.array([row.row_id])))

    @cached_property
    def _messages(self) -> MessageRows:
        table, context = self._table, self._context
        tokeniser = context.tokeniser() if table.has_personal_data else None
        registry = registry_of(table.source, table.schema_registry, context.settings)
        return MessageRows(table, tokeniser, decoder_of(table, registry))


def _value(row: QuarantinedRow) -> bytes | None:
    """Return the bytes of a message, None where not all of them were kept."""
    if row.rule == TOMBSTONE:
        return None
    if (text := row.values.get(BYTES)) is not None:
        return text.encode()
    encoded = row.values.get(f"{BYTES}_base64")
    return None if encoded is None else base64.b64decode(encoded)


def _rejected(row: QuarantinedRow, rule: str, reason: str) -> Batch:
    nothing = pa.table({ROW_ID: pa.array([], pa.string())})
    return Batch(nothing, (Rejection(rule, reason, {ROW_ID: row.row_id}, {}),))
