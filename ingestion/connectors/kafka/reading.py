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

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

from ingestion.connectors.base import ReadRequest
from ingestion.connectors.batches import Batch, ReadSummary
from ingestion.connectors.channel import Channel
from ingestion.connectors.error_threshold import exceeds_error_threshold
from ingestion.connectors.kafka.cluster import Cluster
from ingestion.connectors.kafka.consumed import Columns, Place, Run, joined, runs
from ingestion.connectors.kafka.declaration import KafkaTable
from ingestion.connectors.kafka.messages import MessageRows
from ingestion.connectors.kafka.plan import Plan, Range
from ingestion.connectors.kafka.position import Reached
from ingestion.connectors.stages import Stages
from lake.errors import DataLossError, LoadError

TAKEN_MESSAGES = 1000
CHUNK_MESSAGES = 50_000
CHUNK_BYTES = 8 * 1024 * 1024
WAITING_CHUNKS = 2
POLL_SECONDS = 0.2
STALL_SECONDS = 60.0
DELETED = {KafkaError._AUTO_OFFSET_RESET, KafkaError.OFFSET_OUT_OF_RANGE}
CUT = {KafkaError._LOG_TRUNCATION}


@dataclass
class _Chunk:
    """Messages of several topics, and how far their partitions are read with them."""

    columns: list[Columns] = field(default_factory=list)
    messages: int = 0
    bytes: int = 0
    reached: dict[Place, Reached] = field(default_factory=dict)


@dataclass(frozen=True)
class _Parsed:
    """What became of a chunk: its batches, its bytes, and how far partitions are read with it."""

    batches: tuple[Batch, ...]
    bytes: int
    reached: Mapping[Place, Reached]


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
        topics = self._table.topics
        self._one_topic = topics[0] if len(topics) == 1 else None
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
        if note := self._rows.note:
            summary.notes.append(note)
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
            for run in runs([first, *consumer.consume(TAKEN_MESSAGES, timeout=0)], self._one_topic):
                self._take(run, chunk, open_ranges)
            if chunk.messages >= CHUNK_MESSAGES or chunk.bytes >= CHUNK_BYTES:
                self._consumed.put(chunk)
                chunk = _Chunk()
        self._consumed.put(chunk)

    def _take(self, run: Run, chunk: _Chunk, open_ranges: dict[Place, Range]) -> None:
        if run.error is not None and run.error.code() != KafkaError._PARTITION_EOF:
            raise self._fault(run.error, run.place)
        part = open_ranges.get(run.place)
        if part is None:
            return
        if (taken := run.before(part.end)) is not None:
            columns = Columns.of(taken, self._table.headers)
            chunk.columns.append(columns)
            chunk.messages += len(taken.messages)
            chunk.bytes += columns.bytes
            self._epochs[run.place] = epoch = taken.messages[-1].leader_epoch()
            chunk.reached[run.place] = Reached(taken.next_offset, epoch)
        if run.next_offset >= part.end:  # all before it is read
            epoch = self._epochs.get(run.place, part.epoch)
            chunk.reached[run.place] = Reached(part.end, epoch)
            del open_ranges[run.place]

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
            by_topic: dict[str, list[Columns]] = defaultdict(list)
            for columns in chunk.columns:
                by_topic[columns.place[0]].append(columns)
            batches = tuple(
                batch
                for topic, found in by_topic.items()
                for batch in self._rows.batches(joined(found, self._plan.ids[topic]))
            )
            self._parsed.put(_Parsed(batches, chunk.bytes, chunk.reached))


def _assigned(part: Range) -> TopicPartition:
    if part.epoch is None:
        return TopicPartition(part.topic, part.partition, part.start)
    return TopicPartition(part.topic, part.partition, part.start, leader_epoch=part.epoch)
