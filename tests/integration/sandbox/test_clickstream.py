"""The clickstream in a real broker: filled once, moved on, produced live, landed to the message."""

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
import yaml
from confluent_kafka import Consumer, Message, TopicPartition

from lake.errors import ConfigurationError, EnvironmentFault
from operations.monitoring.doctor import Finding
from sandbox import clickstream
from sandbox.clickstream import PARTITIONS, TOPIC
from sandbox.clickstream.messages import MALFORMED, Kind
from sandbox.control.checks import ports
from sandbox.control.clickstream import (
    SERVERS,
    advance_clickstream,
    clickstream_broker,
    produce_clickstream,
    remove_clickstream,
    start_clickstream,
)
from sandbox.kafka.broker import EmbeddedKafka
from tests.integration.ingestion.home import LakeHome

pytestmark = pytest.mark.kafka

COLUMNS = {
    "event_id": "string", "event_type": "string", "event_timestamp": "timestamp",
    "user_id": "string", "session_id": "string", "product_id": "string", "category": "string",
    "price": "decimal(10,2)", "quantity": "int", "device": "string",
}  # fmt: skip
SECONDS = 30


@dataclass(frozen=True)
class Stream(LakeHome):
    """A lake of its own, the sandbox's broker in it, and what the first fill delivered."""

    first: clickstream.Delivered

    @property
    def broker(self) -> EmbeddedKafka:
        """The broker."""
        return clickstream_broker(self.settings)

    @property
    def servers(self) -> str:
        """Its address."""
        return self.broker.servers

    def messages(self) -> list[Message]:
        """Return all messages of the topic, read independently."""
        consumer = Consumer({"bootstrap.servers": self.servers, "group.id": "test"})
        try:
            places = [TopicPartition(TOPIC, number, 0) for number in range(PARTITIONS)]
            ends = sum(consumer.get_watermark_offsets(place, SECONDS)[1] for place in places)
            consumer.assign(places)
            return list(consumer.consume(ends, SECONDS))
        finally:
            consumer.close()

    def event_ids(self) -> list[str]:
        """Return the ids of all messages that can be read, doubled ones too."""
        ids = (_event_id(message.value()) for message in self.messages())
        return [event_id for event_id in ids if event_id]


def _event_id(value: bytes | None) -> str | None:
    try:
        return str(json.loads(value or b"")["event_id"] or "")
    except (ValueError, KeyError):
        return None


@pytest.fixture(scope="module")
def stream(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stream]:
    """Start the broker with three days of a small stream, in a lake that declares it."""
    home = LakeHome(tmp_path_factory.mktemp("clickstream"))
    home.make_project()
    declare(home)
    first = start_clickstream(home.settings, sessions=300, days=3)
    assert first is not None
    made = Stream(home.folder, first)
    yield made
    remove_clickstream(home.settings)
    assert not made.broker.is_running
    assert not list(made.broker.home.iterdir())


def declare(home: LakeHome) -> None:
    """Declare the topic's table as the project does."""
    ingestion = {"connector": "kafka", "connection": SERVERS}
    events = {"topics": TOPIC, "key": ["event_id"]}
    columns = [{"name": name, "data_type": kind} for name, kind in COLUMNS.items()]
    table = {"name": "events", "config": {"meta": {"ingestion": events}}, "columns": columns}
    source = {
        "name": "clickstream",
        "schema": "raw_clickstream",
        "config": {"meta": {"ingestion": ingestion}},
        "tables": [table],
    }
    file = home.folder / "models" / "raw" / "clickstream.yml"
    file.write_text(yaml.safe_dump({"sources": [source]}, sort_keys=False))


def assert_landed(stream: Stream, produced: Counter[Kind]) -> None:
    """Check that the lake has what was produced, and each message just once."""
    malformed = sum(produced[kind] for kind in MALFORMED)
    messages = stream.messages()
    rows = stream.lake.rows("raw_clickstream.events")
    quarantined = stream.lake.rows("quarantine.clickstream")
    assert len(rows) + len(quarantined) == len(messages) == produced.total()
    assert len(quarantined) == malformed
    assert len({row["event_id"] for row in rows}) == produced[Kind.EVENT] + produced[Kind.LATE]
    offsets = {(row["_kafka_partition"], row["_kafka_offset"]) for row in rows}
    places = [json.loads(row["place"]) for row in quarantined]
    offsets |= {(int(place["partition"]), int(place["offset"])) for place in places}
    assert offsets == {(message.partition(), message.offset()) for message in messages}


