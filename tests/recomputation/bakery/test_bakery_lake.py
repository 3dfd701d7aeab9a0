"""The bakery's gold against its recomputation from the files, after everything that can happen."""

from datetime import timedelta
from random import Random

import pytest

from tests.recomputation.bakery.features import COLUMNS, FEATURE_KEY, LABEL, features_known_before
from tests.recomputation.bakery.lake import BakeryLake
from tests.recomputation.bakery.late import as_text, feedback_row, resend, sale_row
from tests.recomputation.bakery.marts import MARTS
from tests.recomputation.compare import Rows, assert_same_rows

pytestmark = pytest.mark.spark

FEATURES = [column for column in COLUMNS if column != LABEL]
SAMPLES = 60
SMALL_LOADS = 10


def test_every_mart_is_right_after_the_first_load(bakery_lake: BakeryLake) -> None:
    bakery_lake.assert_marts_are_right()


def test_two_engines_read_the_same_rows(bakery_lake: BakeryLake) -> None:
    bakery_lake.assert_engines_agree()


def test_every_update_knows_what_lay_there_after_it(bakery_lake: BakeryLake) -> None:
    bakery_lake.assert_levels_are_right()


def test_features_are_what_was_known_the_evening_before(bakery_lake: BakeryLake) -> None:
    """Computed again for sampled rows from the files cut off before each row's day."""
    mart = bakery_lake.gold("ml_features")
    sampled = Random(7).sample(mart.in_order(FEATURE_KEY).values, SAMPLES)  # noqa: S311
    known = features_known_before(bakery_lake.read(), sampled)
    listed = set(sampled)
    found = [row for row in mart.in_order(FEATURES).values if row[:3] in listed]
    assert len(found) == SAMPLES
    assert_same_rows(known, Rows(tuple(FEATURES), found), FEATURE_KEY, "gold.ml_features")


def test_every_unit_test_passes(bakery_lake: BakeryLake) -> None:
    assert "pass" in bakery_lake.run_unit_tests().statuses.values()


def test_a_feature_knows_nothing_of_its_own_day_or_later(bakery_lake: BakeryLake) -> None:
    """Sales and comments of a day and all later ones change; its features and older ones do not."""
    lake = bakery_lake
    files = lake.read()
    sale = sorted(files.sales, key=lambda sale: (sale.at, sale.key))[len(files.sales) * 2 // 3]
    rating = files.ratings[0]
    before = lake.gold("ml_features").by_key(FEATURE_KEY)
    last = max(known.day for known in files.sales if known.store == sale.store)
    times = [as_text(sale.at + timedelta(days=n)) for n in range((last - sale.day).days + 1)]
    lake.drop(
        "sales_events",
        "8-future.jsonl",
        [
            sale_row(sale, event_id=f"future-{n}", sold_at=text, quantity=999, unit_price=77)
            for n, text in enumerate(times)
        ],
    )
    lake.drop(
        "customer_feedback",
        "8-future.jsonl",
        [
            feedback_row(rating, feedback_id=f"future-{n}", comment="Awful!", submitted_at=text)
            | {"store_id": sale.store, "product_id": sale.product}
            for n, text in enumerate(times)
        ],
    )
    lake.land()
    lake.build()
    lake.assert_marts_are_right()
    after = lake.gold("ml_features").by_key(FEATURE_KEY)
    label = COLUMNS.index(LABEL)

    def features(row: tuple[object, ...]) -> tuple[object, ...]:
        return (*row[:label], *row[label + 1 :])

    key_of_day = (sale.store, sale.product, sale.day)
    assert after[key_of_day][label] != before[key_of_day][label], "the day itself did not change"
    changed = {key for key, row in before.items() if features(after[key]) != features(row)}
    assert changed
    assert all(key[:2] == key_of_day[:2] and str(key[2]) > str(sale.day) for key in changed)


def test_every_mart_follows_what_is_late_and_what_comes_again(bakery_lake: BakeryLake) -> None:
    lake = bakery_lake
    before = {name: set(lake.gold(name).values) for name in MARTS}
    resend(lake.read(), lake.drop)
    lake.land()
    lake.build()
    assert all(set(lake.gold(name).values) != before[name] for name in MARTS)
    lake.assert_marts_are_right()
    lake.assert_levels_are_right()


def test_ten_small_loads_equal_one_full_rebuild(bakery_lake: BakeryLake) -> None:
    lake = bakery_lake
    while lake.builds < SMALL_LOADS + 1:  # the first was no small one
        lake.advance(days=1)
        lake.land()
        lake.build()
    lake.assert_marts_are_right()
    lake.assert_levels_are_right()
    assert len(lake.models()) == len(MARTS) + 5
    lake.assert_rebuild_gives_the_same()


def test_a_run_with_nothing_new_changes_no_snapshot(bakery_lake: BakeryLake) -> None:
    before = bakery_lake.snapshots()
    assert None not in before.values()
    bakery_lake.land()
    bakery_lake.build()
    assert bakery_lake.snapshots() == before
