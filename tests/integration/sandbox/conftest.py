"""A PostgreSQL server for these tests: temporary home -> running server -> nothing left."""

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sandbox.postgres import EmbeddedPostgres
from sandbox.shop import create
from sandbox.shop.database import OWNER

NewDatabase = Callable[[], str]


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    """Return a folder for one server, which is removed whatever the test did to it."""
    yield tmp_path / "home"
    EmbeddedPostgres(tmp_path / "home").destroy()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedPostgres]:
    """Return a running server with the shop's roles, shared by the tests of a module."""
    postgres = EmbeddedPostgres(tmp_path_factory.mktemp("postgres"))
    postgres.start()
    create(postgres)
    yield postgres
    postgres.destroy()


@pytest.fixture(scope="module")
def new_database(server: EmbeddedPostgres) -> NewDatabase:
    """Return a function that makes an empty database and returns its owner's URL."""
    numbers = itertools.count(1)

    def make() -> str:
        name = f"shop_{next(numbers)}"
        server.ensure_database(name, OWNER)
        return server.url(OWNER, name)

    return make
