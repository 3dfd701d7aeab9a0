"""A lake of the clickstream for tests: messages -> landed -> built -> Rows, and their check."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from confluent_kafka import Message as Delivered
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from ingestion.api import ingest
from tests.recomputation.built_lake import BuiltLake
from tests.recomputation.clickstream.from_messages import KEYS, recompute
from tests.recomputation.clickstream.messages import PARTITIONS, Draft, Message
from tests.recomputation.compare import Rows, assert_same_rows
from tests.warm_dbt import WarmDbt

CONNECTION = "CLICKSTREAM_KAFKA"
TOPIC = "clickstream"
SECONDS = 30


class ClicksLake(BuiltLake):
    """The topic of a broker, and the lake in `home` that it lands in.

    `messages` is what was sent, in the order of being sent.
    """

    def __init__(self, home: Path, dbt: WarmDbt, servers: str) -> None:
        """Name the lake; nothing is made before it is built."""
        super().__init__(home, dbt, "clickstream")
        self.messages: list[Message] = []
        self._client: dict[str, Any] = {"bootstrap.servers": servers, "log_level": 0}
        self.settings.env_file.touch(mode=0o600)
        self.settings.env_file.write_text(f"{CONNECTION}={servers}\n", encoding="utf-8")

    def create_topic(self) -> None:
        """Make the topic, empty."""
        admin = AdminClient(self._client)  # it must outlive what it was asked for
        admin.create_topics([NewTopic(TOPIC, num_partitions=PARTITIONS)])[TOPIC].result()

    def send(self, drafts: Iterable[Draft]) -> None:
        """Write messages to the topic, and note where each of them stands."""
        producer = Producer({**self._client, "linger.ms": 5})
        for sent in drafts:
            producer.produce(TOPIC, sent.value, sent.key, sent.partition, on_delivery=self._note)
        assert producer.flush(SECONDS) == 0

    def _note(self, error: object, sent: Delivered) -> None:
        partition, offset, value = sent.partition(), sent.offset(), sent.value()
        assert error is None
        assert partition is not None
        assert offset is not None
        assert value is not None
        self.messages.append(Message(partition, offset, value))

    def load(self, drafts: Iterable[Draft], *, tests: bool = False) -> None:
        """Send messages, land and build them, and check every table."""
        self.send(drafts)
        self.land()
        self.build(tests=tests)
        self.assert_right()

    def land(self) -> None:
        """Land what is new."""
        ingest(["clickstream"], settings=self.settings)

    def checked(self, name: str) -> Rows:
        """Return a table with the columns that its definition covers."""
        return self.table(name).in_order(recompute([])[name].columns)

    def assert_right(self) -> None:
        """Check every table against all that was sent."""
        for name, expected in recompute(self.messages).items():
            actual = self.table(name).in_order(expected.columns)
            assert_same_rows(expected, actual, KEYS[name], name)
