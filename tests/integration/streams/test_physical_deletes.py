"""Rows that are gone from an upstream, not marked deleted: the groups they were in hear of it."""

import pytest

from tests.integration.streams.till_lake import Sale, TillLake

pytestmark = pytest.mark.spark

SILVER, AMOUNTS, SIZES = "silver.till__sales", "gold.amounts", "gold.sale_sizes"
BUILT = ("--select", "till__sales", "daily_sales", "tag:aliased")


@pytest.fixture(autouse=True)
def _three_sales(lake: TillLake) -> None:
    lake.create_raw()
    lake.land(Sale(1, day=1, amount=10), Sale(2, day=1, amount=20), Sale(3, day=2, amount=30))
    lake.build(*BUILT)


def _sizes(lake: TillLake) -> dict[bool, int]:
    return {row["is_large"]: row["sales_count"] for row in lake.rows(SIZES, "is_large")}


def test_a_row_deleted_by_merge_on_read_leaves_its_group(lake: TillLake) -> None:
    lake.sql(f"delete from {SILVER} where sale_id = 2")
    lake.build("--select", "daily_sales")
    assert lake.daily() == [(1, 10, 1), (2, 30, 1)]


def test_a_file_that_is_deleted_whole_leaves_its_groups(lake: TillLake) -> None:
    lake.sql(f"delete from {SILVER} where sale_id > 0")
    lake.build("--select", "daily_sales")
    assert lake.daily() == []


def test_a_table_that_is_overwritten_is_compared_row_by_row(lake: TillLake) -> None:
    lake.sql(f"insert overwrite {SILVER} select * from {SILVER} where sale_id <> 3")
    lake.build("--select", "daily_sales")
    assert lake.daily() == [(1, 30, 2)]


def test_rows_deleted_before_a_compaction_are_found_after_it(lake: TillLake) -> None:
    lake.sql(f"delete from {SILVER} where sale_id = 2")
    lake.compact(SILVER)
    lake.build("--select", "daily_sales")
    assert lake.daily() == [(1, 10, 1), (2, 30, 1)]


def test_rows_that_recompute_deletes_are_seen_by_the_next_model(lake: TillLake) -> None:
    """`gold.amounts` loses the row of an amount that nothing is sold for any more."""
    assert _sizes(lake) == {False: 1, True: 2}
    lake.land(Sale(1, day=1, amount=30, version=2))
    lake.build(*BUILT)
    assert [row["amount"] for row in lake.rows(AMOUNTS, "amount")] == [20, 30]
    assert _sizes(lake) == {True: 3}


def test_a_row_of_which_the_key_is_null_leaves_its_group(lake: TillLake) -> None:
    lake.sql(f"update {SILVER} set sale_id = null where sale_id = 3")
    lake.build("--select", "daily_sales")
    lake.sql(f"update {SILVER} set sold_date = date '2025-07-05' where sale_id is null")
    lake.build("--select", "daily_sales")
    assert lake.daily() == [(1, 30, 2), (5, 30, 1)]
