"""Streams: what a model reads, and where its position stands."""

import pytest

from tests.integration.streams.till_lake import OTHERS_LEFT_OUT, Sale, TillLake
from tests.warm_dbt import DbtFailedError

pytestmark = pytest.mark.spark

SILVER, GOLD, BEST, RAW = (
    "silver.till__sales",
    "gold.daily_sales",
    "gold.best_days",
    "raw_till.sales",
)
MODELS = (SILVER, GOLD, BEST)


@pytest.fixture(autouse=True)
def _three_sales(lake: TillLake) -> None:
    lake.create_raw()
    lake.land(Sale(1, day=1, amount=10), Sale(2, day=1, amount=20), Sale(3, day=2, amount=30))
    lake.build()
    assert lake.daily() == [(1, 30, 2), (2, 30, 1)]


def test_the_position_stands_in_the_commit_that_consumed(lake: TillLake) -> None:
    first = lake.position(SILVER, RAW)
    assert first == f"{lake.snapshots(RAW)[-1]}:1"
    lake.land(Sale(4, day=2, amount=1))
    lake.build()
    assert lake.position(SILVER, RAW) == f"{lake.snapshots(RAW)[-1]}:2"
    assert lake.position(GOLD, SILVER) == f"{lake.snapshots(SILVER)[-1]}:2"
    assert lake.position(GOLD, RAW) is None


def test_a_run_with_nothing_new_commits_nothing(lake: TillLake) -> None:
    before = {model: lake.snapshots(model) for model in MODELS}
    lake.build()
    assert {model: lake.snapshots(model) for model in MODELS} == before


def test_the_newest_version_wins_whenever_it_arrives(lake: TillLake) -> None:
    lake.land(Sale(1, day=1, amount=11, version=5))
    lake.build()
    lake.land(Sale(1, day=1, amount=99, version=3))
    lake.build()
    assert lake.daily() == [(1, 31, 2), (2, 30, 1)]


def test_rows_that_are_added_are_summed_with_those_there_before(lake: TillLake) -> None:
    """Of silver, added rows and all rows are read in one query; Spark must not mix them up."""
    lake.land(Sale(4, day=2, amount=5), Sale(5, day=3, amount=7))
    lake.build()
    assert lake.daily() == [(1, 30, 2), (2, 35, 2), (3, 7, 1)]


def test_a_row_that_moves_touches_the_group_it_left(lake: TillLake) -> None:
    lake.land(Sale(1, day=3, amount=10, version=2))
    lake.build()
    assert lake.daily() == [(1, 20, 1), (2, 30, 1), (3, 10, 1)]


def test_a_group_that_loses_its_last_row_goes(lake: TillLake) -> None:
    lake.land(Sale(3, day=2, amount=30, is_deleted=True))
    lake.build()
    assert lake.daily() == [(1, 30, 2)]
    assert [row["sold_date"].day for row in lake.rows(BEST, "place")] == [1]


def test_groups_that_stay_the_same_are_not_written_again(lake: TillLake) -> None:
    lake.land(Sale(4, day=2, amount=5))
    lake.build()
    summary = lake.catalog.load_table(GOLD).current_snapshot().summary.additional_properties  # type: ignore[union-attr]
    assert summary["added-records"] == "1"


def test_an_expired_position_is_answered_by_a_full_read(lake: TillLake) -> None:
    lake.land(Sale(4, day=2, amount=5))
    consumed, head = lake.snapshots(RAW)
    table = lake.catalog.load_table(RAW)
    table.maintenance.expire_snapshots().by_id(consumed).commit()
    lake.build()
    assert lake.daily() == [(1, 30, 2), (2, 35, 2)]
    assert lake.position(SILVER, RAW) == f"{head}:2"
    assert lake.reasons()[0].endswith(f"{RAW}: the snapshot read last is expired")


def test_rows_deleted_from_raw_stay_with_their_readers(lake: TillLake) -> None:
    """What is deleted from raw was consumed: it is no data, and no reason to read what is left."""
    lake.land(Sale(1, day=1, amount=7, version=9), replace=True)  # a delete, and an append
    lake.land(Sale(5, day=5, amount=50))
    lake.build()
    assert lake.daily() == [(1, 27, 2), (2, 30, 1), (5, 50, 1)]
    assert lake.reasons() == []


def test_a_raw_table_that_was_overwritten_is_read_in_full(lake: TillLake) -> None:
    lake.land(Sale(5, day=5, amount=50))
    lake.sql(f"insert overwrite {RAW} select * from {RAW} where sale_id <> 1")
    lake.build()
    assert lake.daily() == [(1, 30, 2), (2, 30, 1), (5, 50, 1)]
    [reason] = lake.reasons()
    assert reason.endswith("rows of it were replaced, and it does not say which")


def test_a_load_that_is_rolled_back_is_not_in_silver_any_more(lake: TillLake) -> None:
    """Fault upstream-undone."""
    good = lake.snapshots(RAW)[-1]
    lake.land(Sale(1, day=3, amount=99, version=9), Sale(9, day=9, amount=9))
    lake.build()
    assert lake.daily() == [(1, 20, 1), (2, 30, 1), (3, 99, 1), (9, 9, 1)]
    lake.sql(f"call lake.system.rollback_to_snapshot('{RAW}', {good})")
    lake.land(Sale(4, day=2, amount=1))
    lake.build()
    assert lake.daily() == [(1, 30, 2), (2, 31, 2)]
    assert "rolled back or replaced" in lake.reasons()[0]


