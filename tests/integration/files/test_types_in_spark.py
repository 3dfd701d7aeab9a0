"""Arrays and times of both kinds as Spark, DuckDB and pyiceberg read them from one raw table."""

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from lake.lake import Lake
from tests.integration.files.drop import Drop, by, table
from tests.warm_dbt import WarmDbt

pytestmark = pytest.mark.spark

ROOT = Path(__file__).parents[3]
COLUMNS = {
    "id": "bigint",
    "tags": "array<string>",
    "prices": "array<decimal(12,2)>",
    "times": "array<timestamp>",
    "at": "timestamp",
    "local_at": "timestamp_ntz",
}
LINE = (
    '{"id": 1, "tags": ["a", null, ""], "prices": [1.10], "times": ["2024-01-02T05:04:05+02:00"],'
    ' "at": "2024-01-02T05:04:05.123456+02:00", "local_at": "2024-01-02T05:04:05.123456"}\n'
    '{"id": 2, "tags": []}\n'
)
MODEL = """
{{ config(materialized='table', schema='gold') }}
select
    id, tags, prices, times, at, local_at,
    typeof(tags) as tags_type, typeof(prices) as prices_type, typeof(local_at) as local_type,
    cast(at as string) as at_text, cast(local_at as string) as local_text,
    size(tags) as tags_count, get(tags, 0) as first_tag,
    to_json(struct(local_at), map('timestampNTZFormat', "yyyy-MM-dd'T'HH:mm:ss.SSSSSS")) as as_json
from {{ source('drop', 'items') }}
"""
AT = datetime(2024, 1, 2, 3, 4, 5, 123456, UTC)


def test_arrays_and_times_are_read_by_every_engine(drop: Drop, warm_dbt: WarmDbt) -> None:
    drop.declare(table("items", COLUMNS, partition_by=["day(local_at)"]))
    drop.put("items/a.jsonl", LINE)
    assert drop.ingest().rows_landed == 2
    _build(drop, warm_dbt)
    lake = Lake(drop.settings)
    raw, made = lake.table(("raw_drop", "items")), lake.table(("gold", "seen"))
    assert raw is not None
    assert made is not None
    seen = by("id", made.scan().to_arrow().to_pylist())
    expected = {
        "tags": ["a", None, ""],
        "prices": [Decimal("1.10")],
        "times": [AT.replace(microsecond=0)],
        "at": AT,
        "local_at": datetime(2024, 1, 2, 5, 4, 5, 123456),
    }
    assert {name: seen[1][name] for name in expected} == expected
    assert (seen[1]["tags_type"], seen[1]["prices_type"], seen[1]["local_type"]) == (
        "array<string>",
        "array<decimal(12,2)>",
        "timestamp_ntz",
    )
    assert seen[1]["at_text"] == "2024-01-02 03:04:05.123456"
    assert seen[1]["local_text"] == "2024-01-02 05:04:05.123456"
    assert seen[1]["as_json"] == '{"local_at":"2024-01-02T05:04:05.123456"}'
    assert (seen[1]["tags_count"], seen[1]["first_tag"]) == (3, "a")
    assert [seen[2][name] for name in ("tags", "prices", "local_at")] == [[], None, None]
    [by_pyiceberg] = raw.scan("id = 1").to_arrow().to_pylist()
    assert {name: by_pyiceberg[name] for name in expected} == expected
    by_duckdb = by("id", drop.rows())[1]
    assert {name: by_duckdb[name] for name in expected} == expected
    assert raw.scan("local_at >= '2024-01-02T00:00:00'").to_arrow().num_rows == 1


def _build(drop: Drop, warm_dbt: WarmDbt) -> None:
    """Build one model over the raw table; pre-flight compares both before it runs."""
    (drop.folder / "macros").symlink_to(ROOT / "macros")
    model = drop.folder / "models" / "seen.sql"
    model.write_text(MODEL)
    environment = {
        **drop.settings.environment(),
        "FIRN_HOME": str(drop.home),
        "PWD": str(drop.folder),
        "DBT_PROFILES_DIR": str(drop.folder / "profiles"),
        "DBT_LOG_PATH": str(drop.home / "logs"),
    }
    warm_dbt.run(["run", "--select", "seen"], environment)
