"""A table that somebody has locked: the load says whom it waits for, and goes on."""

import threading

import pytest

from ingestion.api import ingest
from ingestion.connectors.postgres import lock_waits
from ingestion.results import Event, IngestOptions, LoadResult, Waiting
from sandbox.postgres import EmbeddedPostgres
from tests.integration.ingestion.fixtures import OWNER, as_superuser, read_as
from tests.integration.ingestion.home import TOKEN_KEY
from tests.integration.ingestion.lakehouse import CREATE_ITEMS, Lakehouse, full_items
from tests.integration.ingestion.pgbouncer import PgBouncer

pytestmark = pytest.mark.postgres
DEADLINE_SECONDS = 60


@pytest.fixture
def locked(
    lakehouse: Lakehouse, postgres: EmbeddedPostgres, monkeypatch: pytest.MonkeyPatch
) -> Lakehouse:
    """Return a lake that reads as a role with a lock_timeout, told of waits after half a second."""
    read_as(lakehouse, postgres, "impatient")
    as_superuser(postgres, "alter role impatient set lock_timeout = '100ms'")
    lakehouse.execute(CREATE_ITEMS)
    lakehouse.execute("insert into items values (1, 'a')")
    lakehouse.declare(full_items())
    monkeypatch.setattr(lock_waits, "SECONDS_BEFORE_TOLD", 0.5)
    return lakehouse


def _load_while_locked(lakehouse: Lakehouse) -> tuple[list[Event], int]:
    """Load while the table is locked, until a wait was told; return all events and the holder."""
    events: list[Event] = []
    told = threading.Event()

    def note(event: Event) -> None:
        events.append(event)
        if isinstance(event, Waiting):
            told.set()

    with lakehouse.transaction() as holder:
        holder.execute("lock table items in access exclusive mode")
        load = threading.Thread(target=ingest, args=([], IngestOptions(), lakehouse.settings, note))
        load.start()
        try:
            assert told.wait(DEADLINE_SECONDS)
            pid = holder.info.backend_pid
        finally:
            holder.rollback()
            load.join(DEADLINE_SECONDS)
    return events, pid


def _check(events: list[Event], pid: int) -> None:
    [waiting] = [event for event in events if isinstance(event, Waiting)]
    assert waiting.source == "app"
    assert waiting.reason.startswith(f"waiting for a lock on items: pid {pid} ({OWNER}, query star")
    assert waiting.reason.endswith("holds it")
    [result] = [event for event in events if isinstance(event, LoadResult)]
    assert result.rows_landed == 1


def test_who_holds_the_lock_is_told_and_the_load_goes_on(locked: Lakehouse) -> None:
    """Fault locked-table, as a role whose lock_timeout would end it."""
    _check(*_load_while_locked(locked))


def test_who_holds_the_lock_is_told_through_a_pooler(
    locked: Lakehouse, pgbouncer: PgBouncer
) -> None:
    """Fault locked-table: the pooler's process ids are not the server's."""
    url = locked.settings.connection("SOURCE_URL").get_secret_value()
    with pgbouncer.pooler(url) as pooled:
        locked.set_secrets(SOURCE_URL=pooled, FIRN_TOKEN_KEY=TOKEN_KEY)
        _check(*_load_while_locked(locked))


def test_a_statement_that_is_only_slow_is_not_waiting(
    locked: Lakehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lock_waits, "SECONDS_BEFORE_TOLD", 0.1)
    locked.execute("drop table items")
    locked.execute(
        "create view items as select 1::bigint as item_id, 'a' as label, now() as updated_at"
        " from pg_sleep(0.6)"
    )
    events: list[Event] = []
    ingest([], None, locked.settings, events.append)
    assert not [event for event in events if isinstance(event, Waiting)]


def test_five_seconds_are_waited_before_anything_is_said() -> None:
    assert lock_waits.SECONDS_BEFORE_TOLD == 5
