"""What `firn status` says of gold: newest rows, ages, and why there is none of today."""

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pyarrow as pa
import pytest
from pyiceberg.schema import Schema
from pyiceberg.types import DateType, LongType, NestedField, TimestamptzType

from lake.errors import ConfigurationError
from lake.lake import Lake
from operations.monitoring.status.model import GoldStatus
from operations.monitoring.status.status import lake_status
from tests.integration.files.drop import Drop
from tests.integration.files.drop import table as file_table

NOW = datetime.now(UTC)
TODAY = NOW.date()
YESTERDAY = TODAY - timedelta(days=1)
EVENTS = file_table(
    "events",
    {"id": "bigint", "event_type": "string", "at": "timestamp"},
    partition_by=["day(at)"],
    files="*.jsonl",
)
PURCHASES = {"table": "drop.events", "where": "event_type = 'purchase'", "called": "purchase"}
HOURLY = {"headline": {"newest": "event_hour"}, "counts_only": PURCHASES}
SALES = Schema(
    NestedField(1, "event_hour", TimestamptzType()), NestedField(2, "purchases_count", LongType())
)


@pytest.fixture
def events(drop: Drop) -> Drop:
    """Return a lake with two purchases of yesterday and a gold table of them."""
    drop.declare(EVENTS)
    land(drop, YESTERDAY, "view_item", "purchase", "purchase")
    describe(drop, hourly_sales=HOURLY)
    build(drop, YESTERDAY)
    return drop


def land(drop: Drop, day: date, *types: str) -> None:
    """Land a file of events of a day, a minute apart."""
    start = datetime(day.year, day.month, day.day, tzinfo=UTC)
    lines = [
        json.dumps({"id": n, "event_type": kind, "at": (start + timedelta(minutes=n)).isoformat()})
        for n, kind in enumerate(types)
    ]
    number = len(list(drop.landing.iterdir()))
    drop.put(f"{number}.jsonl", "\n".join(lines) + "\n", at=1e9 + number)
    drop.ingest()


def describe(drop: Drop, **metas: dict[str, Any]) -> None:
    """Write what dbt's manifest says of gold models that are made from the events."""
    source = "source.firn.drop.events"
    nodes = {
        f"model.firn.{name}": {
            "resource_type": "model",
            "schema": "gold",
            "name": name,
            "alias": name,
            "unique_id": f"model.firn.{name}",
            "original_file_path": f"models/gold/drop/{name}.sql",
            "config": {"meta": meta},
        }
        for name, meta in metas.items()
    }
    parents = {name: ["model.firn.silver"] for name in nodes} | {"model.firn.silver": [source]}
    sources = {source: {"schema": "raw_drop", "identifier": "events"}}
    target = drop.home / "target"
    target.mkdir(exist_ok=True)
    manifest = {"nodes": nodes, "sources": sources, "parent_map": parents}
    (target / "manifest.json").write_text(json.dumps(manifest))


def build(drop: Drop, *days: date, name: str = "hourly_sales") -> None:
    """Give a gold table an hour of each of these days."""
    catalog = Lake(drop.settings).catalog
    catalog.create_namespace_if_not_exists("gold")
    table = catalog.create_table_if_not_exists(("gold", name), SALES)
    hours = [datetime(day.year, day.month, day.day, tzinfo=UTC) for day in days]
    rows = [{"event_hour": hour, "purchases_count": 1} for hour in hours]
    table.append(pa.Table.from_pylist(rows, schema=SALES.as_arrow()))


def gold(drop: Drop, name: str = "gold.hourly_sales", *selection: str) -> GoldStatus:
    [found] = [t for t in lake_status(drop.settings, selection, NOW).gold if t.table == name]
    return found


def test_a_table_with_a_row_of_today_needs_no_explanation(
    events: Drop, opened: list[tuple[str, ...]]
) -> None:
    land(events, TODAY, "purchase")
    build(events, TODAY)
    opened.clear()
    found = gold(events)
    assert (found.rows, found.column, found.explanation) == (2, "event_hour", None)
    assert found.newest.value == datetime(TODAY.year, TODAY.month, TODAY.day, tzinfo=UTC)
    assert not [columns for columns in opened if "event_type" in columns]


