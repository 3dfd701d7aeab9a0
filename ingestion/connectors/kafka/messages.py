"""Messages as they are consumed -> rows of the raw table with where they are from, rejections."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from ingestion.connectors.batches import Batch, Rejection
from ingestion.connectors.kafka.declaration import (
    HEADERS,
    KEY,
    OFFSET,
    PARTITION,
    TIMESTAMP,
    TOPIC,
    KafkaTable,
    Tombstones,
)
from ingestion.declarations import NewColumns
from ingestion.declarations.columns import RESCUED
from ingestion.formats.base import NOT_READABLE, BadRow, OwnWords, Parsed, RowContent
from ingestion.formats.chunks import KEPT_OF_LONG_ROW, too_long
from ingestion.formats.joined_values import NONE, JoinedValues
from ingestion.formats.json.lines import JsonLines
from ingestion.formats.rescued_fields import FROZEN, RescuedFields
from ingestion.formats.rows import FormattedRows
from ingestion.personal_data import Tokeniser
from lake.errors import FirnError

if TYPE_CHECKING:
    from ingestion.connectors.kafka.schemas.decoder import Decoder

TOMBSTONE = "tombstone"
UNDECLARED = "undeclared_fields"
MILLISECONDS = pa.timestamp("ms", tz="UTC")
MICROSECONDS = pa.timestamp("us", tz="UTC")
Headers = Sequence[tuple[str, bytes | None]] | None


@dataclass(frozen=True)
class Messages:
    """Messages of one topic as columns, in the order they came; a time is in milliseconds."""

    topic: str
    topic_id: str | None
    partitions: pa.Array
    offsets: pa.Array
    timestamps: pa.Array
    keys: pa.Array
    values: JoinedValues
    headers: Sequence[Headers] | None = None

    def value(self, position: int) -> bytes:
        """Return the bytes of a message, none where it has no value."""
        (value,) = self.values.part(position, position + 1).to_list()
        return value or b""

    def part(self, start: int, end: int) -> Messages:
        """Return those at some positions."""
        length = end - start
        return replace(
            self,
            partitions=self.partitions.slice(start, length),
            offsets=self.offsets.slice(start, length),
            timestamps=self.timestamps.slice(start, length),
            keys=self.keys.slice(start, length),
            values=self.values.part(start, end),
            headers=None if self.headers is None else self.headers[start:end],
        )


class MessageRows:
    """Turns messages into batches of one table."""

    def __init__(
        self, table: KafkaTable, tokeniser: Tokeniser | None, decoder: Decoder | None = None
    ) -> None:
        """Land messages of `table`; with personal data, that becomes tokens, no bytes are kept.

        `decoder` makes JSON of them where they are not JSON already.
        """
        rescuing = table.model_copy(update={"new_columns": NewColumns.RESCUE})
        self._table = table
        self._is_frozen = table.new_columns is NewColumns.FREEZE
        self._rescued = RescuedFields(rescuing, tokeniser)
        self._json = JsonLines(rescuing, self._rescued)
        # what a topic loses cannot be read again, so whole messages are kept
        self._rows = FormattedRows(rescuing, tokeniser, kept_bytes=table.max_row_size)
        self._tokeniser = tokeniser
        self._decoder = decoder
        self.ignored_count = 0

    @property
    def note(self) -> str | None:
        """What a person should know of undeclared fields, None where there are none."""
        return self._rescued.note

    def batches(self, messages: Messages) -> Iterator[Batch]:
        """Yield the rows of the messages, and those that the table cannot hold.

        Whatever a library raises costs the message that it is raised for, and no other. Raises
        FirnError when a schema registry does not answer.
        """
        ignored = self.ignored_count
        try:
            batch = self._batch(messages)
        except FirnError:
            raise
        except Exception as error:  # noqa: BLE001 - a message must never hold its partition
            self.ignored_count = ignored
            count = len(messages.values)
            if count == 1:
                yield self._unreadable(messages, error)
                return
            yield from self.batches(messages.part(0, count // 2))
            yield from self.batches(messages.part(count // 2, count))
        else:
            yield batch

    def _unreadable(self, messages: Messages, error: Exception) -> Batch:
        """Return a message as a rejection, without the text where it may quote personal data."""
        text = "" if self._tokeniser is not None else f": {error}"
        reason = f"the message cannot be read ({type(error).__name__}{text})"
        reason = reason if text else OwnWords(reason)
        bad = BadRow(0, NOT_READABLE, reason, messages.value(0))
        return Batch(pa.table({}), (self._rejection(messages, bad),))

    def _batch(self, messages: Messages) -> Batch:
        bad: list[BadRow] = []
        readable = self._readable(messages, bad)
        if self._decoder is not None:
            parsed, readable = self._decoded(self._decoder, messages, readable, bad)
        else:
            values = messages.values if readable is None else messages.values.take(readable)
            parsed = self._json.parse_values(values)
        rows, numbers, unfit = self._rows.fitting(parsed)
        if self._is_frozen:
            rows, numbers, frozen = self._without_undeclared(rows, numbers, parsed)
            unfit += frozen
        for row in unfit:
            number = row.number if readable is None else readable[row.number]
            content = row.content if self._decoder is None else messages.value(number)
            bad.append(BadRow(number, row.rule, row.reason, content))
        positions = numbers if unfit else None
        if readable is not None:
            positions = pa.array(readable, pa.int64()).take(numbers)
        rejections = tuple(self._rejection(messages, row) for row in bad)
        return Batch(self._with_origin(rows, positions, messages), rejections)

    def _readable(self, messages: Messages, bad: list[BadRow]) -> list[int] | None:
        """Return the positions of those that may be read, and add the others to `bad`.

        None where all may be read, as usual.
        """
        longest, lengths = self._table.max_row_size, messages.values.lengths
        may_be_read = (lengths != NONE) & (lengths <= longest)
        if may_be_read.all():
            return None
        for position in np.flatnonzero(~may_be_read).tolist():
            if lengths[position] != NONE:
                head = RowContent(messages.value(position)[:KEPT_OF_LONG_ROW], is_cut=True)
                reason = OwnWords(f"the message is {too_long(longest)}")
                bad.append(BadRow(position, NOT_READABLE, reason, head))
            elif self._table.tombstones is Tombstones.IGNORE:
                self.ignored_count += 1
            else:
                bad.append(BadRow(position, TOMBSTONE, OwnWords("the message has no value"), b""))
        return [int(position) for position in np.flatnonzero(may_be_read)]

    def _decoded(
        self, decoder: Decoder, messages: Messages, readable: list[int] | None, bad: list[BadRow]
    ) -> tuple[Parsed, list[int]]:
        """Return the rows of the messages at `readable`, and which of them are no `bad` ones."""
        from ingestion.connectors.kafka.schemas.base import UndecodableError

        values = messages.values.to_list()
        decoded: dict[int, bytes] = {}
        for position in range(len(values)) if readable is None else readable:
            value = values[position] or b""
            try:
                decoded[position] = decoder.as_json(value)
            except UndecodableError as error:
                # what a library says may quote personal data
                detail = f": {error.detail}" if error.detail and self._tokeniser is None else ""
                reason = f"the message cannot be read: {error.reason}{detail}"
                reason = reason if detail else OwnWords(reason)
                bad.append(BadRow(position, NOT_READABLE, reason, value))
        parsed = self._json.parse_values(JoinedValues.of(list(decoded.values())))
        return replace(parsed, rows=decoder.with_bytes(parsed.rows)), list(decoded)

    def _without_undeclared(
        self, rows: pa.Table, numbers: pa.Array, parsed: Parsed
    ) -> tuple[pa.Table, pa.Array, list[BadRow]]:
        """Set messages with fields aside that nobody declared, where the declaration says so."""
        if RESCUED not in rows.column_names:
            return rows, numbers, []
        rescued = rows.column(RESCUED)
        at = {number: row for row, number in enumerate(parsed.numbers.to_pylist())}
        bad = [
            BadRow(
                number,
                UNDECLARED,
                self._frozen_reason(text),
                parsed.contents(at[number]),
            )
            for number, text in zip(numbers.to_pylist(), rescued.to_pylist(), strict=True)
            if text is not None
        ]
        is_plain = rescued.is_null()
        return rows.filter(is_plain), numbers.filter(is_plain.combine_chunks()), bad

    def _frozen_reason(self, rescued: str) -> str:
        names = sorted(json.loads(rescued))
        if self._tokeniser is not None:
            return OwnWords(f"{FROZEN}: {len(names)}, whose names may be personal")
        return f"{FROZEN}: {', '.join(names)}"

    def _rejection(self, messages: Messages, row: BadRow) -> Rejection:
        number = row.number
        place = place_of(messages, number)
        if self._tokeniser is not None:  # neither is declared
            place["key_base64"] = None
            place["headers"] = place["headers"] if self._table.headers else None
        return Rejection(
            rule=row.rule,
            reason=self._rows.reason(row.rule, row.reason),
            row=self._rows.content(row.content),
            key={},
            place=place,
            identity=f"{messages.topic_id} {place['topic']} {place['partition']} {place['offset']}",
        )

    def _with_origin(
        self, rows: pa.Table, positions: pa.Array | None, messages: Messages
    ) -> pa.Table:
        """Add where rows are from; they are the messages at `positions`, None being all of them."""
        count = rows.num_rows
        first = pa.repeat(pa.scalar(0, pa.int32()), count)
        keys = messages.keys
        if self._tokeniser is not None:  # a key may hold what is personal, and cannot be declared
            keys = pa.nulls(len(keys), pa.binary())
        columns = {
            PARTITION: messages.partitions,
            OFFSET: messages.offsets,
            TIMESTAMP: messages.timestamps.cast(MILLISECONDS).cast(MICROSECONDS),
            KEY: keys,
        }
        if self._table.headers and messages.headers is not None:
            found = [headers_as_json(headers) for headers in messages.headers]
            columns[HEADERS] = pa.array(found, pa.string())
        topic = pa.DictionaryArray.from_arrays(first, pa.array([messages.topic]))
        rows = rows.append_column(TOPIC, topic)
        for name, column in columns.items():
            rows = rows.append_column(name, column if positions is None else column.take(positions))
        return rows


def place_of(messages: Messages, number: int) -> dict[str, str | None]:
    """Return where a message stands, and what came with it, as quarantine keeps it."""
    key, headers = messages.keys[number].as_py(), messages.headers
    time = messages.timestamps[number].as_py()
    return {
        "topic": messages.topic,
        "topic_id": messages.topic_id,
        "partition": str(messages.partitions[number].as_py()),
        "offset": str(messages.offsets[number].as_py()),
        "timestamp": None if time is None else str(time),
        "key_base64": None if key is None else base64.b64encode(key).decode(),
        "headers": headers_as_json(headers[number]) if headers else None,
    }


def message_of(place: Mapping[str, str | None], value: bytes) -> Messages:
    """Return a message of quarantine as it was consumed."""
    time, key, headers = place["timestamp"], place["key_base64"], place["headers"]
    return Messages(
        topic=str(place["topic"]),
        topic_id=place["topic_id"],
        partitions=pa.array([int(str(place["partition"]))], pa.int32()),
        offsets=pa.array([int(str(place["offset"]))], pa.int64()),
        timestamps=pa.array([None if time is None else int(time)], pa.int64()),
        keys=pa.array([None if key is None else base64.b64decode(key)], pa.binary()),
        values=JoinedValues.of([value]),
        headers=[_headers_of(headers)],
    )


def headers_as_json(headers: Headers) -> str | None:
    """Return headers as a list of [name, text], or [name, null, base64] of what is no UTF-8."""
    if not headers:
        return None
    return json.dumps([_header(name, value) for name, value in headers], ensure_ascii=False)


def _header(name: str, value: bytes | None) -> list[str | None]:
    if value is None:
        return [name, None]
    try:
        return [name, value.decode()]
    except UnicodeDecodeError:
        return [name, None, base64.b64encode(value).decode()]


def _headers_of(text: str | None) -> Headers:
    if text is None:
        return None
    found = []
    for name, value, *more in json.loads(text):
        is_bytes = base64.b64decode(more[0]) if more else None
        found.append((name, is_bytes if value is None else value.encode()))
    return found
