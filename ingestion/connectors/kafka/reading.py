"""The new messages of one table being read: ranges of offsets -> batches, in three threads.

One thread consumes, a second parses, and whoever iterates over the batches is the third.
"""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Protocol, cast

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

from ingestion.connectors.base import ReadRequest
from ingestion.connectors.batches import Batch, ReadSummary
from ingestion.connectors.channel import Channel
from ingestion.connectors.error_threshold import exceeds_error_threshold
from ingestion.connectors.kafka.cluster import Cluster
from ingestion.connectors.kafka.declaration import KafkaTable
from ingestion.connectors.kafka.messages import MessageRows, Messages
from ingestion.connectors.kafka.plan import Plan, Range
from ingestion.connectors.kafka.position import Reached
from ingestion.connectors.stages import Stages
from lake.errors import DataLossError, LoadError

CHUNK_MESSAGES = 50_000
CHUNK_BYTES = 8 * 1024 * 1024
WAITING_CHUNKS = 2
POLL_SECONDS = 0.2
STALL_SECONDS = 60.0
DELETED = {KafkaError._AUTO_OFFSET_RESET, KafkaError.OFFSET_OUT_OF_RANGE}
CUT = {KafkaError._LOG_TRUNCATION}
Place = tuple[str, int]


@dataclass
class _Chunk:
    """Messages of several topics, and how far their partitions are read with them."""

    messages: list[Consumed] = field(default_factory=list)
    bytes: int = 0
    reached: dict[Place, Reached] = field(default_factory=dict)


@dataclass(frozen=True)
class _Parsed:
    """What became of a chunk: its batches, its bytes, and how far partitions are read with it."""

    batches: tuple[Batch, ...]
    bytes: int
    reached: Mapping[Place, Reached]


class Consumed(Protocol):
    """A message as librdkafka gives it, or with an error what it has to say of a partition."""

    def topic(self) -> str: ...  # noqa: D102
    def partition(self) -> int: ...  # noqa: D102
    def offset(self) -> int: ...  # noqa: D102
    def leader_epoch(self) -> int | None: ...  # noqa: D102
    def timestamp(self) -> tuple[int, int]: ...  # noqa: D102
    def key(self) -> bytes | None: ...  # noqa: D102
    def value(self) -> bytes | None: ...  # noqa: D102
    def headers(self) -> list[tuple[str, bytes | None]] | None: ...  # noqa: D102
    def error(self) -> KafkaError | None: ...  # noqa: D102
    def __len__(self) -> int: ...


