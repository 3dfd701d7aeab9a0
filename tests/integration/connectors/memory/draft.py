"""Drafts a declaration of lists: the rows there are -> tables and columns."""

from typing import Any

from ingestion.connectors.base import DraftRequest
from ingestion.declarations.draft import UNDESCRIBED, Draft
from tests.integration.connectors.memory.rows import SOURCES, Rows

TYPES = {int: "bigint", str: "string"}


def draft_source(request: DraftRequest) -> Draft:
    """Return a draft: the first column is taken for the key."""
    tables = [_table(name, rows) for name, rows in SOURCES[request.name].items()]
    ingestion = {"connector": "memory", "connection": request.connection}
    return Draft(ingestion, tables, ["The first column of each table is taken for its key."])


def _table(name: str, rows: Rows) -> dict[str, Any]:
    first = rows[0]
    return {
        "name": name,
        "description": UNDESCRIBED,
        "config": {"meta": {"ingestion": {"key": [next(iter(first))]}}},
        "columns": [
            {"name": column, "data_type": TYPES[type(value)]} for column, value in first.items()
        ],
    }
