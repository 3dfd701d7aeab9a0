"""Services that tests share: a temporary home -> a running PostgreSQL for the session."""

from collections.abc import Iterator

import pytest

from sandbox.postgres import EmbeddedPostgres


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedPostgres]:
    """Start an empty PostgreSQL server, and remove it when the session ends."""
    server = EmbeddedPostgres(tmp_path_factory.mktemp("postgres"))
    server.start()
    yield server
    server.destroy()
