"""Sources and lakes that the status is asked of, and which data files it opens for it."""

from collections.abc import Sequence
from typing import Any

import pytest

from lake.statistics import FileStatistics
from lake.storage import LakeFiles
from operations.monitoring.status import counting, raw
from tests.integration.files.conftest import drop
from tests.integration.ingestion.fixtures import lakehouse, make_lakehouse
from tests.integration.kafka.fixtures import broker, topics

__all__ = ["broker", "drop", "lakehouse", "make_lakehouse", "opened", "topics"]


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, ...]]:
    """Return the columns that are read from data files, a tuple for each file and query."""
    seen: list[tuple[str, ...]] = []
    query = counting.query_files

    def noted(
        files: LakeFiles, chosen: Sequence[FileStatistics], columns: Sequence[str], text: str
    ) -> Any:  # noqa: ANN401
        seen.extend(tuple(columns) for _ in chosen)
        return query(files, chosen, columns, text)

    monkeypatch.setattr(counting, "query_files", noted)
    monkeypatch.setattr(raw, "query_files", noted)
    return seen
