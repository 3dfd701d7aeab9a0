"""The cars' tables against their recomputation, however their files arrive."""

import json
import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import pytest

from sandbox.telemetry import CarReport, fill, report
from tests.recomputation.telemetry.cars_lake import CarsLake
from tests.recomputation.telemetry.from_files import recompute
from tests.warm_dbt import WarmDbt

pytestmark = pytest.mark.spark

CARS, DAYS = 5, 6
LOADS = 5
SEEDS = (1, 2)
AT = datetime(2025, 6, 3, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Return the files of a small fleet, and of a car on which every tie and gap is found."""
    folder = tmp_path_factory.mktemp("fleet")
    fill(folder, CARS, DAYS)
    _odd_reports(folder)
    return sorted(folder.glob("*.json"))


def _odd_reports(folder: Path) -> None:
    car = CarReport("ODD", "Opel", "Astra", 2019, 100.0, 20.0, 90.0, 40.0, AT, AT)
    later = AT + timedelta(days=1)
    ties = [
        ("odd_1.json", car, 1_000),
        ("odd_2.json", replace(car, mileage_km=101.0), 2_000),  # the same moment, a later file
        ("odd_3.json", replace(car, mileage_km=102.0), 2_000),  # a file of the same time, too
        ("odd_4.json", replace(car, mileage_km=110.0005, event_at=later, measured_at=later), 500),
        (
            "odd_5.json",
            replace(car, mileage_km=-1.0, measured_at=later),
            3_000,
        ),  # sets no one aside
        ("odd_6.json", replace(car, event_at=AT + timedelta(microseconds=500_000)), 100),
    ]
    for name, told, written in ties:
        os.utime(report(folder, told, name), (written, written))
    gap = replace(car, event_at=later + timedelta(hours=2), measured_at=later + timedelta(hours=2))
    document = gap.document()
    document["metrics"] = {"engineTempCelsius": 110, "oilPressurePsi": 80.0004}
    file = folder / "odd_7.json"
    file.write_text(json.dumps(document), encoding="utf-8")
    os.utime(file, (4_000, 4_000))


@pytest.fixture(scope="module")
def at_once(
    reports: list[Path], tmp_path_factory: pytest.TempPathFactory, warm_dbt: WarmDbt
) -> CarsLake:
    """Land and build all files in one load."""
    lake = CarsLake(tmp_path_factory.mktemp("at_once"), warm_dbt)
    lake.drop(reports)
    lake.land()
    lake.build()
    return lake


@pytest.fixture(scope="module", params=SEEDS)
def lake(
    request: pytest.FixtureRequest,
    reports: list[Path],
    tmp_path_factory: pytest.TempPathFactory,
    warm_dbt: WarmDbt,
) -> Iterator[CarsLake]:
    """Land and build all files in several loads and a random order, checking after each."""
    shuffled = list(reports)
    Random(request.param).shuffle(shuffled)  # noqa: S311 - any order will do
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("TELEMETRY_FILES", raising=False)
        lake = CarsLake(tmp_path_factory.mktemp("cars"), warm_dbt)
        for number in range(LOADS):
            lake.drop(shuffled[number::LOADS])
            lake.land()
            lake.build(tests=number == LOADS - 1)
            lake.assert_right()
        yield lake


def test_the_odd_car_is_what_its_definition_says(reports: list[Path]) -> None:
    """The recomputation itself, against values worked out by hand."""
    tables = recompute([file for file in reports if file.name.startswith("odd_")])
    [state] = tables["gold.current_state"].in_order(["source_file", "current_mileage_km"]).values
    days = tables["gold.fuel_efficiency"].in_order(["reported_date", "reports_count", "km_driven"])
    alerts = tables["gold.performance_alerts"].in_order(["source_file", "limit_name"]).values

    assert state == ("odd_7.json", None)
    assert [(str(day), count, str(km)) for day, count, km in days.values] == [
        ("2025-06-03", 2, "0.000"),
        ("2025-06-04", 2, "10.001"),
    ]
    assert alerts == []


def test_two_engines_read_the_same_rows(lake: CarsLake) -> None:
    lake.assert_engines_agree()


def test_many_small_loads_in_any_order_make_what_one_rebuild_makes(lake: CarsLake) -> None:
    in_steps = lake.digests()
    lake.build(full_refresh=True)

    assert lake.digests() == in_steps
    lake.assert_right()


def test_orders_of_arrival_make_the_same_tables(lake: CarsLake, at_once: CarsLake) -> None:
    assert lake.digests() == at_once.digests()


def test_every_unit_test_passes(at_once: CarsLake) -> None:
    assert "pass" in at_once.run_unit_tests().statuses.values()
