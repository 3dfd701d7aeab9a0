"""Gold against its recomputation from the shop's database, after everything that can happen."""

import pytest

from tests.recomputation.compare import Rows, assert_same_rows
from tests.recomputation.lake import Lake
from tests.recomputation.readers import MART_KEYS

pytestmark = pytest.mark.spark


def test_every_mart_is_right_after_the_first_load(lake: Lake) -> None:
    lake.assert_marts_are_right()


def test_every_unit_test_passes(lake: Lake) -> None:
    assert "pass" in lake.run_unit_tests().statuses.values()


def test_every_item_has_its_part_of_the_discount(lake: Lake) -> None:
    parts = lake.recomputed("order_item_discount_parts")
    items = lake.gold("fct_order_items").in_order(["order_item_id", "order_discount_amount"])
    assert_same_rows(
        parts, Rows(parts.columns, items.values), ["order_item_id"], "gold.fct_order_items"
    )


def test_every_mart_is_right_after_a_week_with_deleted_rows(lake: Lake) -> None:
    before = lake.recomputed_digests()
    lake.advance(days=7)
    after = lake.recomputed_digests()
    assert all(after[name] != before[name] for name in MART_KEYS)
    lake.land(deletes=True)
    lake.build(tests=True)
    lake.assert_marts_are_right()
