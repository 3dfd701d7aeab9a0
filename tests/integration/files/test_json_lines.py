"""JSON Lines: objects a line -> typed rows, exactly once; a bad line costs that line."""

import gzip
import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from ingestion.results import Outcome
from tests.integration.files.drop import Drop, table

ITEMS = table(
    "items", {"id": "bigint", "name": "string", "price": "decimal(10,2)", "at": "timestamp"}
)


def lines(*values: object) -> str:
    """Return values as JSON Lines."""
    return "".join(json.dumps(value) + "\n" for value in values)


def item(number: int, **values: object) -> dict[str, Any]:
    """Return one object as a file has it."""
    return {"id": number, "name": f"n{number}", "price": 1.10, "at": "2024-01-02T03:04:05Z"} | values


def test_values_arrive_as_declared(drop: Drop) -> None:
    drop.declare(ITEMS)
    drop.put("items/a.jsonl", lines(item(1, at="2024-01-02T05:04:05.123456+02:00"), item(2, price="2.5", name=None)))
    result = drop.ingest()
    assert (result.outcome, result.rows_read, result.rows_landed) == (Outcome.LANDED, 2, 2)
    first, second = drop.rows(order_by="id")
    assert first["price"] == Decimal("1.10")
    assert first["at"] == datetime(2024, 1, 2, 3, 4, 5, 123456, UTC)
    assert (second["price"], second["name"]) == (Decimal("2.50"), None)
    assert (first["_file"], first["_file_row"], second["_file_row"]) == ("items/a.jsonl", 1, 2)
