"""The cars' reports: repeatable, believable, whole, and now and then late, doubled or corrected."""

import hashlib
import json
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from lake.errors import ConfigurationError
from sandbox.telemetry import CarReport, advance, fill, report

CARS, DAYS = 12, 14


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with two weeks of a fleet."""
    folder = tmp_path_factory.mktemp("fleet") / "reports"
    fill(folder, CARS, DAYS)
    return folder


@pytest.fixture(scope="module")
def documents(folder: Path) -> list[dict[str, Any]]:
    """Return all reports in the order they arrived."""
    files = sorted(folder.glob("*.json"), key=lambda file: (file.stat().st_mtime_ns, file.name))
    return [json.loads(file.read_text(encoding="utf-8")) for file in files]


def moment(document: dict[str, Any], field: str = "eventPrimaryTimestamp") -> datetime:
    return datetime.fromisoformat(document[field])


def by_car(documents: list[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    """Return each car's events, the newest version of each, in order of time."""
    newest: dict[tuple[str, datetime], dict[str, Any]] = {}
    for document in sorted(documents, key=lambda one: moment(one, "telemetryTimestamp")):
        newest[document["carChassis"], moment(document)] = document
    cars: dict[str, list[dict[str, Any]]] = {}
    for (chassis, _), document in sorted(newest.items()):
        cars.setdefault(chassis, []).append(document)
    return cars


def contents(folder: Path) -> dict[str, str]:
    return {
        file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in folder.glob("*.json")
    }


def test_same_seed_gives_the_same_files(folder: Path, tmp_path: Path) -> None:
    fill(tmp_path / "again", CARS, DAYS)
    fill(tmp_path / "other", CARS, DAYS, seed=8)

    assert contents(tmp_path / "again") == contents(folder)
    assert contents(tmp_path / "other") != contents(folder)


def test_a_fleet_that_is_advanced_has_dropped_what_a_longer_fill_drops(
    folder: Path, tmp_path: Path
) -> None:
    fill(tmp_path / "short", CARS, DAYS - 4)
    before = len(contents(tmp_path / "short"))
    dropped = advance(tmp_path / "short", 4)

    assert contents(tmp_path / "short") == contents(folder)
    assert dropped.files == len(contents(folder)) - before > 0


def test_every_car_reports_and_most_of_them_many_times(documents: list[dict[str, Any]]) -> None:
    cars = by_car(documents)

    assert len(cars) == CARS
    assert all(len(chassis) == 17 for chassis in cars)
    assert all(len(told) > 3 * DAYS for told in cars.values())


def test_mileage_only_grows(documents: list[dict[str, Any]]) -> None:
    for told in by_car(documents).values():
        mileage = [one["metrics"]["currentMileageKm"] for one in told]
        assert mileage == sorted(mileage)
        assert mileage[-1] > mileage[0]


def test_fuel_falls_on_the_road_and_jumps_where_the_car_stands(
    documents: list[dict[str, Any]],
) -> None:
    standing = moving = 0
    for told in by_car(documents).values():
        for before, after in pairwise(one["metrics"] for one in told):
            change = after["fuelAvailableLiters"] - before["fuelAvailableLiters"]
            if change > 1:  # beyond what a correction makes of a value
                is_standing = after["currentMileageKm"] == before["currentMileageKm"]
                standing, moving = standing + is_standing, moving + (not is_standing)
    assert standing >= CARS
    assert moving <= standing / 10  # where the report before it has not arrived yet


def test_most_values_are_those_of_a_sound_car_and_every_limit_is_broken_by_some(
    documents: list[dict[str, Any]],
) -> None:
    metrics = [document["metrics"] for document in documents]
    hot = [m for m in metrics if m["engineTempCelsius"] > 110]
    thin = [m for m in metrics if m["oilPressurePsi"] < 20]
    thick = [m for m in metrics if m["oilPressurePsi"] > 80]
    empty = [m for m in metrics if m["fuelAvailableLiters"] < 5]

    for broken in (hot, thin, thick, empty):
        assert 0 < len(broken) < len(metrics) / 10
    assert all(0 < m["fuelAvailableLiters"] <= 70.5 for m in metrics)
    assert all(0 < m["engineTempCelsius"] < 130 and 0 < m["oilPressurePsi"] < 100 for m in metrics)


def test_papers_are_absent_from_many_reports(documents: list[dict[str, Any]]) -> None:
    for field in ("gasType", "insuranceProvider", "insuranceValidUntil"):
        having = [document for document in documents if field in document]
        assert 0.1 * len(documents) < len(having) < 0.9 * len(documents)


def test_some_arrive_late_some_twice_and_some_corrected(
    folder: Path, documents: list[dict[str, Any]]
) -> None:
    arrived = [moment(document) for document in documents]
    late = sum(before > after for before, after in pairwise(arrived))
    hashes = list(contents(folder).values())
    versions = {(d["carChassis"], moment(d), moment(d, "telemetryTimestamp")) for d in documents}
    events = {(chassis, event) for chassis, event, _ in versions}

    assert late > len(documents) / 100
    assert len(hashes) > len(set(hashes))
    assert len(versions) > len(events)


def test_times_come_with_several_offsets(documents: list[dict[str, Any]]) -> None:
    endings = {document["telemetryTimestamp"][19:] for document in documents}
    assert {"Z", "+01:00", "+02:00"} == endings


def test_a_report_is_never_seen_in_part(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now = datetime(2025, 7, 1, 8, tzinfo=UTC)
    car = CarReport("WVW1", "Volkswagen", "Golf", 2020, 1.5, 40, 90, 45, now, now)
    visible_before: list[list[Path]] = []
    rename = Path.replace

    def watched(unfinished: Path, place: Path) -> Path:
        visible_before.append([file for file in tmp_path.iterdir() if file.name[0] != "."])
        return rename(unfinished, place)

    monkeypatch.setattr(Path, "replace", watched)
    path = report(tmp_path, car)

    assert visible_before == [[]]
    assert list(tmp_path.iterdir()) == [path]
    assert json.loads(path.read_text(encoding="utf-8")) == {
        "carChassis": "WVW1",
        "manufacturer": "Volkswagen",
        "model": "Golf",
        "year": 2020,
        "metrics": {
            "currentMileageKm": 1.5,
            "fuelAvailableLiters": 40,
            "engineTempCelsius": 90,
            "oilPressurePsi": 45,
        },
        "telemetryTimestamp": "2025-07-01T08:00:00Z",
        "eventPrimaryTimestamp": "2025-07-01T08:00:00Z",
    }


def test_a_fleet_is_neither_made_twice_nor_moved_where_there_is_none(
    folder: Path, tmp_path: Path
) -> None:
    with pytest.raises(ConfigurationError, match="has a fleet already"):
        fill(folder)
    with pytest.raises(ConfigurationError, match="has no fleet"):
        advance(tmp_path, 1)
    with pytest.raises(ConfigurationError, match="would pass the present"):
        advance(folder, 100_000)
