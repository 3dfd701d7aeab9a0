"""The default bakery's gold against its recomputation from the files."""

from random import Random

import pytest

from tests.recomputation.bakery.features import COLUMNS, FEATURE_KEY, LABEL, features_known_before
from tests.recomputation.bakery.lake import BakeryLake
from tests.recomputation.compare import Rows, assert_same_rows

pytestmark = pytest.mark.spark

FEATURES = [column for column in COLUMNS if column != LABEL]
SAMPLES = 60


def test_every_mart_is_right_after_the_first_load(bakery_lake: BakeryLake) -> None:
    bakery_lake.assert_marts_are_right()


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
