"""Makes the broker known to the tests of this folder."""

from tests.integration.kafka.fixtures import broker, topics
from tests.integration.kafka.registry.fixtures import registry, schemas

__all__ = ["broker", "registry", "schemas", "topics"]
