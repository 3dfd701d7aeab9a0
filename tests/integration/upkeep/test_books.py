"""Row counts of silver: what was landed is current, superseded or quarantined, at any time."""

import re

import pytest

from lake.metadata import read_metadata
from lake.statistics import read_statistics
from lake.storage import LakeFiles
from operations.runtime.spark import Spark
from tests.integration.upkeep.upkeep_lake import RAW, REJECTED, SILVER, UpkeepLake
from tests.warm_dbt import DbtFailedError

pytestmark = [pytest.mark.spark, pytest.mark.postgres]


def _assert_books_hold(lake: UpkeepLake) -> tuple[int, int, int, int]:
    lake.build("test")
    landed, current, superseded, quarantined = lake.books()
    assert landed == current + superseded + quarantined
    return landed, current, superseded, quarantined


def test_rows_in_are_current_superseded_or_quarantined(lake: UpkeepLake) -> None:
    before = lake.books()
    lake.change("item_id = 1", amount="11")
    lake.change("item_id = 2", amount="0.5")
    lake.change("item_id = 211", amount="21")
    lake.take_in()
    after = _assert_books_hold(lake)
    assert [a - b for a, b in zip(after, before, strict=True)] == [3, 1, 1, 1]
    [kept] = [row for row in lake.rows(REJECTED) if row["row_key"] == '{"item_id":2}']
    assert kept["rule_name"] == "amount_is_at_least_one"
    assert kept["reason"] == "expected amount >= 1"
    assert kept["_load_id"] in {row["_load_id"] for row in lake.rows(RAW)}
    lake.change("item_id = 2", amount="10")


def test_rows_put_back_find_their_place_by_version(lake: UpkeepLake) -> None:
    """Fault replay-twice.

    An old version that comes back late does not win over a newer one in silver.
    """
    lake.add(301, 301, "late", amount="10")
    lake.add(303, 303, "late", amount="30")
    lake.take_in()
    lake.change("item_id = 301", amount="20", score="'NaN'")
    lake.change("item_id = 303", amount="31", score="'NaN'")
    lake.add(304, 304, "late")
    lake.source.ingest()
    lake.change("item_id = 301", amount="30", score="1")
    lake.take_in()
    amounts = {row["item_id"]: row["amount"] for row in lake.rows(SILVER)}
    assert (amounts[301], amounts[303]) == (30, 30)
    with lake.without_score():
        assert lake.source.replay().replayed == 2
        lake.build()
        assert lake.modes("silver/app__items") == {"incremental"}
        amounts = {row["item_id"]: row["amount"] for row in lake.rows(SILVER)}
        assert (amounts[301], amounts[303]) == (30, 31)
        versions = [row["amount"] for row in lake.rows(RAW) if row["item_id"] == 301]
        assert sorted(versions) == [10, 20, 30]
        _assert_books_hold(lake)
        lake.assert_right()
        assert lake.source.replay().replayed == 0


def test_a_rule_that_is_relaxed_lets_its_rows_in_by_itself(lake: UpkeepLake) -> None:
    """What silver's rules refuse is in raw; silver and quarantine are built anew by new rules."""
    lake.add(321, 321, "cheap", amount="0.5")
    lake.take_in()
    assert 321 not in {row["item_id"] for row in lake.rows(SILVER)}
    lake.edit("silver/app__items.yml", "amount >= 1", "amount >= 0.25")
    try:
        lake.build()
        assert lake.modes("silver/app__items") == {"rebuild"}
        assert 321 in {row["item_id"] for row in lake.rows(SILVER)}
        assert '{"item_id":321}' not in {row["row_key"] for row in lake.rows(REJECTED)}
        _assert_books_hold(lake)
    finally:
        lake.edit("silver/app__items.yml", "amount >= 0.25", "amount >= 1")
        lake.build()
    assert '{"item_id":321}' in {row["row_key"] for row in lake.rows(REJECTED)}
    lake.assert_right()


def test_a_row_that_is_nowhere_fails_the_books(lake: UpkeepLake, spark: Spark) -> None:
    """A current row lost, an older version kept, a rejection lost."""
    heads = {name: lake.table(name).current_snapshot() for name in (SILVER, REJECTED)}
    spark.sql(f"delete from {SILVER} where item_id = 5")
    spark.sql(
        f"update {SILVER} set updated_at = updated_at - interval 1 day where item_id in (6, 7)"
    )
    spark.sql(f"delete from {REJECTED} where row_key like '%212%'")
    metadata = read_metadata(LakeFiles(), lake.table(SILVER).metadata_location)
    statistics = read_statistics(LakeFiles(), metadata)
    assert any(file.deleted for file in statistics.files), "by deletion vectors"
    assert statistics.rows == len(lake.rows(SILVER))
    with pytest.raises(DbtFailedError) as failed:
        lake.build("test")
    # 5 is not here; of 6 and 7 the older versions are, and the newer ones are not
    assert re.search(r"accounts_for_every_row\S* fail: Got 5 results", str(failed.value))
    assert re.search(r"holds_what_was_rejected\S* fail: Got 1 result", str(failed.value))
    for name, head in heads.items():
        assert head is not None
        spark.sql(f"call lake.system.rollback_to_snapshot('{name}', {head.snapshot_id})")
    lake.build("test")