class KafkaReading:
    """The planned ranges of one table being read; use it in a `with` block."""

    extra_columns = ()
    has_error_threshold = False  # the reading stops by itself, and what it read is landed
    keys = None

    def __init__(
        self,
        cluster: Cluster,
        plan: Plan,
        request: ReadRequest[KafkaTable],
        rows: MessageRows,
    ) -> None:
        """Make a reading of `rows` that starts when its block is entered."""
        self._cluster = cluster
        self._plan = plan.limited(request.max_rows)
        self._table = request.table
        self._is_asked_to_end = request.is_over
        self._rows = rows
        self._reached: dict[Place, Reached] = {}
        self._epochs: dict[Place, int | None] = {}  # of the last message consumed
        self.summary = ReadSummary(gaps=list(plan.gaps), has_more=self._plan.has_more, lag=plan.lag)
        self._consumed: Channel[_Chunk] = Channel(WAITING_CHUNKS)
        self._parsed: Channel[_Parsed] = Channel(WAITING_CHUNKS)
        self._stages = Stages((self._consume, self._consumed), (self._parse, self._parsed))
        self._is_over = threading.Event()

    def __enter__(self) -> KafkaReading:
        """Start reading."""
        self._stages.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop all threads that still work for this reading."""
        self._is_over.set()
        self._stages.stop()

    @property
    def batches(self) -> Iterator[Batch]:
        """All messages of the ranges. Raises FirnError; with too many bad ones it only ends."""
        rejected = 0
        for parsed in self._parsed:
            for batch in parsed.batches:
                self.summary.rows_read += batch.read_count
                rejected += len(batch.rejections)
                yield batch
            self.summary.bytes_read += parsed.bytes
            self._reached |= parsed.reached
            share = self._table.error_threshold
            if exceeds_error_threshold(self.summary.rows_read, rejected, share):
                self.summary.stopped = self._too_many_bad(rejected)
                break
        self._require_same_topics()
        self._summarise()

    def _require_same_topics(self) -> None:
        """Raise LoadError when a topic was made anew meanwhile: what was read may be of either."""
        ids = self._cluster.ids(list(self._plan.ids))
        if another := sorted(name for name in ids if ids[name] != self._plan.ids[name]):
            raise LoadError(
                f"{self._table.label}: {', '.join(another)} was deleted and made anew while it was"
                " read; nothing was committed",
                f"firn ingest {self._table.label} names what was lost",
            )

    def _summarise(self) -> None:
        summary, position = self.summary, self._plan.position(self._reached)
        summary.is_moved = position != self._plan.before
        summary.position, summary.reached = position.stored(), str(position)
        if count := self._rows.ignored_count:
            summary.notes.append(f"{count:,} messages without a value are ignored")
        if names := sorted(self._rows.undeclared):
            summary.notes.append(f"undeclared fields kept in _rescued: {', '.join(names)}")
        summary.notes += [f"passed over: {gap}" for gap in summary.gaps]

    def _too_many_bad(self, rejected: int) -> LoadError:
        return LoadError(
            f"{self._table.label}: {rejected:,} of {self.summary.rows_read:,} messages cannot be"
            f" landed, more than {self._table.error_threshold:.0%}; what was read is landed or in"
            " quarantine, the rest is not read",
            f"firn show quarantine.{self._table.source} says why; the next load goes on after them",
        )

    def _consume(self) -> None:
        """Consume until every range is read, by position: its end may hold no message at all."""
        open_ranges = {(r.topic, r.partition): r for r in self._plan.ranges if r.start < r.end}
        if not open_ranges:
            return
        partitions = [_assigned(part) for part in open_ranges.values()]
        with self._cluster.consuming(partitions) as consumer:
            self._consume_ranges(consumer, open_ranges)

    def _consume_ranges(self, consumer: Consumer, open_ranges: dict[Place, Range]) -> None:
        chunk = _Chunk()
        last_heard = time.monotonic()
        while open_ranges and not self._is_over.is_set() and not self._is_asked_to_end():
            # a call that asks for many waits for all of them; so wait for one, and take the others
            first = consumer.poll(POLL_SECONDS)
            if first is None:
                if time.monotonic() - last_heard > STALL_SECONDS:
                    raise self._cluster.fault()
                continue
            last_heard = time.monotonic()
            for message in (first, *consumer.consume(CHUNK_MESSAGES, timeout=0)):
                self._take(cast("Consumed", message), chunk, open_ranges)
            if len(chunk.messages) >= CHUNK_MESSAGES or chunk.bytes >= CHUNK_BYTES:
                self._consumed.put(chunk)
                chunk = _Chunk()
        self._consumed.put(chunk)

    def _take(self, message: Consumed, chunk: _Chunk, open_ranges: dict[Place, Range]) -> None:
        error = message.error()
        place = (message.topic(), message.partition())
        if error is not None and error.code() != KafkaError._PARTITION_EOF:
            raise self._fault(error, place)
        part = open_ranges.get(place)
        if part is None:
            return
        offset = message.offset()
        if error is not None or offset >= part.end:  # all before it is read
            if offset >= part.end:
                chunk.reached[place] = Reached(part.end, self._epochs.get(place, part.epoch))
                del open_ranges[place]
            return
        chunk.messages.append(message)
        chunk.bytes += len(message)
        self._epochs[place] = epoch = message.leader_epoch()
        chunk.reached[place] = Reached(offset + 1, epoch)
        if offset + 1 >= part.end:
            del open_ranges[place]

    def _fault(self, error: KafkaError, place: Place) -> Exception:
        label = f"{place[0]}[{place[1]}]"
        if error.code() in DELETED | CUT:
            return DataLossError(
                f"{self._table.label}: messages of {label} were deleted while they were read:"
                f" {error.str()}",
                f"firn ingest {self._table.label} names the range; nothing was committed",
            )
        if error.code() == KafkaError.UNKNOWN_TOPIC_OR_PART:
            return LoadError(
                f"{self._table.label}: {label} was deleted while it was read",
                "run it again; nothing was committed",
            )
        return self._cluster.fault(KafkaException(error))

    def _parse(self) -> None:
        for chunk in self._consumed:
            by_topic: dict[str, list[Consumed]] = defaultdict(list)
            for message in chunk.messages:
                by_topic[message.topic()].append(message)
            batches = tuple(
                batch
                for topic, found in by_topic.items()
                for batch in self._rows.batches(self._messages(topic, found))
            )
            self._parsed.put(_Parsed(batches, chunk.bytes, chunk.reached))

    def _messages(self, topic: str, found: list[Consumed]) -> Messages:
        return Messages(
            topic=topic,
            topic_id=self._plan.ids[topic],
            partitions=[message.partition() for message in found],
            offsets=[message.offset() for message in found],
            timestamps=[_time(message) for message in found],
            keys=[message.key() for message in found],
            values=[message.value() for message in found],
            headers=[message.headers() for message in found] if self._table.headers else None,
        )


def _assigned(part: Range) -> TopicPartition:
    if part.epoch is None:
        return TopicPartition(part.topic, part.partition, part.start)
    return TopicPartition(part.topic, part.partition, part.start, leader_epoch=part.epoch)


def _time(message: Consumed) -> int | None:
    kind, milliseconds = message.timestamp()
    return int(milliseconds) if kind else None
