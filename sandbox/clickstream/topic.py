"""The topic in the broker: its clock, and messages -> delivered, each acknowledged by the broker.

What the stream was made by, and how far it is, stands in a topic beside it: broker and clock are
deleted together. The clock moves when a day's messages are there, so after a kill in between they
are produced again, and come twice as from any producer that tries again.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from confluent_kafka import Consumer, KafkaError, KafkaException, Producer, TopicPartition
from confluent_kafka import Message as Acknowledged
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from lake.errors import EnvironmentFault
from sandbox.clickstream.history import Clock
from sandbox.clickstream.messages import Counts, Message

TOPIC = "clickstream"
CLOCK_TOPIC = "clickstream-clock"
PARTITIONS = 3
ANSWER_SECONDS = 30
# Times of the fill lie far back: the broker would delete its messages by their age.
_KEPT_FOR_EVER = {"retention.ms": "-1"}


class Delivery:
    """Messages handed to a broker: in order and once in each partition, counted by kind."""

    def __init__(self, servers: str) -> None:
        """Connect when the first message is sent."""
        self.counts = Counts()
        self._servers = servers
        self._error: KafkaError | None = None
        self._producer = Producer(
            {
                **_client(servers),
                "enable.idempotence": True,
                "acks": "all",
                "linger.ms": 5,
                "delivery.timeout.ms": ANSWER_SECONDS * 1000,
            }
        )

    def send(self, message: Message, timestamp_ms: int = 0) -> None:
        """Hand a message over; the broker gets it soon. A time of 0 stands for now.

        Raises EnvironmentFault when the broker did not take one that was sent before.
        """
        self._produce(TOPIC, message.value, message.key, timestamp_ms)
        self.counts.of[message.kind] += 1

    def set_clock(self, clock: Clock) -> None:
        """Hand over the stream's clock, and wait until the broker has it and all before it."""
        self.finish()
        self._produce(CLOCK_TOPIC, clock.model_dump_json().encode(), b"clock", 0)
        self.finish()

    def wait(self, seconds: float) -> None:
        """Let the broker answer meanwhile."""
        self._producer.poll(seconds)

    def finish(self) -> None:
        """Wait until the broker has all that was sent. Raises EnvironmentFault when it has not."""
        waiting = self._producer.flush(ANSWER_SECONDS + 5)
        if waiting or self._error:
            raise _fault(self._servers, self._error)

    def _produce(self, topic: str, value: bytes | None, key: bytes, timestamp_ms: int) -> None:
        while not self._error:
            try:
                self._producer.produce(
                    topic, value, key, timestamp=timestamp_ms, on_delivery=self._note
                )
            except BufferError:
                self._producer.poll(0.1)
            else:
                self._producer.poll(0)
                return
        raise _fault(self._servers, self._error)

    def _note(self, error: KafkaError | None, _: Acknowledged) -> None:
        self._error = self._error or error


def make_topics(servers: str) -> None:
    """Make the topic and that of its clock where they are missing. Raises EnvironmentFault."""
    new = [
        NewTopic(TOPIC, num_partitions=PARTITIONS, config=_KEPT_FOR_EVER),
        NewTopic(CLOCK_TOPIC, num_partitions=1, config=_KEPT_FOR_EVER),
    ]
    with _named_faults(servers):
        admin = AdminClient(_client(servers))
        for future in admin.create_topics(new, operation_timeout=ANSWER_SECONDS).values():
            try:
                future.result(ANSWER_SECONDS)
            except KafkaException as error:
                if error.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:
                    raise


def read_clock(servers: str) -> Clock | None:
    """Return the stream's clock, None where none was made. Raises EnvironmentFault."""
    place = TopicPartition(CLOCK_TOPIC, 0)
    with _named_faults(servers):
        consumer = Consumer({**_client(servers), "group.id": "clickstream"})
        try:
            known = consumer.list_topics(timeout=ANSWER_SECONDS).topics
            if CLOCK_TOPIC not in known:
                return None
            _, end = consumer.get_watermark_offsets(place, ANSWER_SECONDS)
            if not end:
                return None
            place.offset = end - 1
            consumer.assign([place])
            return _clock_in(consumer.poll(ANSWER_SECONDS))
        finally:
            consumer.close()


def _clock_in(message: Acknowledged | None) -> Clock:
    if message is None:
        raise KafkaException(KafkaError(KafkaError._TIMED_OUT))
    if error := message.error():
        raise KafkaException(error)
    return Clock.model_validate_json(message.value() or b"")


def _client(servers: str) -> dict[str, Any]:
    """Return what every client is told; faults are told by exceptions, not by its log."""
    return {"bootstrap.servers": servers, "log_level": 0}


@contextmanager
def _named_faults(servers: str) -> Iterator[None]:
    try:
        yield
    except KafkaException as error:
        raise _fault(servers, error.args[0]) from None


def _fault(servers: str, error: KafkaError | None) -> EnvironmentFault:
    said = f": {error.str()}" if error else ""
    return EnvironmentFault(
        f"the sandbox's broker at {servers} does not answer{said}",
        "firn sandbox start clickstream",
    )
