"""Makes the broker known to the tests of this folder."""

from tests.integration.kafka.fixtures import broker, topics

__all__ = ["broker", "topics"]
