"""Services that tests share: a temporary home -> a running PostgreSQL for the session."""

from collections.abc import Iterator

import hypothesis
import psycopg
import pytest

from sandbox.postgres import EmbeddedPostgres

# An example may take as long as a busy machine lets it; pytest's own time limit is the bound.
hypothesis.settings.register_profile("firn", deadline=None)
hypothesis.settings.load_profile("firn")


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedPostgres]:
    """Start an empty PostgreSQL server, and remove it when the session ends.

    It does not wait for the disk: what it holds is thrown away in any case.
    """
    server = EmbeddedPostgres(tmp_path_factory.mktemp("postgres"))
    server.start()
    with psycopg.connect(server.url(), autocommit=True) as connection:
        connection.execute("alter system set fsync = off")
        connection.execute("select pg_reload_conf()")
    yield server
    server.destroy()
