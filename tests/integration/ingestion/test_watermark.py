"""Transactions that are open while an increment is read: nothing of them is ever lost."""

import threading
from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from ingestion.connectors.postgres import watermark
from ingestion.results import Outcome
from lake.errors import ConfigurationError
from sandbox.postgres import EmbeddedPostgres
from tests.integration.ingestion.checker import judge
from tests.integration.ingestion.fixtures import OWNER
from tests.integration.ingestion.lakehouse import Lakehouse, items, table

pytestmark = pytest.mark.postgres
BY_NOW = (
    "create table items"
    " (item_id bigint primary key, label text, updated_at timestamptz default now())"
)


@pytest.fixture
def by_now(lakehouse: Lakehouse) -> Lakehouse:
    """Return a lake over a table whose cursor is the start of the writing transaction."""
    lakehouse.execute(BY_NOW)
    lakehouse.declare(items())
    return lakehouse


def _ids(lakehouse: Lakehouse) -> list[int]:
    return [row["item_id"] for row in lakehouse.rows()]


def _load_around_a_late_commit(lakehouse: Lakehouse) -> None:
    """Load while a transaction is open, then let it commit with its older cursor, load again."""
    with lakehouse.transaction() as late:
        late.execute("insert into items values (1, 'late')")
        lakehouse.execute("insert into items values (2, 'early')")
        lakehouse.ingest()
        late.commit()
    lakehouse.execute("insert into items values (3, 'after')")
    lakehouse.ingest()


def test_a_transaction_that_commits_late_is_not_lost(by_now: Lakehouse) -> None:
    """Fault late-commit: the bound stays below the oldest open transaction."""
    _load_around_a_late_commit(by_now)
    assert judge([1, 2, 3], _ids(by_now)).is_clean


