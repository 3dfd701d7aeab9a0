"""Makes the lakehouse and the broker known to the fault tests."""

from tests.integration.ingestion.fixtures import lakehouse, make_lakehouse, with_items
from tests.integration.kafka.fixtures import broker, topics

__all__ = ["broker", "lakehouse", "make_lakehouse", "topics", "with_items"]
