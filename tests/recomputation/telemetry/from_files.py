"""Silver and gold of the cars by definition: JSON files -> Rows, without Spark, dbt or raw."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from itertools import groupby
from pathlib import Path
from typing import Any

from tests.recomputation.compare import Rows

KEYS = {
    "silver.telemetry__events": ("event_id",),
    "gold.current_state": ("car_chassis",),
    "gold.fuel_efficiency": ("car_chassis", "reported_date"),
    "gold.performance_alerts": ("event_id", "limit_name"),
}
THOUSANDTH = Decimal("0.001")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MEASURES = (
    "current_mileage_km",
    "fuel_available_liters",
    "engine_temp_celsius",
    "oil_pressure_psi",
)
PAPERS = ("gas_type", "insurance_provider", "insurance_valid_until")
REPORT_COLUMNS = (
    "event_id", "car_chassis", "manufacturer", "model", "year", *MEASURES, *PAPERS,
    "telemetry_timestamp", "event_primary_timestamp", "source_file",
)  # fmt: skip


@dataclass(frozen=True)
class Event:
    """A version of an event: its columns, and what decides between versions."""

    columns: Mapping[str, Any]
    version: tuple[datetime, datetime, str]

    def __getitem__(self, column: str) -> Any:  # noqa: ANN401
        """Return the value of a column."""
        return self.columns[column]


def recompute(files: Iterable[Path]) -> dict[str, Rows]:
    """Return silver and gold as these files, and no others, have to make them."""
    events = sorted(_newest(files), key=lambda event: event["event_id"])
    return {
        "silver.telemetry__events": _silver(events),
        "gold.current_state": _current_state(events),
        "gold.fuel_efficiency": _fuel_efficiency(events),
        "gold.performance_alerts": _performance_alerts(events),
    }


def by_first_name(rows: Rows, files: Iterable[Path]) -> Rows:
    """Return rows of a lake with source_file as `recompute` has it.

    Content that lies there under several names is landed once, under any of them.
    """
    if "source_file" not in rows.columns:
        return rows
    first: dict[str, str] = {}
    names = {
        file.name: first.setdefault(hashlib.sha256(file.read_bytes()).hexdigest(), file.name)
        for file in sorted(files, key=_when_written)
    }
    place = rows.columns.index("source_file")
    values = [(*row[:place], names[str(row[place])], *row[place + 1 :]) for row in rows.values]
    return Rows(rows.columns, values)


def _when_written(file: Path) -> tuple[int, str]:
    return file.stat().st_mtime_ns, file.name


def _newest(files: Iterable[Path]) -> Iterable[Event]:
    """Return the newest sound version of each event."""
    newest: dict[str, Event] = {}
    for event in _versions(files):
        known = newest.get(event["event_id"])
        if known is None or known.version < event.version:
            newest[event["event_id"]] = event
    return newest.values()


def _versions(files: Iterable[Path]) -> Iterator[Event]:
    """Yield a version for each content: of two files that hold the same, the older name's."""
    seen: set[str] = set()
    for file in sorted(files, key=_when_written):
        content = file.read_bytes()
        digest = hashlib.sha256(content).hexdigest()
        if digest not in seen:
            seen.add(digest)
            columns = _columns(json.loads(content, parse_float=Decimal), file.name)
            written = EPOCH + timedelta(microseconds=file.stat().st_mtime_ns // 1000)
            if _is_sound(columns):
                yield Event(columns, (columns["telemetry_timestamp"], written, digest))


def _columns(document: Mapping[str, Any], name: str) -> dict[str, Any]:
    metrics = document.get("metrics", {})
    event_at = _utc(document["eventPrimaryTimestamp"])
    until = document.get("insuranceValidUntil")
    return {
        "event_id": f"{document['carChassis']}_{_as_text(event_at)}",
        "car_chassis": document["carChassis"],
        "manufacturer": document.get("manufacturer"),
        "model": document.get("model"),
        "year": document.get("year"),
        "current_mileage_km": _thousandths(metrics.get("currentMileageKm")),
        "fuel_available_liters": _thousandths(metrics.get("fuelAvailableLiters")),
        "engine_temp_celsius": _thousandths(metrics.get("engineTempCelsius")),
        "oil_pressure_psi": _thousandths(metrics.get("oilPressurePsi")),
        "gas_type": document.get("gasType"),
        "insurance_provider": document.get("insuranceProvider"),
        "insurance_valid_until": date.fromisoformat(until) if until else None,
        "telemetry_timestamp": _utc(document["telemetryTimestamp"]),
        "event_primary_timestamp": event_at,
        "source_file": name,
    }


def _is_sound(columns: Mapping[str, Any]) -> bool:
    mileage = columns["current_mileage_km"]
    return mileage is None or mileage >= 0


def _silver(events: Iterable[Event]) -> Rows:
    columns = (*REPORT_COLUMNS, "event_year", "event_month", "event_day")
    rows = []
    for event in events:
        at = event["event_primary_timestamp"]
        rows.append((*(event[column] for column in REPORT_COLUMNS), at.year, at.month, at.day))
    return Rows(columns, rows)


def _current_state(events: Iterable[Event]) -> Rows:
    newest = [max(reports, key=_in_time) for _, reports in _by_car(events)]
    return Rows(
        REPORT_COLUMNS, [tuple(event[column] for column in REPORT_COLUMNS) for event in newest]
    )


def _fuel_efficiency(events: Iterable[Event]) -> Rows:
    columns = (
        "car_chassis", "reported_date", "reports_count", "km_driven", "liters_used",
        "refuels_count", "liters_refuelled", "km_per_liter",
    )  # fmt: skip
    rows = []
    for chassis, reports in _by_car(events):
        days: dict[date, _Day] = {}
        before: dict[str, Decimal] = {}
        for event in sorted(reports, key=_in_time):
            day = days.setdefault(event["telemetry_timestamp"].date(), _Day())
            day.add(event, before)
        rows += [(chassis, date_, *day.figures()) for date_, day in days.items()]
    return Rows(columns, rows)


class _Day:
    """What a car did on a day."""

    def __init__(self) -> None:
        self._reports = self._refuels = 0
        self._driven = self._used = self._refuelled = Decimal("0.000")

    def add(self, event: Event, before: dict[str, Decimal]) -> None:
        """Take in a report, and leave in `before` what it says for the next one."""
        changes = {}
        for measure in ("current_mileage_km", "fuel_available_liters"):
            value = event[measure]
            changes[measure] = (
                Decimal(0) if value is None or measure not in before else value - before[measure]
            )
            if value is not None:
                before[measure] = value
        self._reports += 1
        self._driven += max(changes["current_mileage_km"], Decimal(0))
        self._used += max(-changes["fuel_available_liters"], Decimal(0))
        self._refuelled += max(changes["fuel_available_liters"], Decimal(0))
        self._refuels += changes["fuel_available_liters"] > 0

    def figures(self) -> tuple[object, ...]:
        """Return the day's figures in the order of the columns."""
        efficiency = _thousandths(self._driven / self._used) if self._used else None
        return (
            self._reports, self._driven, self._used, self._refuels, self._refuelled, efficiency,
        )  # fmt: skip


def _performance_alerts(events: Iterable[Event]) -> Rows:
    columns = (
        "event_id", "car_chassis", "limit_name", "measure", "breaks_when", "manufacturer",
        "model", "source_file", "measured_value", "limit_value", "telemetry_timestamp",
        "event_primary_timestamp",
    )  # fmt: skip
    limits = (
        ("engine_too_hot", "engine_temp_celsius", "above", Decimal("110.000")),
        ("oil_pressure_too_low", "oil_pressure_psi", "below", Decimal("20.000")),
        ("oil_pressure_too_high", "oil_pressure_psi", "above", Decimal("80.000")),
        ("fuel_too_low", "fuel_available_liters", "below", Decimal("5.000")),
    )
    rows = []
    for event in events:
        for name, measure, when, limit in limits:
            value = event[measure]
            if value is not None and (value > limit if when == "above" else value < limit):
                broken = {
                    **event.columns, "limit_name": name, "measure": measure, "breaks_when": when,
                    "measured_value": value, "limit_value": limit,
                }  # fmt: skip
                rows.append(tuple(broken[column] for column in columns))
    return Rows(columns, rows)


def _by_car(events: Iterable[Event]) -> Iterator[tuple[str, list[Event]]]:
    ordered = sorted(events, key=lambda event: str(event["car_chassis"]))
    for chassis, reports in groupby(ordered, key=lambda event: str(event["car_chassis"])):
        yield chassis, list(reports)


def _in_time(event: Event) -> tuple[datetime, datetime]:
    return event["telemetry_timestamp"], event["event_primary_timestamp"]


def _thousandths(value: Decimal | int | None) -> Decimal | None:
    if value is None:
        return None
    return Decimal(value).quantize(THOUSANDTH, rounding=ROUND_HALF_UP)


def _utc(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def _as_text(moment: datetime) -> str:
    whole = f"{moment:%Y-%m-%d %H:%M:%S}"
    return f"{whole}.{moment:%f}".rstrip("0") if moment.microsecond else whole
