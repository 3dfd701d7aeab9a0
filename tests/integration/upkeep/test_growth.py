"""Growth: what runs add to a table, with nothing new and with one changed row each."""

import pytest

from tests.integration.upkeep.upkeep_lake import (
    BEST,
    LABELS,
    LOADS,
    RAW,
    REJECTED,
    SILVER,
    TABLES,
    Size,
    UpkeepLake,
)

pytestmark = [pytest.mark.spark, pytest.mark.postgres]
RUNS = 10

# What one run with one changed row may add to a table; docs/maintenance.md says why.
BOUNDS = {
    RAW: Size(1, 1, manifests=1, data_files=1, delete_files=0, files_on_disk=4),
    LOADS: Size(1, 1, manifests=1, data_files=1, delete_files=0, files_on_disk=4),
    SILVER: Size(1, 1, manifests=2, data_files=1, delete_files=1, files_on_disk=7),
    LABELS: Size(1, 3, manifests=2, data_files=1, delete_files=1, files_on_disk=9),
    BEST: Size(1, 3, manifests=1, data_files=0, delete_files=0, files_on_disk=7),
    REJECTED: Size(1, 1, manifests=0, data_files=0, delete_files=0, files_on_disk=2),
}


@pytest.fixture(scope="module", autouse=True)
def _settled(lake: UpkeepLake) -> None:
    """Begin with everything landed and built."""
    lake.take_in()


def test_ten_runs_without_new_data_leave_every_file_as_it_is(lake: UpkeepLake) -> None:
    before = {name: lake.table(name).metadata_location for name in TABLES}
    sizes = lake.sizes()
    for _ in range(RUNS):
        lake.take_in()
    assert {name: lake.table(name).metadata_location for name in TABLES} == before
    assert lake.sizes() == sizes


def test_ten_runs_with_one_changed_row_stay_within_bounds(lake: UpkeepLake) -> None:
    before = lake.sizes()
    for number in range(1, RUNS + 1):
        lake.change(f"item_id = {100 + number}", amount=f"100 + {number}")
        lake.take_in()
    lake.assert_right()
    grown = {name: size.minus(before[name]) for name, size in lake.sizes().items()}
    assert set(grown) == set(BOUNDS)
    for name, size in grown.items():
        most = [RUNS * count for count in BOUNDS[name].counts]
        assert all(a <= b for a, b in zip(size.counts, most, strict=True)), (name, size)
    assert grown[RAW].snapshots == grown[LOADS].snapshots == RUNS
