"""Looks at lists: a source -> a sentence."""

from tests.integration.connectors.memory.declaration import MemorySource
from tests.integration.connectors.memory.rows import SOURCES


def check_source(source: MemorySource) -> str:
    """Say how many rows there are."""
    return f"{sum(map(len, SOURCES[source.name].values()))} rows"
