"""What is in memory: by source and table, rows that are appended to."""

from typing import Any

Rows = list[dict[str, Any]]
SOURCES: dict[str, dict[str, Rows]] = {}
