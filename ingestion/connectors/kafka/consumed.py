"""Messages as librdkafka gives them -> runs of one partition -> columns.

A method of a message costs as much as the parsing of some of its bytes, so none is called that is
not needed. Messages become columns as soon as they are there: what is used while it is in the
processor's cache, and freed before there is much of it, takes half the time.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, groupby
from operator import itemgetter
from typing import cast

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from confluent_kafka import KafkaError, Message

from ingestion.connectors.kafka.declaration import LandedHeaders
from ingestion.connectors.kafka.messages import Headers, Messages
from ingestion.formats.joined_values import JoinedValues

Place = tuple[str, int]


@dataclass(frozen=True)
class Run:
    """Messages of one partition in a row; or an `error`, what librdkafka says of the partition."""

    place: Place
    messages: Sequence[Message]
    offsets: npt.NDArray[np.int64]
    error: KafkaError | None = None

    @property
    def next_offset(self) -> int:
        """Where the partition is read up to with them, or where it ends."""
        return int(self.offsets[-1]) + (self.error is None)

    def before(self, end: int) -> Run | None:
        """Return those of them that stand before an offset, None when there are none."""
        if self.error is not None or self.offsets[0] >= end:
            return None
        if self.offsets[-1] < end:
            return self
        count = int(np.searchsorted(self.offsets, end))
        return Run(self.place, self.messages[:count], self.offsets[:count])


@dataclass(frozen=True)
class Columns:
    """A run as columns; `bytes` is how long its values are."""

    place: Place
    offsets: pa.Array
    timestamps: pa.Array
    keys: pa.Array
    values: JoinedValues
    headers: Sequence[Headers] | None

    @classmethod
    def of(cls, run: Run, wanted: LandedHeaders) -> Columns:
        """Take out of messages what is landed of them; of their headers those `wanted`."""
        found = run.messages
        stamps = map(itemgetter(1), map(Message.timestamp, found))
        times = np.fromiter(stamps, np.int64, len(found))
        return cls(
            run.place,
            pa.array(run.offsets),
            pa.array(times, mask=times < 0),  # -1 is what Kafka has for none
            pa.array(list(map(Message.key, found)), pa.binary()),
            JoinedValues.of(list(map(Message.value, found))),
            [_headers(message, wanted) for message in found] if wanted else None,
        )

    @property
    def bytes(self) -> int:
        """How long the values are."""
        return len(self.values.data)


def _headers(message: Message, wanted: LandedHeaders) -> Headers:
    found = cast("Headers", message.headers())
    if found is None or isinstance(wanted, bool):
        return found
    return [(name, value) for name, value in found if name in wanted]


def runs(found: Sequence[Message], topic: str | None = None) -> Iterator[Run]:
    """Yield messages as runs, in their order; `topic` is that of all of them, where it is known."""
    start = 0
    for position, error in enumerate(map(Message.error, found)):
        if error is not None:
            yield from _without_errors(found[start:position], topic)
            message = found[position]
            place = str(message.topic()), int(message.partition() or 0)
            yield Run(place, [message], np.array([message.offset() or 0]), error)
            start = position + 1
    yield from _without_errors(found[start:], topic)


def joined(found: Sequence[Columns], topic_id: str | None) -> Messages:
    """Return the columns of all runs of one topic."""
    partitions = [columns.place[1] for columns in found]
    counts = [len(columns.offsets) for columns in found]
    headers = [columns.headers for columns in found if columns.headers is not None]
    return Messages(
        topic=found[0].place[0],
        topic_id=topic_id,
        partitions=pa.array(np.repeat(np.array(partitions, np.int32), counts)),
        offsets=pa.concat_arrays([columns.offsets for columns in found]),
        timestamps=pa.concat_arrays([columns.timestamps for columns in found]),
        keys=pa.concat_arrays([columns.keys for columns in found]),
        values=JoinedValues.all_of([columns.values for columns in found]),
        headers=list(chain.from_iterable(headers)) if headers else None,
    )


def _without_errors(found: Sequence[Message], topic: str | None) -> Iterator[Run]:
    offsets = np.fromiter(map(Message.offset, found), np.int64, len(found))
    start = 0
    for place, count in _places(found, topic):
        end = start + count
        yield Run(place, found[start:end], offsets[start:end])
        start = end


def _places(found: Sequence[Message], topic: str | None) -> Iterator[tuple[Place, int]]:
    """Yield the partition of each run, and how many messages it has."""
    partitions = map(Message.partition, found)
    if topic is not None:
        for partition, group in groupby(partitions):
            yield (topic, int(partition or 0)), len(list(group))
        return
    for place, several in groupby(zip(map(Message.topic, found), partitions, strict=True)):
        yield (str(place[0]), int(place[1] or 0)), len(list(several))
