"""Loads through a pooler that gives each transaction any connection it has to the server."""

from collections.abc import Iterator
from urllib.parse import quote

import psycopg
import pytest

from ingestion.connectors.postgres import transaction
from ingestion.results import Outcome
from sandbox.postgres import EmbeddedPostgres
from tests.integration.ingestion.fixtures import READER, as_superuser
from tests.integration.ingestion.home import TOKEN_KEY
from tests.integration.ingestion.lakehouse import CREATE_ITEMS, Lakehouse, full_items, items, table
from tests.integration.ingestion.pgbouncer import PgBouncer

pytestmark = pytest.mark.postgres


@pytest.fixture
def pooled(lakehouse: Lakehouse, pgbouncer: PgBouncer) -> Iterator[Lakehouse]:
    """Return a lake that reads its database through a pooler in transaction mode."""
    with pgbouncer.pooler(lakehouse.reader_url) as url:
        lakehouse.set_secrets(SOURCE_URL=url, FIRN_TOKEN_KEY=TOKEN_KEY)
        yield lakehouse


def test_loads_work_again_and_again(pooled: Lakehouse) -> None:
    """Fault pooler: no statement is left on a connection that the next load meets."""
    pooled.execute(CREATE_ITEMS)
    counted = full_items()
    counted["name"] = "copies"
    pooled.execute("create view copies as select * from items")
    pooled.declare(items(), counted)
    for number in range(3):
        pooled.execute(f"insert into items values ({number}, 'x')")
        assert [result.rows_landed for result in pooled.ingest_all(deletes=True)] == [1, number + 1]
    assert [r.outcome for r in pooled.ingest_all(deletes=True)] == [Outcome.NOTHING_NEW] * 2
    pooled.execute("delete from items where item_id = 1")
    assert [result.rows_deleted for result in pooled.ingest_all(deletes=True)] == [1, 1]
    assert not _prepared(pooled)


def test_values_are_what_they_are_without_a_pooler(
    pooled: Lakehouse, postgres: EmbeddedPostgres
) -> None:
    """Fault pooler: settings are those of the transaction, whatever a connection was left with."""
    settings = {"intervalstyle": "sql_standard", "extra_float_digits": "-5", "datestyle": "German"}
    database = pooled.reader_url.rsplit("/", 1)[1]
    for name, value in {**settings, "timezone": "Asia/Kolkata"}.items():
        as_superuser(postgres, f"alter role {READER} in database {database} set {name} = '{value}'")
    pooled.execute("create table moments (id int primary key, iv interval, f float8, tz text)")
    pooled.execute(
        "create view seen as select id, iv, f, '2024-02-03 04:05+00'::timestamptz::text as tz"
        " from moments"
    )
    pooled.execute("insert into moments values (1, '1 day 2 hours', 0.1234567890123456)")
    types = {"id": "int", "iv": "string", "f": "double", "tz": "string"}
    pooled.declare(table("seen", types, load="full", key=["id"]))
    pooled.ingest()
    [row] = pooled.rows("seen")
    assert (row["iv"], row["f"]) == ("P1DT2H", 0.1234567890123456)
    assert row["tz"] == "2024-02-03 04:05:00+00"


def test_without_the_settings_values_would_differ(
    pooled: Lakehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fault pooler, guard off: without the setting the interval comes in the server's form."""
    monkeypatch.delitem(transaction.SETTINGS, "IntervalStyle")
    pooled.execute("create table moments (id int primary key, iv interval)")
    pooled.execute("insert into moments values (1, '1 day 2 hours')")
    pooled.declare(table("moments", {"id": "int", "iv": "string"}, load="full", key=["id"]))
    pooled.ingest()
    assert [row["iv"] for row in pooled.rows("moments")] == ["1 day 02:00:00"]


def test_a_unix_socket_is_read_through(pooled: Lakehouse, pgbouncer: PgBouncer) -> None:
    user, place = _url(pooled).removeprefix("postgresql://").split("@")
    port, database = place.removeprefix("127.0.0.1:").split("/")
    url = f"postgresql://{user}@{quote(str(pgbouncer.sockets), safe='')}:{port}/{database}"
    pooled.set_secrets(SOURCE_URL=url, FIRN_TOKEN_KEY=TOKEN_KEY)
    pooled.execute(CREATE_ITEMS)
    pooled.execute("insert into items values (1, 'x')")
    pooled.declare(items())
    assert pooled.ingest().rows_landed == 1


def _url(lakehouse: Lakehouse) -> str:
    return lakehouse.settings.connection("SOURCE_URL").get_secret_value()


def _prepared(lakehouse: Lakehouse) -> list[str]:
    """Return the named statements that the pooler's connections to the server hold."""
    with psycopg.connect(_url(lakehouse)) as session:
        return [name for (name,) in session.execute("select name from pg_prepared_statements")]
