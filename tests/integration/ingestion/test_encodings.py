"""Databases in another encoding than UTF-8, or in none: what is no text costs its row."""

import psycopg
import pytest

from ingestion.results import Outcome
from sandbox.postgres import EmbeddedPostgres
from tests.integration.ingestion.fixtures import OWNER, READER, MakeLakehouse, as_superuser
from tests.integration.ingestion.home import TOKEN_KEY
from tests.integration.ingestion.lakehouse import Lakehouse, table

pytestmark = pytest.mark.postgres
CREATE_CAFES = """
create table cafes (id int primary key, label text, owner text, changed_at timestamptz
    default clock_timestamp());
"""
TYPES = {"id": "int", "label": "string", "owner": "string", "changed_at": "timestamp"}
INCREMENTAL = {"load": "incremental", "key": ["id"], "cursor": "changed_at"}


def _in_encoding(
    made: Lakehouse, postgres: EmbeddedPostgres, encoding: str, database: str
) -> Lakehouse:
    """Return the lake over a database of its own in an encoding."""
    as_superuser(
        postgres,
        f"create database {database} owner {OWNER} encoding '{encoding}' template template0"
        " locale_provider libc locale 'C'",
    )
    made.set_secrets(SOURCE_URL=postgres.url(READER, database), FIRN_TOKEN_KEY=TOKEN_KEY)
    return Lakehouse(made.folder, postgres.url(OWNER, database), postgres.url(READER, database))


@pytest.fixture
def ascii_lakehouse(make_lakehouse: MakeLakehouse, postgres: EmbeddedPostgres) -> Lakehouse:
    """Return a lake over an SQL_ASCII database, which takes any bytes for text."""
    made = make_lakehouse()
    return _in_encoding(made, postgres, "SQL_ASCII", f"ascii_{made.folder.name}")


def _insert(lakehouse: Lakehouse, values: str) -> None:
    with psycopg.connect(
        lakehouse.owner_url, autocommit=True, client_encoding="sql_ascii"
    ) as connection:
        connection.execute(f"insert into cafes values {values}".encode())


@pytest.mark.parametrize("load", ["incremental", "full"])
def test_a_row_that_is_not_utf_8_costs_that_row(ascii_lakehouse: Lakehouse, load: str) -> None:
    """Fault bad-bytes: the others land, and a replay does not land the escaped text."""
    lakehouse = ascii_lakehouse
    lakehouse.execute(CREATE_CAFES)
    _insert(lakehouse, r"(1, 'plain'), (2, E'caf\351'), (3, E'caf\303\251')")
    how = INCREMENTAL if load == "incremental" else {"load": "full", "key": ["id"]}
    lakehouse.declare(table("cafes", TYPES, **how))
    result = lakehouse.ingest(deletes=True)
    assert (result.rows_read, result.rows_landed, result.rows_quarantined) == (3, 2, 1)
    assert {row["id"]: row["label"] for row in lakehouse.rows("cafes")} == {1: "plain", 3: "café"}
    [row] = lakehouse.quarantined()
    assert row["rule"] == "not_representable"
    assert "it is not UTF-8" in row["reason"]
    assert "xe9" in row["reason"]
    assert lakehouse.replay().unfit == 1
    assert {row["id"] for row in lakehouse.rows("cafes")} == {1, 3}
    lakehouse.execute("update cafes set label = 'mended', changed_at = now() where id = 2")
    lakehouse.ingest(deletes=True)
    assert {row["label"] for row in lakehouse.rows("cafes")} == {"plain", "café", "mended"}


@pytest.mark.parametrize("column", ["owner", "undeclared"])
def test_bad_bytes_of_a_person_are_shown_as_a_token(
    ascii_lakehouse: Lakehouse, column: str
) -> None:
    """Fault bad-bytes, in a column of personal data and in one that nobody declared."""
    lakehouse = ascii_lakehouse
    lakehouse.execute("create table cafes (id int primary key, owner text, undeclared text)")
    values = {"owner": "'Ada'", "undeclared": "'Ada'", column: r"E'Ada\351'"}
    _insert(lakehouse, f"(1, 'Bo', 'Bo'), (2, {values['owner']}, {values['undeclared']})")
    lakehouse.declare(
        table("cafes", {"id": "int", "owner": "string token"}, load="full", key=["id"])
    )
    result = lakehouse.ingest()
    assert (result.rows_landed, result.rows_quarantined) == (1, 1)
    [row] = lakehouse.quarantined()
    assert "Ada" not in repr(row)
    assert lakehouse.replay().unfit == 1


def test_a_database_in_another_encoding_is_converted(
    make_lakehouse: MakeLakehouse, postgres: EmbeddedPostgres
) -> None:
    made = make_lakehouse()
    lakehouse = _in_encoding(made, postgres, "LATIN1", f"latin_{made.folder.name}")
    lakehouse.execute(CREATE_CAFES)
    lakehouse.execute("insert into cafes values (1, 'caf' || chr(233))")
    lakehouse.declare(table("cafes", TYPES, **INCREMENTAL))
    assert lakehouse.ingest().outcome is Outcome.LANDED
    assert [row["label"] for row in lakehouse.rows("cafes")] == ["café"]