def test_nothing_happened_today(events: Drop) -> None:
    assert gold(events).explanation == (
        "hourly_sales has no row for today: the newest event of drop.events is of"
        f" {YESTERDAY} 00:02"
    )


def test_no_purchase_among_events_of_today(events: Drop) -> None:
    land(events, TODAY, *["view_item", "add_to_cart", "remove_from_cart"] * 20)
    land(events, YESTERDAY, "purchase")
    today = events.rows("events", where=f"\"at\" >= timestamptz '{TODAY} 00:00:00+00'")
    assert gold(events).explanation == (
        f"hourly_sales has no row for today: no purchase among today's {len(today)} rows of"
        " drop.events"
    )


def test_purchases_that_are_not_built_yet(events: Drop) -> None:
    land(events, TODAY, "view_item", "purchase", "purchase")
    assert gold(events).explanation == (
        "hourly_sales has no row for today: 2 purchases among today's 3 rows of drop.events landed"
        " since it was built: dbt build --select +hourly_sales"
    )
    build(events, YESTERDAY)
    assert gold(events).explanation == (
        "hourly_sales has no row for today: 2 purchases among today's 3 rows of drop.events did not"
        " reach it: see quarantine.drop__rejected"
    )


def test_files_of_today_that_are_too_large_are_not_read(
    events: Drop, monkeypatch: pytest.MonkeyPatch
) -> None:
    land(events, TODAY, "view_item")
    monkeypatch.setattr("operations.monitoring.status.counting.READ_ROWS", 0)
    assert gold(events).explanation == (
        "hourly_sales has no row for today: which of today's rows of drop.events count was not"
        " looked up"
    )


def test_a_table_that_counts_all_rows(events: Drop) -> None:
    describe(events, hourly_sales={"headline": {"newest": "cast(event_hour as date)"}})
    land(events, TODAY, "view_item")
    assert gold(events).explanation == (
        "hourly_sales has no row for today: drop.events landed since it was built:"
        " dbt build --select +hourly_sales"
    )
    build(events, YESTERDAY)
    assert gold(events).explanation is None, "it may leave these rows out"


def test_a_model_that_was_never_built(events: Drop) -> None:
    describe(events, hourly_sales=HOURLY, top_users={})
    assert gold(events, "gold.top_users").explanation == (
        "not built yet: dbt build --select +top_users"
    )


def test_without_a_declared_column_the_newest_time_counts_that_is_not_to_come(
    events: Drop,
) -> None:
    schema = Schema(
        NestedField(1, "valid_until", DateType()),
        NestedField(2, "first_at", TimestamptzType()),
        NestedField(3, "last_at", TimestamptzType()),
        NestedField(4, "planned_at", TimestamptzType()),
    )
    table = Lake(events.settings).catalog.create_table(("gold", "cards"), schema)
    last_at = NOW - timedelta(days=3)
    rows = [
        {
            "valid_until": TODAY,
            "first_at": NOW - timedelta(days=9),
            "last_at": last_at,
            "planned_at": NOW + timedelta(days=1),
        }
    ]
    table.append(pa.Table.from_pylist(rows, schema=schema.as_arrow()))
    found = gold(events, "gold.cards")
    assert (found.column, found.newest.value, found.explanation) == ("last_at", last_at, None)


def test_a_selection_shows_the_gold_made_from_it(events: Drop) -> None:
    build(events, YESTERDAY, name="of_nobody")
    names = [table.table for table in lake_status(events.settings, ["drop"], NOW).gold]
    assert names == ["gold.hourly_sales"]
    assert len(lake_status(events.settings, (), NOW).gold) == 2


def test_a_condition_that_is_none_is_named(events: Drop) -> None:
    describe(events, hourly_sales={"counts_only": {"table": "drop.events", "if": "true"}})
    with pytest.raises(ConfigurationError, match=r"hourly_sales: config\.meta\.counts_only: "):
        lake_status(events.settings)


def test_a_gold_table_that_cannot_be_read_is_a_line(events: Drop) -> None:
    table = Lake(events.settings).catalog.load_table("gold.hourly_sales")
    snapshot = table.current_snapshot()
    assert snapshot is not None
    (events.folder / snapshot.manifest_list.removeprefix("file://")).unlink()
    found = gold(events)
    assert found.fault is not None
    assert "cannot be read" in found.fault.message
