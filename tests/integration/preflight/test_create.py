"""`firn create`: every table before any data, again without a trace, and nothing counts as read."""

from typing import Any

import pytest

from tests.integration.preflight.cars_lake import BUSIEST, GOLD, RAW, SILVER, CarsLake

pytestmark = pytest.mark.spark

OWNED = "silver.cars__owners"
MADE = {"raw_cars.owners", RAW, "quarantine.cars", SILVER, OWNED, GOLD, BUSIEST}


def test_created_again_nothing_changes(lake: CarsLake) -> None:
    assert {table.name for table in lake.create("all").made} == MADE
    assert not any(lake.verify().values())
    assert lake.rows(GOLD, "reported_date") == []
    before, snapshots = lake.files(), {name: lake.snapshots(name) for name in MADE}
    again = lake.create()
    assert again.made == ()
    assert {table.name for table in again.present} == MADE
    lake.dbt("build", "--empty")
    assert lake.files() == before
    assert {name: lake.snapshots(name) for name in MADE} == snapshots


def test_gold_alone_brings_what_it_is_made_from(lake: CarsLake) -> None:
    assert [table.name for table in lake.create(GOLD).made] == [RAW, SILVER, GOLD]
    lake.report((1, "a", 1))
    lake.build("--select", "+car_days")
    before = lake.files()
    lake.dbt("run", "--empty", "--select", "cars__reports", "car_days", "busiest_days")
    assert {name: lake.files()[name] for name in before} == before
    assert lake.days() == [(1, 1)]


def test_the_first_build_gives_what_it_would_have_given(lake: CarsLake) -> None:
    lake.fill()
    expected = _rows(lake)
    assert all(expected.values())
    lake.drop_all()
    lake.land()
    lake.create()
    assert not any(_rows(lake).values())
    lake.build()
    assert _rows(lake) == expected


def _rows(lake: CarsLake) -> dict[str, list[dict[str, Any]]]:
    """Return all rows of all models."""
    keys = {SILVER: "report_id", OWNED: "owner_id", GOLD: "reported_date", BUSIEST: "place"}
    return {name: lake.rows(name, key) for name, key in keys.items()}
