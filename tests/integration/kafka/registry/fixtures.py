"""A schema registry for all tests, and topics of its formats."""

from collections.abc import Iterator

import pytest

from lake.settings import Settings
from tests.integration.kafka.registry.server import RegistryServer
from tests.integration.kafka.registry.topics import RegistryTopics
from tests.integration.kafka.topics import Topics


@pytest.fixture(scope="session")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RegistryServer]:
    """Start a schema registry, and end it when the session ends; it may not answer yet."""
    started = RegistryServer(tmp_path_factory.mktemp("registry"), Settings.load())
    yield started
    started.stop()


@pytest.fixture
def schemas(registry: RegistryServer, topics: Topics) -> RegistryTopics:
    """Return a topic that exists, whose messages name schemas of the registry."""
    topics.create()
    registry.wait()  # it comes up while the broker does
    made = RegistryTopics(topics, registry.url)
    topics.set_secrets(**made.variables)
    return made
