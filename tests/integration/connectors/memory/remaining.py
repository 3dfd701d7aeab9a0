"""What lists still have: a source + positions -> rows behind each position."""

from collections.abc import Mapping

from ingestion.connectors.base import Remaining, TableState
from tests.integration.connectors.memory.declaration import MemorySource
from tests.integration.connectors.memory.reader import offset_of
from tests.integration.connectors.memory.rows import SOURCES


def remaining_rows(source: MemorySource, states: Mapping[str, TableState]) -> dict[str, Remaining]:
    """Return how many rows of each list no load has read."""
    lists = SOURCES[source.name]
    counts = {name: len(rows) - offset_of(states[name].position) for name, rows in lists.items()}
    return {
        name: Remaining(f"{count} rows waiting", "rows", count) for name, count in counts.items()
    }
