"""The checksum: a table that lost a row, a cent or its exactness does not count."""

import datetime as dt
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pytest
from pyiceberg.catalog.sql import SqlCatalog

from benchmarks.contest import Landed
from benchmarks.verify import checksum_of_iceberg, differences

EXACT = pa.decimal128(15, 2)


def _rows(count: int = 3, price: object = Decimal("1.10"), kind: pa.DataType = EXACT) -> pa.Table:
    return pa.table(
        {
            "l_orderkey": pa.array(range(count), pa.int64()),
            "l_linenumber": pa.array([1] * count, pa.int32()),
            "l_quantity": pa.array([Decimal("2.00")] * count, EXACT),
            "l_extendedprice": pa.array([price] * count, kind),
            "l_shipdate": pa.array([dt.date(1995, 1, 1)] * count),
            "l_comment": ["é\n"] * count,
            "l_updated_at": pa.array(
                [dt.datetime(1995, 1, 1, tzinfo=dt.UTC)] * count, pa.timestamp("us", "UTC")
            ),
        }
    )


def _land(folder: Path, rows: pa.Table) -> Landed:
    folder.mkdir()
    catalog = SqlCatalog("lake", uri=f"sqlite:///{folder}/catalog.db", warehouse=f"file://{folder}")
    catalog.create_namespace("raw_tpch")
    catalog.create_table(("raw_tpch", "lineitem"), rows.schema).append(rows)
    return Landed("lake", folder / "catalog.db", ("raw_tpch", "lineitem"))


@pytest.mark.parametrize(
    ("landed", "complaint"),
    [
        (_rows(), ""),
        (_rows(count=2), "rows_count: 2 landed, 3 in the source"),
        (_rows(price=Decimal("1.11")), "prices_sum: Decimal('3.33') landed"),
        (_rows(price=1.1, kind=pa.float64()), "prices_sum: 3.3"),
    ],
    ids=["equal", "a row less", "a cent more", "no decimals"],
)
def test_a_wrong_table_is_told_from_a_right_one(
    tmp_path: Path, landed: pa.Table, complaint: str
) -> None:
    expected = checksum_of_iceberg(_land(tmp_path / "expected", _rows()))
    found = differences(expected, _land(tmp_path / "landed", landed))
    assert complaint in found
    assert bool(complaint) == bool(found)
