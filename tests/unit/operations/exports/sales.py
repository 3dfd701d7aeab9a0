"""A lake of one gold table with a column of every kind, and its exports."""

import json
from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyiceberg.schema import Schema
from pyiceberg.types import (
    BinaryType,
    BooleanType,
    DateType,
    DecimalType,
    DoubleType,
    ListType,
    LongType,
    NestedField,
    StringType,
    TimestampType,
    TimestamptzType,
)

from lake.lake import Lake
from operations.exports.export import ExportOptions, export_tables
from operations.exports.formats.base import ExportFormat
from operations.exports.manifest import Exported
from tests.integration.ingestion.home import LakeHome

SALES = Schema(
    NestedField(1, "sale_id", LongType()),
    NestedField(2, "note", StringType()),
    NestedField(3, "amount", DecimalType(38, 4)),
    NestedField(4, "sold_at", TimestamptzType()),
    NestedField(5, "local_at", TimestampType()),
    NestedField(6, "sold_date", DateType()),
    NestedField(7, "is_gift", BooleanType()),
    NestedField(8, "rate", DoubleType()),
    NestedField(9, "mark", BinaryType()),
    NestedField(10, "tags", ListType(12, StringType(), False)),
    NestedField(11, 'odd "name", so', StringType()),
)
SOLD_AT = datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)
FULL = {
    "sale_id": 1,
    "note": 'a "b", c\r\nd\ne',
    "amount": Decimal("1234567890123456789012345678901234.5600"),
    "sold_at": SOLD_AT,
    "local_at": SOLD_AT.replace(tzinfo=None),
    "sold_date": date(2026, 1, 2),
    "is_gift": True,
    "rate": 0.1,
    "mark": b"\x00\xff",
    "tags": ["x", "y,z"],
    'odd "name", so': "ä€",
}
EMPTY: dict[str, Any] = {**dict.fromkeys(FULL), "sale_id": 2, "note": ""}
NULLS: dict[str, Any] = {**dict.fromkeys(FULL), "sale_id": 3}


def make_home(folder: Path) -> LakeHome:
    """Make a lake with an empty gold namespace, and a manifest of the model `sales`."""
    made = LakeHome(folder)
    made.make_project()
    Lake(made.settings).catalog.create_namespace("gold")
    node = {"resource_type": "model", "schema": "gold", "name": "sales", "alias": "sales"}
    config = {"unique_key": "sale_id"}
    target = made.home / "target"
    target.mkdir()
    nodes = {"model.firn.sales": {**node, "config": config, "tags": ["shop"]}}
    (target / "manifest.json").write_text(json.dumps({"nodes": nodes}))
    return made


def make(home: LakeHome, *files: Sequence[dict[str, Any]], name: str = "sales") -> None:
    """Make a gold table of some data files, or add them to it."""
    table = Lake(home.settings).catalog.create_table_if_not_exists(("gold", name), SALES)
    for rows in files:
        table.append(pa.Table.from_pylist(list(rows), schema=SALES.as_arrow()))


def export(
    home: LakeHome, folder: Path, *names: str, kind: ExportFormat = ExportFormat.CSV
) -> list[Exported]:
    """Export to a folder."""
    return export_tables(home.settings, names, str(folder), ExportOptions(kind))