def test_what_is_produced_is_landed_or_quarantined(stream: Stream) -> None:
    produced = Counter(stream.first.counts.of)
    result = stream.ingest("clickstream")
    assert (result.rows_read, result.rows_landed) == (
        produced.total(), produced.total() - stream.first.counts.malformed,
    )  # fmt: skip
    assert_landed(stream, produced)

    produced += advance_clickstream(stream.settings, 2).counts.of
    stream.ingest("clickstream")
    assert_landed(stream, produced)

    produced += produce_clickstream(stream.settings, 2000, 1.5, lambda: False).of
    stream.ingest("clickstream")
    assert_landed(stream, produced)


def test_messages_of_a_session_lie_in_one_partition_and_all_are_used(stream: Stream) -> None:
    partitions: dict[bytes, set[int]] = {}
    for message in stream.messages():
        partitions.setdefault(message.key() or b"", set()).add(message.partition() or 0)

    assert all(len(used) == 1 for used in partitions.values())
    assert set.union(*partitions.values()) == set(range(PARTITIONS))


def test_a_stream_is_filled_once_and_outlives_its_broker(stream: Stream) -> None:
    before, port = len(stream.messages()), stream.broker.port
    used = Finding("Ports", True, f"{port} used by the sandbox's Kafka")
    assert used in list(ports(stream.settings))

    stream.broker.stop()
    with pytest.raises(EnvironmentFault, match="Kafka is not running") as caught:
        advance_clickstream(stream.settings, 1)
    assert caught.value.fix == "firn sandbox start clickstream"
    free = Finding("Ports", True, f"127.0.0.1:{port} free for the sandbox's Kafka")
    assert free in list(ports(stream.settings))

    assert start_clickstream(stream.settings) is None
    assert stream.broker.port == port
    assert len(stream.messages()) == before


def test_a_stream_is_neither_made_twice_nor_moved_where_there_is_none(
    stream: Stream, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ConfigurationError, match="has a clickstream already"):
        clickstream.fill(stream.servers)
    with pytest.raises(ConfigurationError, match="would pass the present"):
        clickstream.advance(stream.servers, 100_000)
    with pytest.raises(ConfigurationError, match="0 days"):
        clickstream.advance(stream.servers, 0)
    with pytest.raises(ConfigurationError, match="0 events"):
        clickstream.produce(stream.servers, 0)
    monkeypatch.setattr("sandbox.clickstream.topic.CLOCK_TOPIC", "another")
    with pytest.raises(ConfigurationError, match="has no clickstream"):
        clickstream.advance(stream.servers, 1)
    with pytest.raises(ConfigurationError, match="has no clickstream"):
        clickstream.produce(stream.servers, 1)


def test_a_broker_that_is_not_there_is_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("sandbox.clickstream.topic.ANSWER_SECONDS", 1)
    with pytest.raises(EnvironmentFault, match="does not answer") as caught:
        clickstream.is_filled("127.0.0.1:1")
    assert caught.value.fix == "firn sandbox start clickstream"


def test_each_run_has_its_own_events_at_the_set_rate(stream: Stream) -> None:
    before = Counter(stream.event_ids())
    start = time.monotonic()
    counts = [produce_clickstream(stream.settings, 300, 1, lambda: False) for _ in range(2)]
    seconds = time.monotonic() - start
    new = Counter(stream.event_ids()) - before

    assert 100 < sum(count.events for count in counts) <= 300 * seconds
    assert len(new) == sum(count.events for count in counts)
    assert not new.keys() & before.keys()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_command_ends_cleanly_when_asked(stream: Stream, number: signal.Signals) -> None:
    before = len(stream.messages())
    command = "from operations.cli.app import main; main()"
    producing = subprocess.Popen(
        [
            sys.executable, "-c", command, "sandbox", "produce", "clickstream", "--rate", "500",
        ],
        stdout=subprocess.PIPE,
        text=True,
        env={
            **os.environ,  # noqa: TID251 - for a process of its own
            "FIRN_HOME": str(stream.home),
            "FIRN_PROJECT_DIR": str(stream.folder),
        },
    )  # fmt: skip
    deadline = time.monotonic() + SECONDS
    while len(stream.messages()) < before + 100:
        assert time.monotonic() < deadline, "nothing was produced"
    producing.send_signal(number)
    said, _ = producing.communicate(timeout=SECONDS)

    assert producing.returncode == 0
    last = said.splitlines()[-1]
    assert last.startswith(f"{len(stream.messages()) - before:,} messages: ")
