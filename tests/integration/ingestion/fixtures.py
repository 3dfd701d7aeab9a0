"""Databases and lakes for the tests of ingestion: the session's server -> one lakehouse a test."""

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from sandbox.postgres import EmbeddedPostgres
from tests.integration.ingestion.home import TOKEN_KEY
from tests.integration.ingestion.lakehouse import CREATE_ITEMS, Lakehouse, items
from tests.integration.ingestion.pgbouncer import PgBouncer, unpacked_pgbouncer

OWNER, READER = "app_owner", "app_reader"
_NUMBERS = itertools.count(1)
MakeLakehouse = Callable[[], Lakehouse]


@pytest.fixture
def make_lakehouse(postgres: EmbeddedPostgres, tmp_path: Path) -> MakeLakehouse:
    """Return a function that makes an empty lake over an empty database of its own."""
    postgres.ensure_role(OWNER)
    postgres.ensure_role(READER, ["pg_read_all_data", "pg_read_all_stats"])

    def make() -> Lakehouse:
        number = next(_NUMBERS)
        database = f"app_{number}"
        postgres.ensure_database(database, OWNER)
        made = Lakehouse(
            tmp_path / f"project_{number}",
            postgres.url(OWNER, database),
            postgres.url(READER, database),
        )
        made.set_up()
        return made

    return make


@pytest.fixture(scope="session")
def pgbouncer() -> Iterator[PgBouncer]:
    """Return pgbouncer, unpacked once for all tests."""
    with unpacked_pgbouncer() as found:
        yield found


@pytest.fixture
def lakehouse(make_lakehouse: MakeLakehouse) -> Lakehouse:
    """Return an empty lake over an empty database."""
    return make_lakehouse()


@pytest.fixture
def with_items(lakehouse: Lakehouse) -> Lakehouse:
    """Return a lake over a database with the empty table `items`, declared as incremental."""
    lakehouse.execute(CREATE_ITEMS)
    lakehouse.declare(items())
    return lakehouse


def read_as(lakehouse: Lakehouse, postgres: EmbeddedPostgres, role: str) -> None:
    """Let the lake read as a role of its own that may read all, as far as nothing else forbids."""
    postgres.ensure_role(role, ["pg_read_all_data", "pg_read_all_stats"])
    database = lakehouse.reader_url.rsplit("/", 1)[1]
    lakehouse.set_secrets(SOURCE_URL=postgres.url(role, database), FIRN_TOKEN_KEY=TOKEN_KEY)


def as_superuser(postgres: EmbeddedPostgres, statement: str) -> None:
    """Run SQL that only a superuser may run."""
    with psycopg.connect(postgres.url(), autocommit=True) as connection:
        connection.execute(statement.encode())
