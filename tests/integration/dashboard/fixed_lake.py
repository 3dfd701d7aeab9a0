"""A small lake without Spark: rows + declared columns -> tables that pyiceberg writes."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path

import pyarrow as pa
import yaml
from pyiceberg.io.pyarrow import schema_to_pyarrow
from pyiceberg.schema import Schema
from pyiceberg.types import NestedField

from ingestion.loading import load_history
from ingestion.quarantine import store
from ingestion.raw_tables.progress import Progress
from lake.lake import Lake, identifier_of
from lake.namespaces import ensure_namespace
from lake.settings import Settings
from lake.types import DataType
from operations.refresh import history
from operations.refresh.tasks import lags
from tests.integration.dashboard.lake_rows import LANDED, TABLES, Row
from tests.integration.ingestion.home import ROOT

TEST_RESULTS = {
    "invocation_id": "string",
    "test_name": "string",
    "model_name": "string",
    "status": "string",
    "severity": "string",
    "failures_count": "bigint",
    "seconds": "double",
    "executed_at": "timestamp",
}
PUBLICATIONS = {
    "publication_id": "bigint",
    "published_at": "timestamp",
    **dict.fromkeys(("kind", "invocation_id", "git_commit", "target"), "string"),
    **dict.fromkeys(("areas", "tables", "tests", "sources"), "string"),
}
SYSTEM_TABLES = {
    "ops.loads": load_history.COLUMNS,
    "ops.refreshes": history.COLUMNS,
    "ops.lags": lags.COLUMNS,
    "ops.test_results": TEST_RESULTS,
    "ops.publications": PUBLICATIONS,
}


def write_lake(home: Path) -> Settings:
    """Write all tables below a FIRN_HOME and return the settings that find them."""
    settings = Settings(project_dir=ROOT, home=home)
    (home / "warehouse").mkdir(parents=True, exist_ok=True)
    lake = Lake(settings)
    for table, rows in TABLES.items():
        write_table(lake, table, rows)
    for table, moment in LANDED.items():
        progress = Progress(load_id="l1", record=_record(moment.isoformat()))
        write_table(lake, table, [], {"id": "bigint"}, progress.as_property())
    return settings


def write_table(
    lake: Lake,
    table: str,
    rows: list[Row],
    columns: Mapping[str, str] | None = None,
    properties: Mapping[str, str] | None = None,
) -> None:
    """Make a table with its declared columns, and add rows in one commit."""
    identifier = identifier_of(table)
    kinds = columns or columns_of(table)
    schema = Schema(
        *(
            NestedField(number, name, DataType.parse(kind).iceberg(), required=False)
            for number, (name, kind) in enumerate(kinds.items(), start=1)
        )
    )
    ensure_namespace(lake.catalog, identifier[0])
    made = lake.catalog.create_table(identifier, schema, properties=dict(properties or {}))
    if rows:
        made.append(_arrow(rows, schema))


def columns_of(table: str) -> Mapping[str, str]:
    """Return names and types of a table's columns, as its model, seed or code declares them."""
    namespace, name = identifier_of(table)
    if namespace == "ops":
        return SYSTEM_TABLES[table]
    if namespace == "quarantine" and not name.endswith("__rejected"):
        return store.COLUMNS
    return _declared()[name]


@cache
def _declared() -> Mapping[str, Mapping[str, str]]:
    files = [*(ROOT / "models").rglob("*.yml"), *(ROOT / "seeds").glob("*.yml")]
    documents = [yaml.safe_load(file.read_text(encoding="utf-8")) or {} for file in files]
    nodes = [
        node for kind in ("models", "seeds") for one in documents for node in one.get(kind, [])
    ]
    return {n["name"]: {c["name"]: c["data_type"] for c in n["columns"]} for n in nodes}


def _arrow(rows: list[Row], schema: Schema) -> pa.Table:
    shape = schema_to_pyarrow(schema, include_field_ids=False)
    unknown = {name for row in rows for name in row} - set(shape.names)
    assert not unknown, f"columns that no model declares: {unknown}"
    texts = {field.name for field in shape if pa.types.is_decimal(field.type)}
    return pa.table(
        {field.name: _column(rows, field, field.name in texts) for field in shape}, schema=shape
    )


def _column(rows: list[Row], field: pa.Field, is_amount: bool) -> pa.Array:
    values = [row.get(field.name) for row in rows]
    if not is_amount:
        return pa.array(values, field.type)
    return pa.array([None if v is None else str(v) for v in values]).cast(field.type)


def _record(finished_at: str) -> Row:
    counts = ("rows_read_count", "rows_landed_count", "rows_quarantined_count")
    return {"finished_at": finished_at, "rows_deleted_count": 0, **dict.fromkeys(counts, 1)}
