"""What a file may take is bounded, and told in quarantine.

Fault file-without-bounds.
"""

import time
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ingestion.formats.base import MOST_COLUMNS
from tests.integration.files.drop import Drop, table

ITEMS = table("items", {"id": "bigint", "v": "string"}, format="csv")
GOOD = "id,v\n1,a\n"
WIDE = 100_000


def kept_reason(drop: Drop) -> tuple[str, str]:
    """Return rule and reason of the one row in quarantine."""
    (kept,) = drop.quarantined()
    return kept["rule"], kept["reason"]


@pytest.mark.parametrize("name", ["column", "id"])
def test_a_header_of_100_000_columns_costs_that_file_within_a_second(drop: Drop, name: str) -> None:
    drop.declare(ITEMS)
    drop.put("items/a.csv", GOOD)
    drop.ingest()  # what is imported is not what is measured
    names = ["id", "v", *(name if name == "id" else f"{name}{n}" for n in range(WIDE - 2))]
    drop.put("items/b.csv", ",".join(names) + "\n")
    drop.put("items/c.csv", "id,v\n2,b\n")
    start = time.process_time()
    result = drop.ingest()
    assert time.process_time() - start < 1
    assert (result.rows_landed, result.rows_quarantined) == (1, 1)
    said = f"it has {WIDE:,} columns, at most {MOST_COLUMNS:,} are read"
    assert kept_reason(drop) == ("wrong_header", said)


def test_parquet_of_too_many_columns_costs_that_file(drop: Drop) -> None:
    drop.declare(table("items", {"id": "bigint"}, format="parquet"))
    file = Path(drop.put("items/a.parquet", b""))
    columns = {f"c{n}": pa.nulls(0, pa.int8()) for n in range(MOST_COLUMNS)}
    pq.write_table(pa.table({"id": pa.array([], pa.int64()), **columns}), file)
    drop.ingest()
    said = f"it has {MOST_COLUMNS + 1:,} columns, at most {MOST_COLUMNS:,} are read"
    assert kept_reason(drop) == ("wrong_header", said)
