"""Every model of gold, over random silver: refreshed as it derives = its SQL run in full."""

import os
from pathlib import Path

import pytest

from tests.integration.derived.random_lake import LOSERS, RandomLake
from tests.warm_dbt import WarmDbt

PROJECT = Path(__file__).parents[3]
MORE_ROUNDS = int(os.environ.get("FIRN_FUZZ_ROUNDS", "0"))  # noqa: TID251
DERIVED = 20  # marts of which a change reached some rows, at least
SEED = int(os.environ.get("FIRN_FUZZ_SEED", "16"))  # noqa: TID251

pytestmark = pytest.mark.spark


def test_gold_equals_its_sql_after_changes_of_any_kind(tmp_path: Path, warm_dbt: WarmDbt) -> None:
    """Inserts, updates, deletes, other keys, late rows; then rollback and expiry as well."""
    lake = RandomLake(tmp_path / "home", PROJECT, warm_dbt, SEED)
    lake.create()
    lake.refresh()
    done = lake.change_rows()
    empty = set(lake.empty())
    with lake.read_meanwhile() as missing:
        lake.refresh("incremental")
    assert set(missing) <= empty | set(lake.empty())
    assert list(lake.differing()) == [], (SEED, done)
    derived = {row["model_name"] for row in lake.refreshes() if row["mode"] == "incremental"}
    assert len(derived) >= DERIVED, sorted(derived)
    lake.undo_and_forget()
    lake.refresh("incremental", LOSERS)
    assert list(lake.differing(LOSERS)) == [], SEED
    for number in range(MORE_ROUNDS):
        done = lake.change_anything()
        lake.refresh("incremental")
        assert list(lake.differing()) == [], (SEED, number, done)
