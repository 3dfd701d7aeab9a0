"""What `firn status` says of sources and raw tables, beside independent counts."""

import json
import time
from datetime import UTC, datetime, timedelta

import pytest
from typer.testing import CliRunner

from ingestion.results import Outcome
from lake.errors import EnvironmentFault, FirnError
from operations.cli import app as cli
from operations.monitoring.status import sources
from operations.monitoring.status.model import RawStatus, SourceStatus
from operations.monitoring.status.status import lake_status
from tests.integration.files.drop import Drop
from tests.integration.files.drop import table as file_table
from tests.integration.ingestion.home import LakeHome
from tests.integration.ingestion.lakehouse import CREATE_ITEMS, Lakehouse, full_items, items
from tests.integration.kafka.topics import Topics, events

DROPPED = file_table(
    "items", {"id": "bigint", "at": "timestamp"}, partition_by=["day(at)"], files="*.jsonl"
)


@pytest.fixture(autouse=True)
def _patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a busy machine take its time."""
    monkeypatch.setattr(sources, "LONGEST_SECONDS", 60.0)


def of_source(home: LakeHome, now: datetime | None = None) -> SourceStatus:
    [source] = lake_status(home.settings, (), now).sources
    return source


def of_table(home: LakeHome, now: datetime | None = None) -> RawStatus:
    source = of_source(home, now)
    assert source.fault is None, source.fault
    [table] = source.tables
    return table


@pytest.mark.postgres
def test_a_database_by_rows_newest_event_and_cursor(
    lakehouse: Lakehouse, opened: list[tuple[str, ...]]
) -> None:
    lakehouse.execute(CREATE_ITEMS)
    lakehouse.execute(
        "insert into items values (1, 'a', now() - interval '3 hours'),"
        " (2, 'b', now() - interval '2 hours')"
    )
    lakehouse.declare(items())
    lakehouse.ingest()
    lakehouse.execute("insert into items values (3, 'c', now() - interval '1 hours')")
    lakehouse.ingest()
    table = of_table(lakehouse)
    newest = max(row["updated_at"] for row in lakehouse.rows())
    assert table.rows == table.rows_today == len(lakehouse.rows()) == 3
    assert (table.event_time, table.newest_event.value) == ("updated_at", newest)
    assert table.remaining is not None
    assert table.remaining.behind is not None
    assert timedelta(hours=1) <= table.remaining.behind < timedelta(hours=2)
    assert table.last_load is not None
    assert (table.last_load.outcome, table.last_load.rows_landed) == (Outcome.LANDED, 1)
    tomorrow = of_table(lakehouse, datetime.now(UTC) + timedelta(days=1))
    assert (tomorrow.rows, tomorrow.rows_today) == (3, 0)
    assert opened == [], "metadata says it all"


@pytest.mark.postgres
def test_a_database_whose_table_is_read_whole_has_no_cursor(lakehouse: Lakehouse) -> None:
    lakehouse.execute(CREATE_ITEMS)
    lakehouse.declare(full_items())
    table = of_table(lakehouse)
    assert (table.rows, table.last_load) == (0, None), "not made yet"
    assert table.remaining is not None
    assert (table.remaining.text, table.remaining.behind) == ("read whole", None)


@pytest.mark.postgres
def test_a_failed_load_is_told_until_one_succeeds(lakehouse: Lakehouse) -> None:
    lakehouse.execute(CREATE_ITEMS)
    lakehouse.execute("insert into items values (1, 'a', now() - interval '1 hours')")
    lakehouse.declare(items())
    lakehouse.ingest()
    lakehouse.execute("alter table items rename label to name")
    with pytest.raises(FirnError) as refused:
        lakehouse.ingest()
    failed = of_table(lakehouse).last_load
    assert failed is not None
    assert (failed.outcome, failed.message) == (Outcome.FAILED, refused.value.message)
    assert failed.fix == refused.value.fix
    lakehouse.execute("alter table items rename name to label")
    lakehouse.ingest()
    table = of_table(lakehouse)
    assert table.last_load is not None
    assert table.last_load.outcome is Outcome.NOTHING_NEW
    assert table.landed_at is not None
    assert table.landed_at < table.last_load.ended_at


@pytest.mark.kafka
def test_topics_by_lag_in_each_partition(topics: Topics, opened: list[tuple[str, ...]]) -> None:
    topics.create(partitions=3)
    topics.declare()
    topics.produce(events(range(10)), partition=0)
    topics.produce([*events(range(5)), b"no json"], partition=1)
    topics.ingest()
    topics.produce(events(range(7)), partition=1)
    topics.produce(events(range(4)), partition=2)
    table = of_table(topics)
    landed = [(row["_kafka_partition"], row["_kafka_offset"]) for row in topics.rows()]
    read = {0: 10, 1: 6, 2: 0}  # the bad message was read too
    assert {n: sum(1 for p, _ in landed if p == n) for n in read} == {0: 10, 1: 5, 2: 0}
    lag = {f"{topics.topic}[{n}]": topics.ends(n)[1] - read[n] for n in read}
    assert table.remaining is not None
    assert table.remaining.parts == lag
    assert (table.remaining.count, table.remaining.unit) == (11, "messages")
    assert (table.rows, table.quarantined) == (15, len(topics.quarantined()))
    topics.delete_before(0, 10)
    topics.delete_before(1, 8)
    after = of_table(topics).remaining
    assert after is not None
    assert [note.split(":")[0] for note in after.notes] == [
        "the broker has lost what was not read yet"
    ]
    assert opened == []


@pytest.mark.kafka
def test_a_broker_that_is_down_is_a_line_of_the_status(
    topics: Topics, monkeypatch: pytest.MonkeyPatch
) -> None:
    topics.create()
    topics.declare()
    topics.produce(events(range(3)))
    topics.ingest()
    monkeypatch.setattr("ingestion.connectors.kafka.remaining.ANSWER_SECONDS", 0.5)
    topics.set_secrets(CLICKS_KAFKA="127.0.0.1:9", FIRN_TOKEN_KEY="0123456789abcdef")
    began = time.monotonic()
    source = of_source(topics)
    assert time.monotonic() - began < 30, "far from the minutes that a client waits by itself"
    assert isinstance(source.fault, EnvironmentFault)
    assert "does not answer" in source.fault.message
    assert "firn doctor" in source.fault.fix
    assert [(table.rows, table.remaining) for table in source.tables] == [(3, None)]
    monkeypatch.setenv("FIRN_PROJECT_DIR", str(topics.folder))
    monkeypatch.setenv("FIRN_HOME", str(topics.home))
    said = CliRunner().invoke(cli.app, ["status"])
    assert said.exit_code == 0
    assert "FAIL clicks: the broker does not answer" in said.output


def test_files_by_those_that_wait(drop: Drop, opened: list[tuple[str, ...]]) -> None:
    drop.declare(DROPPED)
    drop.put("a.jsonl", '{"id": 1, "at": "2026-01-01T10:00:00Z"}\n', at=1e9)
    drop.put("b.jsonl", '{"id": 2, "at": "2026-01-02T11:00:00Z"}\n{"id": "x"}\n', at=1e9)
    before = of_table(drop)
    assert before.remaining is not None
    assert (before.remaining.count, before.rows, before.last_load) == (2, 0, None)
    drop.ingest()
    drop.put("old.jsonl", '{"id": 3}\n', at=1e8)
    drop.put("new.jsonl", '{"id": 4}\n')
    drop.put("again.jsonl", '{"id": 1, "at": "2026-01-01T10:00:00Z"}\n')
    opened.clear()
    table = of_table(drop)
    assert table.remaining is not None
    assert (table.remaining.count, table.remaining.text) == (2, "2 files")
    assert table.rows == len(drop.rows()) == 2
    assert table.quarantined == len(drop.quarantined()) == 1
    assert table.newest_event.value == datetime(2026, 1, 2, 11, tzinfo=UTC)
    names = {name for columns in opened for name in columns}
    assert names == {"_file_name", "_file_hash", "_file_modified_at", "table_name", "place"}
    drop.ingest()
    after = of_table(drop).remaining
    assert after is not None
    assert after.count == 0


def test_a_folder_that_is_gone_fails_load_and_source(drop: Drop) -> None:
    drop.declare(DROPPED)
    drop.landing.rmdir()
    with pytest.raises(EnvironmentFault):
        drop.ingest()
    source = of_source(drop)
    assert source.fault is not None
    assert "there is no folder" in source.fault.message
    [table] = source.tables
    assert table.last_load is not None
    assert table.last_load.outcome is Outcome.FAILED
    assert table.last_load.message == source.fault.message


def test_the_document_for_programs_has_all_of_it(
    drop: Drop, monkeypatch: pytest.MonkeyPatch
) -> None:
    drop.declare(DROPPED)
    drop.put("a.jsonl", '{"id": 1, "at": "2026-01-01T10:00:00Z"}\n', at=1e9)
    drop.ingest()
    monkeypatch.setenv("FIRN_PROJECT_DIR", str(drop.folder))
    monkeypatch.setenv("FIRN_HOME", str(drop.home))
    said = CliRunner().invoke(cli.app, ["status", "drop", "--json"])
    assert said.exit_code == 0
    found = json.loads(said.output)
    [source] = found["sources"]
    [table] = source["tables"]
    ended_at = table["last_load"].pop("ended_at")
    assert (found["version"], source["source"], source["connector"]) == (1, "drop", "files")
    assert table.pop("landed_at") <= ended_at
    assert table == {
        "table": "raw_drop.items",
        "rows": 1,
        "rows_today": 1,
        "event_time": "at",
        "newest_event": "2026-01-01T10:00:00+00:00",
        "newest_event_is_exact": True,
        "quarantined": 0,
        "remaining": {
            "text": "0 files",
            "unit": "files",
            "count": 0,
            "parts": {},
            "behind_seconds": None,
            "notes": [],
        },
        "last_load": {
            "outcome": "landed",
            "rows_read": 1,
            "rows_landed": 1,
            "rows_quarantined": 0,
            "rows_deleted": 0,
            "error": None,
        },
        "error": None,
    }
    shown = CliRunner().invoke(cli.app, ["status"])
    assert shown.exit_code == 0
    assert "drop (files)" in shown.output
    assert CliRunner().invoke(cli.app, ["status", "dorp"]).exit_code == 2
