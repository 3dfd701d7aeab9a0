"""Parquet files that become part of a table as they are, and those that do not."""

import hashlib
import io
import random
import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from lake.settings import Failpoint
from operations.runtime.spark import Spark
from tests.integration.files.drop import SOURCE, Drop, long_ago, table
from tests.integration.ingestion.fork import KILLED, ended

COLUMNS = {
    "id": "bigint",
    "no": "int",
    "noise": "binary",
    "price": "decimal(12,2)",
    "at": "timestamp",
}
ITEMS = table("items", COLUMNS, format="parquet", key=["id", "no"])
ROWS = 2_000
DEADLINE_SECONDS = 120
NAME = f"raw_{SOURCE}.items"
AT = datetime(2024, 1, 2, 3, 4, 5, 123456, tzinfo=UTC)


@cache
def noise() -> pa.Array:
    """Return 20 MB that no codec makes smaller: a file of it is large enough."""
    made = random.Random(1)  # noqa: S311 - no secret
    return pa.array([made.randbytes(10 * 1024) for _ in range(ROWS)], pa.binary())


def items(first: int = 0, **columns: pa.Array) -> pa.Table:
    """Return good rows, two of each id from `first` on, some columns replaced."""
    return pa.table(
        {
            "noise": noise(),
            "id": pa.array([first + n // 2 for n in range(ROWS)], pa.int64()),
            "no": pa.array([n % 2 for n in range(ROWS)], pa.int32()),
            "price": pa.array(range(ROWS), pa.decimal128(12, 2)),
            "at": pa.array([AT] * ROWS, pa.timestamp("us", "UTC")),
            **columns,
        }
    )


def written(rows: pa.Table, **options: Any) -> bytes:  # noqa: ANN401
    """Return rows as a Parquet file."""
    file = io.BytesIO()
    pq.write_table(rows, file, **options)
    return file.getvalue()


def copies(drop: Drop) -> list[Path]:
    """Return the data files of the table that are one of the dropped files, byte for byte."""
    dropped = {_hash(file) for file in drop.landing.rglob("*") if file.is_file()}
    return [Path(path) for path in drop.lake.files(NAME) if _hash(Path(path)) in dropped]


def _hash(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def landed(drop: Drop, *names: str) -> list[dict[str, Any]]:
    """Return the rows of the newest snapshot as pyiceberg reads them."""
    found = drop.lake.table(NAME)
    if found is None:
        return []
    rows: list[dict[str, Any]] = found.scan(selected_fields=names).to_arrow().to_pylist()
    return rows


def test_a_large_file_that_fits_is_not_rewritten(drop: Drop) -> None:
    drop.declare(ITEMS)
    file = drop.put("items/a.parquet", written(items()), at=long_ago())
    result = drop.ingest()
    assert (result.rows_read, result.rows_landed, result.rows_quarantined) == (ROWS, ROWS, 0)
    assert len(copies(drop)) == len(drop.lake.files(NAME)) == 1
    added = ("_file_name", "_file_hash", "_file_modified_at", "_is_deleted", "_file_row")
    rows = landed(drop, "id", "no", "price", "at", *added)
    assert {row["_file_name"] for row in rows} == {"items/a.parquet"}
    assert {row["_file_hash"] for row in rows} == {_hash(file)}
    assert {(row["_is_deleted"], row["_file_row"]) for row in rows} == {(False, None)}
    modified_at = rows[0]["_file_modified_at"]
    assert abs(modified_at.timestamp() - file.stat().st_mtime) < 0.001
    assert {(row["id"], row["no"], row["price"]) for row in rows} == {
        (n // 2, n % 2, n) for n in range(ROWS)
    }


def test_it_is_known_by_its_content_and_its_original_is_free(drop: Drop) -> None:
    drop.declare(ITEMS)
    file = drop.put("items/a.parquet", written(items()), at=long_ago())
    drop.ingest()
    again = shutil.copy(file, file.with_name("b.parquet"))
    assert drop.ingest().rows_read == 0
    Path(again).unlink()
    file.unlink()
    assert len(landed(drop, "id")) == ROWS


def test_small_files_and_large_ones_land_in_one_load(drop: Drop) -> None:
    drop.declare(ITEMS)
    drop.put("items/a.parquet", written(items()), at=long_ago())
    drop.put("items/b.parquet", written(items(ROWS).slice(0, 10)), at=long_ago())
    result = drop.ingest()
    assert result.rows_landed == ROWS + 10
    rows = landed(drop, "_file_name", "_file_row", "_load_id")
    assert len({row["_load_id"] for row in rows}) == 1
    numbers = [row["_file_row"] for row in rows if row["_file_name"] == "items/b.parquet"]
    assert sorted(numbers) == list(range(1, 11))
    assert drop.ingest().rows_read == 0


def test_a_full_refresh_takes_its_place(drop: Drop) -> None:
    drop.declare(ITEMS)
    drop.put("items/a.parquet", written(items()), at=long_ago())
    drop.ingest()
    drop.ingest(full_refresh=True)
    assert len(landed(drop, "id")) == ROWS


def test_the_table_can_be_widened_afterwards(drop: Drop) -> None:
    drop.declare(ITEMS)
    drop.put("items/a.parquet", written(items()), at=long_ago())
    drop.ingest()
    wider = {**COLUMNS, "no": "bigint", "more": "string"}
    drop.declare(table("items", wider, format="parquet", key=["id", "no"]))
    more = {"no": pa.array([0] * ROWS, pa.int64()), "more": pa.array(["x"] * ROWS)}
    ids = pa.array(range(ROWS, 2 * ROWS), pa.int64())
    drop.put("items/b.parquet", written(items(id=ids, **more)), at=long_ago())
    drop.ingest()
    assert len(copies(drop)) == 2
    rows = landed(drop, "id", "no", "more")
    assert [sum(row["more"] == value for row in rows) for value in (None, "x")] == [ROWS, ROWS]


def _twice(rows: pa.Table) -> pa.Table:
    ids = rows.column("id").to_pylist()
    ids[-2:] = ids[:2]
    return rows.set_column(rows.schema.get_field_index("id"), "id", pa.array(ids, pa.int64()))


UNFIT: dict[str, Callable[[], bytes]] = {
    "a type that has to be cast": lambda: written(items(no=pa.array([0, 1] * (ROWS // 2)))),
    "times without a zone": lambda: written(
        items(at=pa.array([AT.replace(tzinfo=None)] * ROWS, pa.timestamp("us")))
    ),
    "old times": lambda: written(items(), use_deprecated_int96_timestamps=True),
    "a column nobody declared": lambda: written(items(more=pa.array(["x"] * ROWS))),
    "an encoding not all know": lambda: written(
        items(), use_dictionary=False, column_encoding={"id": "DELTA_BINARY_PACKED"}
    ),
    "a codec not all know": lambda: written(items(), compression="BROTLI"),
    "field ids of another table": lambda: written(
        items().cast(
            pa.schema(
                [
                    field.with_metadata({"PARQUET:field_id": str(9 - number)})
                    for number, field in enumerate(items().schema)
                ]
            )
        )
    ),
    "a key twice": lambda: written(_twice(items())),
}


@pytest.mark.parametrize("made", UNFIT.values(), ids=UNFIT.keys())
def test_what_only_firn_can_read_rightly_is_rewritten(
    drop: Drop, made: Callable[[], bytes]
) -> None:
    drop.declare(ITEMS)
    drop.put("items/a.parquet", made(), at=long_ago())
    assert drop.ingest().rows_landed == ROWS
    assert copies(drop) == []
    assert {row["_file_row"] for row in drop.rows()} == set(range(1, ROWS + 1))


@pytest.mark.parametrize(
    "declared",
    [
        table("items", COLUMNS, format="parquet", key=["id", "no"], partition_by=["day(at)"]),
        table("items", {**COLUMNS, "noise": "binary drop"}, format="parquet", key=["id", "no"]),
        table("items", {**COLUMNS, "cost": "decimal(12,2)"}, format="parquet", key=["id", "no"]),
    ],
    ids=["partitions", "personal data", "a column it lacks"],
)
def test_what_is_declared_otherwise_is_rewritten(drop: Drop, declared: dict[str, Any]) -> None:
    drop.declare(declared)
    drop.put("items/a.parquet", written(items()), at=long_ago())
    drop.ingest()
    assert copies(drop) == []


def test_a_row_without_a_key_costs_that_row(drop: Drop) -> None:
    drop.declare(ITEMS)
    ids = pa.array([None, *[n // 2 for n in range(1, ROWS)]], pa.int64())
    drop.put("items/a.parquet", written(items(id=ids)), at=long_ago())
    result = drop.ingest()
    assert (result.rows_landed, result.rows_quarantined) == (ROWS - 1, 1)


def test_keys_need_not_be_in_order(drop: Drop) -> None:
    drop.declare(ITEMS)
    rows = items()
    backwards = rows.take(pa.array(range(ROWS - 1, -1, -1)))
    drop.put("items/a.parquet", written(backwards), at=long_ago())
    assert drop.ingest().rows_landed == ROWS
    assert len(copies(drop)) == 1


@pytest.mark.parametrize(
    "failpoint", [Failpoint.AFTER_COPY, Failpoint.BEFORE_COMMIT, Failpoint.AFTER_COMMIT]
)
def test_a_kill_leaves_all_of_it_or_nothing(drop: Drop, failpoint: Failpoint) -> None:
    drop.declare(ITEMS)
    drop.put("items/a.parquet", written(items()), at=long_ago())
    assert ended(drop.ingest_in_process(failpoint)) == KILLED
    before = ROWS if failpoint is Failpoint.AFTER_COMMIT else 0
    assert len(landed(drop, "id")) == before
    assert drop.ingest().rows_landed == ROWS - before
    assert len(landed(drop, "id")) == ROWS


def test_a_disk_without_room_is_named(drop: Drop) -> None:
    """Fault disk-full.

    What was copied so far is gone, and the same load goes on where there is room.
    """
    drop.declare(ITEMS)
    drop.put("items/a.parquet", written(items()), at=long_ago())
    process = drop.ingest_within(1024 * 1024)
    _, errors = process.communicate(timeout=DEADLINE_SECONDS)
    assert process.returncode == 2, errors
    assert f"{NAME}: its files cannot be written: File too large" in errors
    assert "Traceback" not in errors
    assert list((drop.home / "lake").rglob("*.parquet")) == []
    assert drop.ingest().rows_landed == ROWS


@pytest.mark.spark
def test_spark_reads_streams_and_compacts_it(drop: Drop, shared_classes: None) -> None:
    drop.declare(ITEMS)
    file = drop.put("items/a.parquet", written(items()), at=long_ago())
    first = drop.ingest()
    drop.put("items/b.parquet", written(items(ROWS)), at=long_ago())
    second = drop.ingest()
    named = "select _file_name as name, count(*) as rows_count, sum(price) as price from"
    both = {"items/a.parquet": ROWS, "items/b.parquet": ROWS}
    with Spark(drop.settings) as spark:
        found = spark.sql(f"{named} {NAME} where not _is_deleted group by all")
        assert {row["name"]: row["rows_count"] for row in found} == both
        (one,) = spark.sql(f"{named} {NAME} where _file_hash = '{_hash(file)}' group by all")
        assert one["name"] == "items/a.parquet"
        start, end = first.snapshot_id, second.snapshot_id
        added = f"with (`start-snapshot-id` = '{start}', `end-snapshot-id` = '{end}')"
        (new,) = spark.sql(f"{named} {NAME} {added} group by all")
        assert (new["name"], new["rows_count"]) == ("items/b.parquet", ROWS)
        spark.sql(
            f"call lake.system.rewrite_data_files(table => '{NAME}',"
            " options => map('rewrite-all', 'true'))"
        )
        found = spark.sql(f"{named} {NAME} where _load_id is not null group by all")
        assert {row["name"]: row["rows_count"] for row in found} == both
    assert drop.ingest().rows_read == 0
