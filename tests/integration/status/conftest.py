"""Sources and lakes that the status is asked of, and which data files it opens for it."""

from collections.abc import Sequence
from typing import Any

import pytest

from lake.columns import query_files
from lake.statistics import FileStatistics
from lake.storage import LakeFiles
from tests.integration.files.conftest import drop
from tests.integration.ingestion.fixtures import lakehouse, make_lakehouse
from tests.integration.kafka.fixtures import broker, topics

__all__ = ["broker", "drop", "lakehouse", "make_lakehouse", "opened", "topics"]


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, ...]]:
    """Return the columns that are read from data files, a tuple for each file and query."""
    seen: list[tuple[str, ...]] = []

    def noted(
        files: LakeFiles, chosen: Sequence[FileStatistics], columns: Sequence[str], text: str
    ) -> Any:  # noqa: ANN401
        seen.extend(tuple(columns) for _ in chosen)
        return query_files(files, chosen, columns, text)

    for module in ("counting", "raw"):
        monkeypatch.setattr(f"operations.monitoring.status.{module}.query_files", noted)
    return seen