def test_without_the_bound_the_late_row_would_be_lost(
    by_now: Lakehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fault late-commit, guard off: the test above must be able to fail."""
    monkeypatch.setattr(watermark, "_OLDEST", "select null as pid, null as xact_start where false")
    _load_around_a_late_commit(by_now)
    assert judge([1, 2, 3], _ids(by_now)).lost == {1: 1}


def test_a_transaction_counts_before_it_has_written_anything(
    by_now: Lakehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fault late-commit: it has no transaction id yet, but its now() is already fixed."""
    monkeypatch.setattr(watermark, "WORTH_A_NOTE", timedelta())
    with by_now.transaction() as late:
        late.execute("select now()")
        by_now.execute("insert into items values (2, 'early')")
        result = by_now.ingest()
        assert "is in a transaction since then" in result.notes[0]
        late.execute("insert into items values (1, 'late')")
        late.commit()
    by_now.ingest()
    assert judge([1, 2], _ids(by_now)).is_clean


def test_a_prepared_transaction_holds_the_load(by_now: Lakehouse) -> None:
    """Fault late-commit: nobody knows when a prepared transaction began."""
    with psycopg.connect(by_now.owner_url) as connection:
        connection.execute("insert into items values (1, 'prepared')")
        connection.execute("prepare transaction 'half_done'")
        connection.commit()
    try:
        by_now.execute("insert into items values (2, 'b')")
        held = by_now.ingest()
        assert held.outcome is Outcome.HELD
        assert "'half_done'" in held.notes[0]
        assert _ids(by_now) == []
    finally:
        by_now.execute("commit prepared 'half_done'")
    by_now.ingest()
    assert judge([1, 2], _ids(by_now)).is_clean


def test_rows_with_one_cursor_are_taken_once_across_loads(by_now: Lakehouse) -> None:
    """Fault equal-cursors.

    Ten thousand rows of one transaction, loaded while others are written.
    """
    by_now.execute("insert into items select n, 'x' from generate_series(1, 10000) as n")
    by_now.ingest()
    by_now.execute("insert into items select n, 'x' from generate_series(10001, 20000) as n")
    by_now.ingest()
    by_now.ingest()
    assert judge(range(1, 20001), _ids(by_now)).is_clean


def test_rows_updated_while_being_read_arrive_with_their_last_version(by_now: Lakehouse) -> None:
    """Fault updated-while-read: one snapshot per load; the version after it comes next time."""
    by_now.execute("insert into items select n, '0' from generate_series(1, 200) as n")
    stop = threading.Event()

    def update() -> None:
        with psycopg.connect(by_now.owner_url, autocommit=True) as connection:
            round_number = 0
            while not stop.is_set():
                round_number += 1
                connection.execute(
                    "update items set label = %s, updated_at = now() where item_id %% 3 = %s",
                    [str(round_number), round_number % 3],
                )

    writer = threading.Thread(target=update)
    writer.start()
    try:
        for _ in range(6):
            by_now.ingest()
    finally:
        stop.set()
        writer.join()
    by_now.ingest()
    newest: dict[int, tuple[datetime, datetime, str]] = {}
    rows = by_now.rows()
    for row in rows:
        version = (row["updated_at"], row["_ingested_at"], row["label"])
        newest[row["item_id"]] = max(version, newest.get(row["item_id"], version))
    upstream = dict(by_now.query("select item_id, label from items"))
    assert {item: version[2] for item, version in newest.items()} == upstream
    versions = [(row["item_id"], row["updated_at"]) for row in rows]
    assert len(versions) == len(set(versions))


def test_a_role_that_cannot_see_others_must_declare_lag(
    by_now: Lakehouse, postgres: EmbeddedPostgres
) -> None:
    postgres.ensure_role("app_blind", ["pg_read_all_data"])
    database = by_now.reader_url.rsplit("/", 1)[1]
    by_now.set_secrets(SOURCE_URL=postgres.url("app_blind", database))
    by_now.execute(
        "insert into items values (1, 'old', now() - interval '1 hour'), (2, 'fresh', now())"
    )
    with pytest.raises(ConfigurationError, match='grant pg_read_all_stats to "app_blind"') as found:
        by_now.ingest()
    assert "lag" in found.value.fix
    by_now.declare(items(lag="10 minutes"))
    by_now.ingest()
    assert _ids(by_now) == [1]


def test_lag_keeps_a_distance_from_now(by_now: Lakehouse) -> None:
    by_now.declare(items(lag="2 minutes"))
    ages = {1: 600, 2: 130, 3: 60}
    for item, age in ages.items():
        by_now.execute(f"insert into items values ({item}, 'x', now() - interval '{age} seconds')")
    by_now.ingest()
    assert judge([1, 2], _ids(by_now)).is_clean


def _changed(lakehouse: Lakehouse, kind: str) -> None:
    """Make and declare a table with a cursor of type `kind`."""
    lakehouse.execute(f"create table items (item_id int primary key, changed {kind})")
    columns = {"item_id": "int", "changed": kind}
    lakehouse.declare(
        table("items", columns, load="incremental", key=["item_id"], cursor="changed")
    )


def test_a_date_lands_when_it_has_ended_everywhere(lakehouse: Lakehouse) -> None:
    _changed(lakehouse, "date")
    today = datetime.now(UTC).date()
    for item, age in ((1, 4), (2, 3), (3, 1), (4, 0)):
        lakehouse.execute(f"insert into items values ({item}, '{today - timedelta(days=age)}')")
        lakehouse.ingest()
    assert judge([1, 2], _ids(lakehouse)).is_clean


@pytest.mark.parametrize("zone", ["America/New_York", "Asia/Tokyo"])
def test_local_times_are_safe_in_every_zone(
    lakehouse: Lakehouse, zone: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fault late-commit.

    For timestamp without time zone: now() in the writer's zone, hours from UTC.
    """
    monkeypatch.setattr(watermark, "LONGEST_WAIT_SECONDS", 0.3)
    _changed(lakehouse, "timestamp")
    with lakehouse.transaction() as late, lakehouse.transaction() as early:
        for session in (late, early):
            session.execute(f"set time zone '{zone}'".encode())
        late.execute("insert into items values (1, now())")
        early.execute("insert into items values (2, now())")
        early.commit()
        assert lakehouse.ingest().outcome is Outcome.HELD
        late.commit()
        early.execute("insert into items values (3, now()), (4, '2999-01-01')")
        early.commit()
    result = lakehouse.ingest()
    assert (result.rows_landed, result.rows_quarantined) == (3, 1)
    assert lakehouse.ingest().outcome is Outcome.NOTHING_NEW
    assert judge([1, 2, 3], _ids(lakehouse)).is_clean


# A bigserial as cursor: numbers are drawn before the commit, so old ones may come late


@pytest.fixture
def events(lakehouse: Lakehouse, monkeypatch: pytest.MonkeyPatch) -> Lakehouse:
    """Return a lake over a table of events; a load waits for transactions only shortly."""
    monkeypatch.setattr(watermark, "LONGEST_WAIT_SECONDS", 0.3)
    lakehouse.execute("create table items (item_id bigserial primary key, label text)")
    lakehouse.declare(
        table(
            "items",
            {"item_id": "bigint", "label": "string"},
            load="incremental",
            key=["item_id"],
            cursor="item_id",
        )
    )
    return lakehouse


def test_an_open_transaction_holds_the_load(events: Lakehouse) -> None:
    """Fault late-commit for integers."""
    with events.transaction() as late:
        pid = late.info.backend_pid
        late.execute("insert into items (label) values ('late')")
        events.execute("insert into items (label) values ('early')")
        held = events.ingest()
        assert held.outcome is Outcome.HELD
        assert f"pid {pid} is in a transaction since" in held.notes[0]
        late.commit()
    events.execute("insert into items (label) values ('after')")
    events.ingest()
    assert judge([1, 2, 3], _ids(events)).is_clean


def test_without_open_transactions_increments_land(events: Lakehouse) -> None:
    for _ in range(3):
        events.execute("insert into items (label) select 'x' from generate_series(1, 100)")
        assert events.ingest().rows_landed == 100
    assert events.ingest().outcome is Outcome.NOTHING_NEW
    assert judge(range(1, 301), _ids(events)).is_clean


def test_the_owner_of_the_database_is_no_superuser(postgres: EmbeddedPostgres) -> None:
    """A superuser sees everything, which would hide a missing right in the tests above."""
    with psycopg.connect(postgres.url()) as connection:
        row = connection.execute("select rolsuper from pg_roles where rolname = %s", [OWNER])
        assert row.fetchone() == (False,)
