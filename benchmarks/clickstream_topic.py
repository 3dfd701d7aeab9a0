"""Events of a shop's clickstream: numbers -> JSON of about 228 bytes -> a topic, and its checksum.

Contestants that are no part of Firn import this in another environment: what is not of the
standard library is imported where it is needed.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.contest import Stage

if TYPE_CHECKING:
    from confluent_kafka import Producer

RAW = "raw_clickstream"
TOPIC_NAMES = {Stage.TOPIC: "clicks", Stage.LARGE_TOPIC: "more_clicks"}
COLUMNS = {
    "event_id": "string",
    "event_type": "string",
    "event_timestamp": "timestamp",
    "user_id": "string",
    "session_id": "string",
    "product_id": "string",
    "category": "string",
    "price": "decimal(10,2)",
    "quantity": "int",
    "device": "string",
}
CHECKSUM = """
select
    count(*) as rows_count,
    count(distinct event_id) as keys_count,
    sum(price) as prices_sum,
    count(price) as prices_count,
    sum(quantity) as quantities_sum,
    sum(epoch_ms(event_timestamp) - 1767225600000) as milliseconds_sum,
    sum(length(event_type) + length(category) + length(device)) as letters_count
from {rows}
"""
PARTITIONS = 4
BLOCK_EVENTS = 50_000
FIRST = datetime(2026, 1, 1, tzinfo=UTC)
TYPES = ("view_item", "view_item", "view_item", "add_to_cart", "remove_from_cart", "purchase")
CATEGORIES = ("books", "garden", "kitchen", "music", "outdoor", "toys")
DEVICES = ("mobile", "mobile", "tablet", "web")
SERVER_SECONDS = 60


def topic_of(stage: Stage) -> str:
    """Return the topic that a stage drains."""
    return TOPIC_NAMES[stage]


def table_of(stage: Stage) -> str:
    """Return the table that a stage lands."""
    return f"{TOPIC_NAMES[stage]}_landed"


@dataclass
class Totals:
    """What the checksum of all events made so far must be."""

    rows_count: int = 0
    cents_sum: int = 0
    prices_count: int = 0
    quantities_sum: int = 0
    milliseconds_sum: int = 0
    letters_count: int = 0

    def checksum(self) -> dict[str, Any]:
        """Return it as the query says it; every event has an id of its own."""
        named = asdict(self)
        cents = named.pop("cents_sum")
        return {**named, "keys_count": self.rows_count, "prices_sum": Decimal(cents) / 100}


def events(first: int, count: int, totals: Totals) -> list[bytes]:
    """Return the events with these numbers, and add them to `totals`.

    Their values are scattered by the number.
    """
    made: list[bytes] = []
    cents_sum = prices_count = quantities_sum = milliseconds_sum = letters_count = 0
    for number in range(first, first + count):
        mixed = number * 0x9E3779B97F4A7C15 & 0xFFFFFFFFFFFFFFFF
        kind, category = TYPES[mixed % 6], CATEGORIES[(mixed >> 8) % 6]
        device, quantity = DEVICES[mixed >> 16 & 3], 1 + (mixed >> 20) % 3
        seconds, rest = divmod(milliseconds := number * 3 + (mixed >> 40 & 1023), 1000)
        price = "null"
        if mixed >> 24 & 31:
            cents = 100 + (mixed >> 30) % 99_900
            price = f"{cents // 100}.{cents % 100:02d}"
            cents_sum, prices_count = cents_sum + cents, prices_count + 1
        made.append(
            f'{{"event_id":"{number:08x}{mixed >> 48:04x}","event_type":"{kind}",'
            f'"event_timestamp":"{_second(seconds)}.{rest:03d}Z",'
            f'"user_id":"{(mixed >> 12) % 200_000:06d}","session_id":"{number // 12:09d}",'
            f'"product_id":"{(mixed >> 5) % 20_000:05d}","category":"{category}",'
            f'"price":{price},"quantity":{quantity},"device":"{device}"}}'.encode()
        )
        quantities_sum += quantity
        milliseconds_sum += milliseconds
        letters_count += len(kind) + len(category) + len(device)
    totals.rows_count += count
    totals.cents_sum += cents_sum
    totals.prices_count += prices_count
    totals.quantities_sum += quantities_sum
    totals.milliseconds_sum += milliseconds_sum
    totals.letters_count += letters_count
    return made


@lru_cache(maxsize=16)
def _second(number: int) -> str:
    return (FIRST + timedelta(seconds=number)).isoformat()[:19]


@dataclass(frozen=True)
class ClickstreamTopic:
    """A topic of a broker with so many events, spread over its partitions."""

    servers: str
    name: str
    count: int
    folder: Path

    def ensure(self) -> None:
        """Make and fill the topic, unless it was kept whole. Raises KafkaException."""
        if not self._record.exists():
            self._make()
            totals = Totals()
            producer = self.producer()
            for first in range(0, self.count, BLOCK_EVENTS):
                made = events(first, min(BLOCK_EVENTS, self.count - first), totals)
                send(producer, self.name, made)
            if producer.flush(SERVER_SECONDS):
                raise RuntimeError("the broker did not take all events")
            self._record.write_text(json.dumps(asdict(totals)))

    def checksum(self) -> dict[str, Any]:
        """Return what a table of all events must come to."""
        return Totals(**json.loads(self._record.read_text())).checksum()

    @property
    def _record(self) -> Path:
        return self.folder / f"{self.name}-{self.count}.json"

    def producer(self) -> Producer:
        """Return a producer for it."""
        from confluent_kafka import Producer

        properties = {
            "bootstrap.servers": self.servers,
            "linger.ms": 20,
            "batch.size": 1_000_000,
            "queue.buffering.max.kbytes": 200_000,
            "queue.buffering.max.messages": 500_000,
        }
        return Producer(properties)

    def _make(self) -> None:
        from confluent_kafka.admin import AdminClient
        from confluent_kafka.cimpl import NewTopic

        admin = AdminClient({"bootstrap.servers": self.servers})
        topic = NewTopic(self.name, num_partitions=PARTITIONS)
        admin.create_topics([topic])[self.name].result(SERVER_SECONDS)


def send(producer: Producer, topic: str, values: Sequence[bytes]) -> None:
    """Write values, a run of them to each partition in turn; waits while too many are on the way.

    Raises BufferError when none of them is taken for a long time.
    """
    for partition, run in runs_of(values):
        for value in run:
            try:
                producer.produce(topic, value, partition=partition)
            except BufferError:
                producer.poll(SERVER_SECONDS)
                producer.produce(topic, value, partition=partition)
        producer.poll(0)


def runs_of(values: Sequence[bytes]) -> Iterator[tuple[int, Sequence[bytes]]]:
    """Yield runs of values, each for the next partition."""
    size = 500
    for number, start in enumerate(range(0, len(values), size)):
        yield number % PARTITIONS, values[start : start + size]
