"""Settings of roles and servers: whatever they are, values are read in one form."""

import asyncio
from decimal import Decimal

import asyncpg
import pytest

from ingestion.connectors.postgres import transaction
from ingestion.connectors.postgres.lock_waits import LockWatch
from ingestion.connectors.postgres.transaction import Session, reading_transaction
from lake.errors import EnvironmentFault
from sandbox.postgres import EmbeddedPostgres
from tests.integration.ingestion.fixtures import as_superuser, read_as
from tests.integration.ingestion.lakehouse import Lakehouse, table

pytestmark = pytest.mark.postgres
TIMES = """
create table times (
    id int primary key, d date, tz timestamptz, iv interval, f float8, b bytea, label text
);
insert into times values (1, '2024-02-03', '2024-02-03 04:05:06.7+00', '1 day 2 hours',
    0.1234567890123456, '\\x0aff', 'naïve \\ größe');
create view slow as
select id, (select 1 from pg_sleep(0.02)) is not null as slept from generate_series(1, 50) as id;
"""
ODD_SETTINGS = {
    "statement_timeout": "300ms",
    "idle_in_transaction_session_timeout": "1ms",
    "lock_timeout": "10ms",
    "transaction_timeout": "300ms",
    "timezone": "Asia/Kolkata",
    "datestyle": "German, DMY",
    "search_path": "",
    "default_transaction_isolation": "serializable",
    "client_encoding": "LATIN1",
    "row_security": "on",
    "standard_conforming_strings": "off",
    "extra_float_digits": "-5",
    "bytea_output": "escape",
    "intervalstyle": "sql_standard",
}


def test_settings_and_limits_of_the_role_do_not_matter(
    lakehouse: Lakehouse, postgres: EmbeddedPostgres
) -> None:
    """Fault limited-role: a statement of one second, and values in their one form."""
    read_as(lakehouse, postgres, "timed")
    for name, value in ODD_SETTINGS.items():
        as_superuser(postgres, f"alter role timed set {name} = '{value}'")
    lakehouse.execute(TIMES)
    types = {"id": "int", "d": "date", "tz": "timestamp", "iv": "string", "f": "double"}
    times = table("times", types | {"b": "binary", "label": "string"}, load="full", key=["id"])
    slow = table("slow", {"id": "int", "slept": "boolean"}, load="full", key=["id"])
    lakehouse.declare(slow, times)
    assert [result.rows_landed for result in lakehouse.ingest_all()] == [50, 1]
    [row] = lakehouse.rows("times")
    assert str(row["d"]) == "2024-02-03"
    assert row["tz"].isoformat() == "2024-02-03T04:05:06.700000+00:00"
    assert (row["iv"], row["b"], row["label"]) == ("P1DT2H", b"\x0a\xff", "naïve \\ größe")
    assert Decimal(repr(row["f"])) == Decimal("0.1234567890123456")


def test_all_statements_of_a_transaction_see_one_snapshot(lakehouse: Lakehouse) -> None:
    """Rows and the keys that tell deleted ones are read one after the other."""
    lakehouse.execute("create table numbers (id int primary key); insert into numbers values (1)")
    assert asyncio.run(_counts_around_an_insert(lakehouse)) == [1, 1]
    assert lakehouse.query("select count(*) from numbers") == [(2,)]


async def _counts_around_an_insert(lakehouse: Lakehouse) -> list[int]:
    connection = await asyncpg.connect(lakehouse.reader_url)
    try:
        watch = LockWatch(lambda: asyncpg.connect(lakehouse.reader_url), lambda _: None)
        async with reading_transaction(Session(connection, watch)) as reading:
            before = await reading.fetchval("select count(*) from numbers")
            lakehouse.execute("insert into numbers values (2)")
            return [before, await reading.fetchval("select count(*) from numbers")]
    finally:
        await connection.close()


def test_a_setting_that_does_not_hold_is_named(
    lakehouse: Lakehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PostgreSQL shows 1024kB as 1MB, as if something between had changed it."""
    monkeypatch.setitem(transaction.SETTINGS, "work_mem", "1024kB")
    lakehouse.execute("create table numbers (id int primary key)")
    lakehouse.declare(table("numbers", {"id": "int"}, load="full", key=["id"]))
    with pytest.raises(EnvironmentFault, match="work_mem is '1MB', set was '1024kB'") as fault:
        lakehouse.ingest()
    assert "SET LOCAL" in fault.value.fix
    assert lakehouse.rows("numbers") == []