def test_a_source_that_was_replaced_is_what_silver_is_made_from(lake: TillLake) -> None:
    """Fault upstream-undone."""
    lake.replace(RAW, "sale_id = 2")
    lake.build()
    assert lake.daily() == [(1, 20, 1)]
    assert "rolled back or replaced" in lake.reasons()[0]


def test_a_full_refresh_gives_the_same_and_keeps_the_history(lake: TillLake) -> None:
    lake.land(Sale(1, day=3, amount=10, version=2), Sale(3, day=2, amount=30, is_deleted=True))
    lake.build()
    expected, before = lake.daily(), lake.snapshots(GOLD)
    lake.build("--full-refresh", *OTHERS_LEFT_OUT)
    assert lake.daily() == expected
    assert lake.snapshots(GOLD)[: len(before)] == before
    assert len(lake.snapshots(GOLD)) == len(before) + 1
    lake.land(Sale(6, day=3, amount=1))
    lake.build()
    assert lake.daily() == [(1, 20, 1), (3, 11, 2)]


def test_a_failed_model_is_read_again_from_where_it_was(lake: TillLake) -> None:
    lake.build("--select", "till__sales_unguarded")
    position = lake.position("silver.till__sales_unguarded", RAW)
    lake.land(Sale(8, day=1, amount=1), Sale(8, day=1, amount=2, version=2))
    with pytest.raises(DbtFailedError, match=r'several rows for one key: \{"sale_id":8\}'):
        lake.build("--select", "till__sales_unguarded")
    assert lake.position("silver.till__sales_unguarded", RAW) == position


def test_a_position_that_a_failure_left_behind_is_in_no_later_commit(lake: TillLake) -> None:
    unguarded = "silver.till__sales_unguarded"
    lake.build("--select", "till__sales_unguarded")
    lake.land(Sale(8, day=1, amount=1), Sale(8, day=1, amount=2, version=2))
    with pytest.raises(DbtFailedError, match="several rows for one key"):
        lake.build("--select", "till__sales_unguarded")
    position = lake.offset(unguarded, RAW)
    lake.compact(unguarded)  # in the session of the run that failed
    assert lake.offset(unguarded, RAW) == position
    lake.build("--select", "till__sales")
    assert lake.position(SILVER, RAW) == f"{lake.snapshots(RAW)[-1]}:2"
    assert list(lake.positions(SILVER)) == [SILVER]
    assert list(lake.positions(unguarded)) == []


def test_groups_that_a_failed_run_found_are_found_anew(lake: TillLake) -> None:
    lake.land(Sale(8, day=1, amount=2**31 - 1))
    with pytest.raises(DbtFailedError, match="daily_sales error"):
        lake.build()
    lake.land(Sale(8, day=4, amount=5, version=2), Sale(9, day=2, amount=1))
    lake.build()
    assert lake.daily() == [(1, 30, 2), (2, 31, 2), (4, 5, 1)]


def test_an_edited_gold_model_is_built_anew(lake: TillLake) -> None:
    before = lake.snapshots(BEST)
    lake.edit("gold/best_days.sql", "amount desc", "amount asc")
    try:
        lake.build()
        assert len(lake.snapshots(BEST)) == len(before) + 1
        lake.build()
        assert len(lake.snapshots(BEST)) == len(before) + 1
    finally:
        lake.edit("gold/best_days.sql", "amount asc", "amount desc")


def test_models_that_are_built_at_once_keep_their_own_positions(lake: TillLake) -> None:
    """All threads share a session, so a commit may carry the positions of other models, too."""
    lake.land(Sale(4, day=2, amount=5))
    lake.build("--select", "till__sales")
    models = {GOLD: "daily_sales", "gold.amounts": "sold_amounts"}
    lake.build("--select", *models.values(), "till__sales_unguarded", "--threads", "4")
    for model in models:
        assert lake.offset(model, SILVER) == f"{lake.snapshots(SILVER)[-1]}:2"
    unguarded = "silver.till__sales_unguarded"
    assert lake.offset(unguarded, RAW) == f"{lake.snapshots(RAW)[-1]}:2"


def test_changes_of_a_model_with_an_alias_are_found_by_its_name(lake: TillLake) -> None:
    amounts, sizes = "gold.amounts", "gold.sale_sizes"
    lake.build("--select", "tag:aliased")
    assert _sales_by_size(lake) == {False: 1, True: 2}
    lake.land(Sale(4, day=2, amount=10), Sale(5, day=2, amount=30))
    lake.build("--select", "till__sales", "tag:aliased")
    assert _sales_by_size(lake) == {False: 2, True: 3}
    assert lake.position(amounts, SILVER) == f"{lake.snapshots(SILVER)[-1]}:2"
    assert lake.position(sizes, amounts) == f"{lake.snapshots(amounts)[-1]}:2"


def _sales_by_size(lake: TillLake) -> dict[bool, int]:
    return {row["is_large"]: row["sales_count"] for row in lake.rows("gold.sale_sizes", "is_large")}


def test_docs_are_made_while_a_model_is_not_built_yet(lake: TillLake) -> None:
    lake.catalog.drop_table(SILVER)
    lake.dbt("docs", "generate", *OTHERS_LEFT_OUT)
