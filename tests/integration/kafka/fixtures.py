"""A broker for all tests, and topics and a lake of its own for each."""

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from lake.settings import Settings
from sandbox.kafka.broker import EmbeddedKafka
from tests.integration.kafka.topics import Topics


@pytest.fixture(scope="session")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedKafka]:
    """Start a broker, and remove it when the session ends."""
    # What is deleted or compacted is soon gone, where a test asks for it. With a delay of 0 the
    # broker looks for what to delete without a pause, for as long as it runs.
    quick = {"log.cleaner.backoff.ms": "200", "log.segment.delete.delay.ms": "200"}
    started = EmbeddedKafka(tmp_path_factory.mktemp("kafka"), Settings.load(), quick)
    started.start()
    yield started
    started.destroy()


@pytest.fixture
def topics(tmp_path: Path, broker: EmbeddedKafka) -> Topics:
    """Return an empty lake, and the name of a topic that nobody else uses."""
    made = Topics(tmp_path, broker.servers, f"events.{uuid.uuid4().hex[:12]}")
    made.set_up()
    return made
